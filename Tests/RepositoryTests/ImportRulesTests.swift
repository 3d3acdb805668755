// SPDX-License-Identifier: Apache-2.0
import Foundation
import Testing

/// The folders of the repository, found from this file.
enum Repository {
    static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    static func swiftFiles(in folder: String) throws -> [URL] {
        let start = root.appending(path: folder)
        let all = try #require(FileManager.default.enumerator(at: start, includingPropertiesForKeys: nil))
        return all.compactMap { $0 as? URL }.filter { $0.pathExtension == "swift" }
    }

    static func text(_ file: URL) throws -> String { try String(contentsOf: file, encoding: .utf8) }

    static func name(_ file: URL) -> String { file.path.replacingOccurrences(of: root.path + "/", with: "") }
}

@Suite("Rules of the module map")
struct ImportRulesTests {
    /// What each target may import beyond the standard library.
    ///
    /// The compiler guards package targets as well; Foundation
    /// and the system's C library are no package targets, so they are guarded here.
    static let permitted: [String: Set<String>] = [
        "Quantities": [],
        "Modbus": [],
        "Balancing": ["Quantities"],
        "Simulation": ["Quantities"],
        // Of the C library only the exponential function.
        "Scenarios": ["Quantities", "Balancing", "Simulation", "Glibc", "Musl"],
        "ModbusNIO": ["Modbus", "NIOCore", "NIOPosix", "Synchronization", "Glibc", "Musl"],
        "ModbusSerial": ["Modbus", "ModbusNIO", "NIOCore", "NIOPosix", "Synchronization", "Glibc", "Musl"],
        "ModbusGateway": ["Modbus", "ModbusNIO", "Synchronization"],
        "ModbusTLS": [
            "Modbus", "ModbusNIO", "NIOCore", "NIOPosix", "NIOTLS", "NIOSSL", "SwiftASN1", "Synchronization", "Glibc",
            "Musl",
        ],
        "Documents": ["Yams", "Glibc", "Musl"],
        "ScenarioFiles": ["Scenarios", "Documents"],
        "Devices": ["Quantities", "Modbus", "ModbusNIO", "Documents", "Profiles", "Glibc", "Musl"],
        "Emulation": [
            "Quantities", "Simulation", "Modbus", "ModbusNIO", "NIOCore", "NIOPosix", "Synchronization", "Glibc",
            "Musl",
        ],
        "StationControl": ["Quantities", "Balancing", "Devices", "Logging", "ServiceLifecycle", "Synchronization"],
        "Daemon": [
            "Quantities", "Balancing", "ModbusNIO", "Documents", "Devices", "StationControl", "Logging",
            "ServiceLifecycle", "UnixSignals", "NIOCore", "NIOPosix",
        ],
    ]

    /// What would make a pure target depend on when, where or how often it runs (hazards D.1).
    static let impure = [
        "Date()", "ContinuousClock", "SuspendingClock", "Task" + ".sleep", "FileManager", "SystemRandomNumberGenerator",
        ".random(in:", "async ", "await ", "print(",
    ]
    static let pureTargets = ["Quantities", "Modbus", "Balancing", "Simulation", "Scenarios"]

    @Test("A target imports only what the map allows", arguments: permitted.keys.sorted())
    func imports(target: String) throws {
        let allowed = try #require(ImportRulesTests.permitted[target])
        let files = try Repository.swiftFiles(in: "Sources/\(target)")
        #expect(!files.isEmpty)
        for file in files {
            for line in try Repository.text(file).split(separator: "\n") {
                var words = line.split(separator: " ")
                if let first = words.first, ["public", "package", "internal", "private"].contains(first) {
                    words.removeFirst()
                }
                guard words.first == "import", words.count >= 2 else { continue }
                #expect(allowed.contains(String(words[1])), "\(Repository.name(file)) imports \(words[1])")
            }
        }
    }

    @Test("Every target of the manifest but the command has its rule")
    func allTargets() throws {
        let sources = Repository.root.appending(path: "Sources")
        let folders = try FileManager.default.contentsOfDirectory(atPath: sources.path)
        #expect(Set(folders) == Set(ImportRulesTests.permitted.keys).union(["CLI"]))
    }

    @Test("Pure targets have no clock, file, randomness or task", arguments: pureTargets)
    func purity(target: String) throws {
        for file in try Repository.swiftFiles(in: "Sources/\(target)") {
            // The one bridge from a clock to instants, and generators that are passed in, are as intended.
            if file.lastPathComponent == "Instant.swift" { continue }
            for (number, line) in try Repository.text(file).components(separatedBy: "\n").enumerated() {
                let code = line.components(separatedBy: "//")[0]
                for word in ImportRulesTests.impure where code.contains(word) && !code.contains("using:") {
                    Issue.record("\(Repository.name(file)):\(number + 1) uses \(word)")
                }
            }
        }
    }

    @Test("No source sends setpoints but the writer of a station")
    func setpointsHaveOneSource() throws {
        let callers = try Repository.swiftFiles(in: "Sources").filter {
            try Repository.text($0).contains(".setMaximumCurrent(")
        }.map { $0.lastPathComponent }
        #expect(Set(callers) == ["StationLink.swift", "StationSetCommand.swift"])
    }
}

@Suite("Habits of the sources")
struct SourceHabitsTests {
    @Test("Every source file names its licence on the first line")
    func licence() throws {
        for folder in ["Sources", "Tests", "Profiles", "Benchmarks/Sources", "Fuzz"] {
            for file in try Repository.swiftFiles(in: folder) {
                let isMarked = try Repository.text(file).hasPrefix("// SPDX-License-Identifier: Apache-2.0\n")
                #expect(isMarked, "\(Repository.name(file))")
            }
        }
    }

    @Test("Nothing is forced, left open or unchecked")
    func traps() throws {
        let forbidden = ["fatalError(", "try!", "as!", "@unchecked Sendable", "nonisolated(unsafe)", "TODO", "FIXME"]
        for file in try Repository.swiftFiles(in: "Sources") {
            let text = try Repository.text(file)
            for word in forbidden { #expect(!text.contains(word), "\(Repository.name(file)) has \(word)") }
        }
    }

    @Test("Tests do not sleep to wait")
    func sleeping() throws {
        let forbidden = ["Task" + ".sleep", "us" + "leep", "Thread" + ".sleep"]
        for file in try Repository.swiftFiles(in: "Tests") {
            let text = try Repository.text(file)
            for word in forbidden { #expect(!text.contains(word), "\(Repository.name(file)) has \(word)") }
        }
    }

    @Test("No file is so long that it surely holds two subjects")
    func length() throws {
        for file in try Repository.swiftFiles(in: "Sources") {
            let lines = try Repository.text(file).split(separator: "\n", omittingEmptySubsequences: false).count
            #expect(lines <= 500, "\(Repository.name(file)) has \(lines) lines")
        }
    }
}
