// SPDX-License-Identifier: Apache-2.0
import Foundation
import Synchronization

/// A program that a test starts, talks to, and surely ends.
final class ChildProcess: Sendable {
    enum LaunchError: Error { case noExecutable(String) }

    /// Lines of standard output, as they come.
    let lines: AsyncStream<String>
    private let process: Process
    private let input: FileHandle
    private let exit: AsyncStream<Int32>

    /// The command of this project, beside the test binary.
    static var headroom: String {
        // The link names the running test binary; the build puts the command into the same folder.
        let own = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
        return URL(filePath: own).deletingLastPathComponent().appending(path: "headroom").path
    }

    init(_ executable: String, _ arguments: [String], environment: [String: String] = [:]) throws {
        guard FileManager.default.isExecutableFile(atPath: executable) else {
            throw LaunchError.noExecutable(executable)
        }
        let process = Process()
        process.executableURL = URL(filePath: executable)
        process.arguments = arguments
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        let (output, errors, input) = (Pipe(), FileHandle.nullDevice, Pipe())
        process.standardOutput = output
        process.standardError = errors
        process.standardInput = input
        let (lines, line) = AsyncStream.makeStream(of: String.self)
        let rest = Mutex(Data())
        output.fileHandleForReading.readabilityHandler = { handle in
            let data = handle.availableData
            guard !data.isEmpty else { return handle.readabilityHandler = nil }
            rest.withLock { rest in
                rest.append(data)
                while let end = rest.firstIndex(of: 10) {
                    line.yield(String(decoding: rest[rest.startIndex..<end], as: UTF8.self))
                    rest = Data(rest[(end + 1)...])
                }
            }
        }
        let (exit, ended) = AsyncStream.makeStream(of: Int32.self)
        // Not by the end of the pipe: children that were started meanwhile may hold its other end open.
        process.terminationHandler = { process in
            line.finish()
            ended.yield(process.terminationStatus)
            ended.finish()
        }
        self.lines = lines
        self.exit = exit
        self.input = input.fileHandleForWriting
        self.process = process
        try process.run()
    }

    deinit { kill() }

    /// Writes a line to its standard input.
    func write(_ line: String) { try? input.write(contentsOf: Data((line + "\n").utf8)) }

    /// Sends a signal.
    func signal(_ number: Int32) { Foundation.kill(process.processIdentifier, number) }

    /// Ends it at once, also when it is stopped.
    func kill() {
        guard process.isRunning else { return }
        signal(SIGKILL)
    }

    /// Its exit code, once it has ended.
    func exitCode() async -> Int32? {
        for await code in exit { return code }
        return nil
    }

    /// The next line.
    func nextLine() async -> String? {
        for await line in lines { return line }
        return nil
    }

    /// Runs a program to its end.
    ///
    /// - Returns: The lines of its standard output.
    static func output(_ executable: String, _ arguments: [String]) async throws -> [String] {
        // Into a file: unlike a pipe, it is complete when the program has ended.
        let file = FileManager.default.temporaryDirectory.appending(path: "headroom-\(UUID().uuidString).txt")
        try Data().write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        let process = Process()
        process.executableURL = URL(filePath: executable)
        process.arguments = arguments
        process.standardOutput = try FileHandle(forWritingTo: file)
        process.standardError = FileHandle.nullDevice
        process.standardInput = FileHandle.nullDevice
        let (exit, ended) = AsyncStream.makeStream(of: Void.self)
        process.terminationHandler = { _ in ended.finish() }
        try process.run()
        for await _ in exit {}
        return try String(contentsOf: file, encoding: .utf8).split(separator: "\n").map(String.init)
    }
}
