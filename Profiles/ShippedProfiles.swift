// SPDX-License-Identifier: Apache-2.0
#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#endif

/// Finds the device profiles that were shipped with the running program.
///
/// Does not use the build tool's own finder: that one stops the program when the folder is missing, and remembers the
/// path of the machine the program was built on.
public enum ShippedProfiles {
    /// The name that the build gives to the folder of this target's files.
    static let builtFolder = "headroom_Profiles.resources"

    /// Where profiles may be, most preferred first: beside the executable as built, then as installed.
    ///
    /// - Parameter executable: The path of the running program; found by itself when left out.
    /// - Returns: Folders that need not exist; none when the path of the program is not known.
    public static func candidates(executable: String? = nil) -> [String] {
        guard let folder = (executable ?? self.executable).flatMap(parent) else { return [] }
        return [folder + "/" + builtFolder, folder + "/profiles", folder + "/../share/headroom/profiles"]
    }

    /// The path of the running program, with links followed.
    static var executable: String? {
        // Linux limits a path to 4096 bytes; a longer answer would be cut off and is not used.
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = unsafe buffer.withUnsafeMutableBytes { bytes in
            let text = unsafe bytes.assumingMemoryBound(to: CChar.self)
            guard let start = text.baseAddress else { return 0 }
            return unsafe readlink("/proc/self/exe", start, text.count)
        }
        guard count > 0, count < buffer.count else { return nil }
        return String(validating: buffer[..<count], as: UTF8.self)
    }

    private static func parent(_ path: String) -> String? {
        guard let slash = path.lastIndex(of: "/") else { return nil }
        return slash == path.startIndex ? "" : String(path[..<slash])
    }
}
