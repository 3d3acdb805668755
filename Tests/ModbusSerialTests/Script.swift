// SPDX-License-Identifier: Apache-2.0

import Foundation
import Synchronization

/// A script of `Tests/Peers` at work: another implementation of Modbus.
final class Script: Sendable {
    /// The interpreter that has pymodbus; `./test` installs it, and a bare `swift test` without it skips.
    static let python = ProcessInfo.processInfo.environment["HEADROOM_PEERS"]
    static let hasPymodbus = python != nil
    /// Whether the library is where the system looks for it.
    static let hasLibmodbus =
        hasPymodbus && libraryFolders.contains { FileManager.default.fileExists(atPath: $0 + "/libmodbus.so.5") }

    private static var libraryFolders: [String] {
        let folders = ["/usr/lib", "/usr/lib64", "/usr/local/lib", "/lib"]
        let inner = folders.flatMap { folder in
            ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).map { folder + "/" + $0 }
        }
        return folders + inner
    }

    private let process: Process
    private let lines: AsyncStream<String>
    private let output = Pipe()

    /// Starts a script that works until it is ended; whoever holds it calls ``end()``.
    init(_ name: String, _ arguments: [String]) throws {
        process = Script.process(name, arguments, output: output)
        let (lines, line) = AsyncStream.makeStream(of: String.self)
        let rest = Mutex("")
        output.fileHandleForReading.readabilityHandler = { handle in
            let data = handle.availableData
            guard !data.isEmpty else {
                handle.readabilityHandler = nil
                return line.finish()
            }
            rest.withLock { rest in
                rest += String(decoding: data, as: UTF8.self)
                while let end = rest.firstIndex(of: "\n") {
                    line.yield(String(rest[..<end]))
                    rest = String(rest[rest.index(after: end)...])
                }
            }
        }
        self.lines = lines
        try process.run()
    }

    /// The next line of its output; `nil` at its end.
    func line() async -> String? {
        for await line in lines { return line }
        return nil
    }

    /// Ends it at once.
    func end() {
        output.fileHandleForReading.readabilityHandler = nil
        if process.isRunning { kill(process.processIdentifier, SIGKILL) }
    }

    /// Runs a script to its end and gives the lines of its output.
    static func run(_ name: String, _ arguments: [String]) async throws -> [String] {
        // Into a file: unlike a pipe, it is complete when the script has ended.
        let file = FileManager.default.temporaryDirectory.appending(path: "script-\(UUID().uuidString).txt")
        try Data().write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        let process = process(name, arguments, output: try FileHandle(forWritingTo: file))
        let (exit, ended) = AsyncStream.makeStream(of: Void.self)
        process.terminationHandler = { _ in ended.finish() }
        try process.run()
        for await _ in exit {}
        withExtendedLifetime(process) {}
        return try String(contentsOf: file, encoding: .utf8).split(separator: "\n").map(String.init)
    }

    private static func process(_ name: String, _ arguments: [String], output: Any) -> Process {
        let process = Process()
        let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        process.executableURL = URL(filePath: python ?? "/usr/bin/python3")
        process.arguments = ["-u", folder.appending(path: "Peers").appending(path: name).path] + arguments
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        process.standardInput = FileHandle.nullDevice
        return process
    }
}
