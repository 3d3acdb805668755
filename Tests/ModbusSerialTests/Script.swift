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

    init(_ name: String, _ arguments: [String]) throws {
        let process = Process()
        let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        process.executableURL = URL(filePath: Script.python ?? "/usr/bin/python3")
        process.arguments = ["-u", folder.appending(path: "Peers").appending(path: name).path] + arguments
        let output = Pipe()
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        process.standardInput = FileHandle.nullDevice
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
        self.process = process
        try process.run()
    }

    deinit { end() }

    /// The next line of its output; `nil` at its end.
    func line() async -> String? {
        for await line in lines { return line }
        return nil
    }

    /// All lines up to its end.
    func allLines() async -> [String] {
        var all: [String] = []
        for await line in lines { all.append(line) }
        return all
    }

    /// Ends it at once.
    func end() { if process.isRunning { kill(process.processIdentifier, SIGKILL) } }
}
