// SPDX-License-Identifier: Apache-2.0
#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#endif
public import Simulation

/// The load of a household that is shipped with the program; see the file of attribution beside it.
///
/// Does not use the build tool's own finder: that one stops the program when the folder is missing, and remembers the
/// path of the machine the program was built on.
public enum HouseholdTrace {
    /// Why there is no trace.
    public enum LoadError: Error, CustomStringConvertible {
        /// The file is in none of the places where it may be.
        case notFound(tried: [String])
        /// The file is not a trace.
        case damaged(path: String, LoadTraceError)

        /// What happened, where, and what to do.
        public var description: String {
            switch self {
            case .notFound(let tried):
                "the household trace is missing; reinstall the program. Looked for: \(tried.joined(separator: ", "))"
            case .damaged(let path, let error): "\(path): \(error); reinstall the program"
            }
        }
    }

    /// A household with a heat pump, whose kitchen keeps a 25 A connection busy between 17:30 and 20:00.
    static let fileName = "house-with-heat-pump.csv"
    /// The name that the build gives to the folder of this target's files.
    static let builtFolder = "headroom_Emulation.resources"
    /// Many times the shipped file, so that a wrong file cannot fill the memory.
    private static let mostBytes = 1 << 20

    /// Reads the shipped household.
    ///
    /// - Parameters:
    ///   - startOffset: The time of day at ``Instant/start``.
    ///   - executable: The path of the running program; found by itself when left out.
    /// - Returns: A day of currents.
    /// - Throws: Why there is none, with the paths that were tried.
    public static func load(
        startOffset: Duration = .zero,
        executable: String? = nil
    ) throws(LoadError) -> LoadTrace {
        let paths = candidates(executable: executable)
        for path in paths {
            guard let text = contents(of: path) else { continue }
            do {
                return try LoadTrace(csv: text, startOffset: startOffset)
            } catch {
                throw .damaged(path: path, error)
            }
        }
        throw .notFound(tried: paths)
    }

    /// Where the file may be, most preferred first: beside the executable as built, then as installed.
    static func candidates(executable: String? = nil) -> [String] {
        guard let folder = (executable ?? self.executable).flatMap(parent) else { return [] }
        return [
            folder + "/" + builtFolder + "/Households/" + fileName,
            folder + "/Households/" + fileName,
            folder + "/../share/headroom/Households/" + fileName,
        ]
    }

    /// The path of the running program, with links followed.
    private static var executable: String? {
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

    /// The text of a file; `nil` when it cannot be read, is too long, or is not text.
    private static func contents(of path: String) -> String? {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var text: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 16_384)
        while true {
            let count = unsafe buffer.withUnsafeMutableBytes { unsafe read(descriptor, $0.baseAddress, $0.count) }
            guard count > 0 else { return count == 0 ? String(validating: text, as: UTF8.self) : nil }
            guard text.count + count <= mostBytes else { return nil }
            text += buffer[..<count]
        }
    }
}
