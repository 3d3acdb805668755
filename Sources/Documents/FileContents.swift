// SPDX-License-Identifier: Apache-2.0
#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#endif

/// Why a file could not be read.
public struct FileError: Error, Equatable {
    /// What is wrong, as the end of a sentence that starts with the file.
    public let message: String

    /// The error as a message for whoever named the file.
    public func fault(file: String) -> Fault { Fault(file: file, message: message) }

    /// The error of the last call to the operating system.
    static var last: FileError {
        let text =
            switch errno {
            case ENOENT, ENOTDIR: "does not exist"
            case EACCES, EPERM: "may not be read by this user"
            default: "cannot be read (error \(errno))"
            }
        return FileError(message: text)
    }
}

/// Reads whole files without ever holding more of them than a bound.
public enum FileContents {
    /// Reads a regular file.
    ///
    /// - Parameters:
    ///   - path: Where the file is.
    ///   - maximum: The most bytes it may have.
    /// - Returns: All of it.
    /// - Throws: ``FileError`` when it cannot be read, is no regular file, or is longer than the bound.
    public static func bytes(of path: String, atMost maximum: Int) throws(FileError) -> [UInt8] {
        // Without O_NONBLOCK a named pipe would hold the program until somebody writes into it.
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw FileError.last }
        defer { close(descriptor) }
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0 else { throw FileError.last }
        guard status.st_mode & S_IFMT == S_IFREG else { throw FileError(message: "is not a regular file") }
        guard status.st_size <= maximum else {
            throw FileError(message: "is larger than \(maximum >> 10) KiB")
        }
        return try readAll(descriptor, atMost: maximum)
    }

    private static func readAll(_ descriptor: CInt, atMost maximum: Int) throws(FileError) -> [UInt8] {
        var contents: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = unsafe chunk.withUnsafeMutableBytes { buffer in
                unsafe read(descriptor, buffer.baseAddress, buffer.count)
            }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw FileError.last }
            if count == 0 { return contents }
            contents += chunk[..<count]
            guard contents.count <= maximum else { throw FileError(message: "is larger than \(maximum >> 10) KiB") }
        }
    }
}
