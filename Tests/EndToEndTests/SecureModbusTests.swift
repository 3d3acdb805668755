// SPDX-License-Identifier: Apache-2.0
import Foundation
import Testing

/// The commands over TLS, with the certificates and rules that the guide makes.
@Suite("headroom modbus over TLS", .enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/openssl")))
struct SecureModbusTests {
    /// A folder in which the guide's commands have been carried out.
    private struct Plant {
        let folder = FileManager.default.temporaryDirectory.appending(path: "headroom-plant-\(UUID().uuidString)")

        init() async throws {
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            let guide = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
                .deletingLastPathComponent().appending(path: "docs/guides/modbus-tls.md")
            let text = try String(contentsOf: guide, encoding: .utf8)
            let script = "set -e\ncd '\(folder.path)'\n" + Plant.blocks("sh", text).joined(separator: "\n")
            try script.write(to: folder.appending(path: "guide.sh"), atomically: true, encoding: .utf8)
            let rules = try #require(Plant.blocks("yaml", text).first { $0.hasPrefix("roles:") })
            try rules.write(to: folder.appending(path: "roles.yaml"), atomically: true, encoding: .utf8)
            let shell = try ChildProcess("/bin/bash", [file("guide.sh")])
            #expect(await shell.exitCode() == 0, "the commands of the guide do not work")
        }

        private static func blocks(_ language: String, _ text: String) -> [String] {
            text.components(separatedBy: "```\(language)\n").dropFirst().compactMap {
                $0.components(separatedBy: "\n```").first
            }
        }

        func file(_ name: String) -> String { folder.appending(path: name).path }

        func side(_ name: String) -> [String] {
            ["--tls", "--ca", file("ca.pem"), "--certificate", file("\(name).pem"), "--key", file("\(name).key")]
        }

        func serve(_ more: [String]) throws -> ChildProcess {
            try ChildProcess(
                ChildProcess.headroom,
                ["modbus", "serve", "--port", "0", "--registers", "1000", "--fill", "index"] + side("server") + more
            )
        }

        func remove() { try? FileManager.default.removeItem(at: folder) }
    }

    private func exitCode(_ arguments: [String]) async throws -> Int32? {
        try await ChildProcess(ChildProcess.headroom, arguments).exitCode()
    }

    @Test("Modbus checklist 16.18, 16.19, 16.22: what the guide says is how it is")
    func guide() async throws {
        let plant = try await Plant()
        defer { plant.remove() }
        let server = try plant.serve(["--roles", plant.file("roles.yaml")])
        defer { server.kill() }
        let port = try #require(await server.nextLine())
        let read = ["modbus", "read", "--host", "127.0.0.1", "--port", port, "--unit", "5"] + plant.side("operator")
        let name = ["--server-name", "meter.plant.example"]
        let lines = try await ChildProcess.output(ChildProcess.headroom, read + name + ["--json", "700", "2"])
        #expect(lines.first?.contains("\"registers\":[700,701]") == true, "\(lines)")
        #expect(try await exitCode(read + ["--any-server", "700", "2"]) == 0)
        // Not the name it is reached by; a unit without rights; a register that may not be written, and one that may.
        #expect(try await exitCode(read + ["700", "2"]) == 69)
        #expect(try await exitCode(read + name + ["--unit", "4", "700", "2"]) == 78)
        let write = ["modbus", "write"] + read.dropFirst(2)
        #expect(try await exitCode(write + name + ["111", "1"]) == 78)
        #expect(try await exitCode(write + name + ["110", "1"]) == 0)
        // Without TLS there is no answer; an alert of TLS may come before the end, and is no Modbus.
        let plain = try await exitCode(["modbus", "read", "--host", "127.0.0.1", "--port", port, "700"])
        #expect(plain == 65 || plain == 69)
    }

    @Test("Modbus checklist 16.5: the guide's revocation list keeps the client out")
    func revoked() async throws {
        let plant = try await Plant()
        defer { plant.remove() }
        let server = try plant.serve(["--revoked", plant.file("revoked.pem")])
        defer { server.kill() }
        let port = try #require(await server.nextLine())
        let read = ["modbus", "read", "--host", "127.0.0.1", "--port", port, "--any-server", "7"]
        #expect(try await exitCode(read + plant.side("operator")) == 69)
        #expect(try await exitCode(read + plant.side("server")) == 69)
    }

    @Test("Wrong options and files end with their codes")
    func mistakes() async throws {
        let plant = try await Plant()
        defer { plant.remove() }
        let read = ["modbus", "read", "--host", "127.0.0.1", "7"]
        #expect(try await exitCode(read + ["--tls"]) == 64)
        #expect(try await exitCode(read + ["--ca", plant.file("ca.pem")]) == 64)
        #expect(try await exitCode(read + ["--server-name", "meter"]) == 64)
        #expect(
            try await exitCode(read + ["--tls", "--ca", "/nowhere", "--certificate", "/nowhere", "--key", "/nowhere"])
                == 65
        )
        for text in [
            "roles: [{ role: A, no_role: true }]", "roles: [{ read: { input: all } }]",
            "roles: [{ role: A, units: [256] }]",
            "roles: [{ role: A, read: { input: [9-5] } }]", "roles: [{ role: A, read: { holdings: all } }]",
            "roles: [{ role: A, functions: [0x80] }]", "rules: []",
        ] {
            try text.write(toFile: plant.file("wrong.yaml"), atomically: true, encoding: .utf8)
            let server = try plant.serve(["--roles", plant.file("wrong.yaml")])
            defer { server.kill() }
            #expect(await server.exitCode() == 65, "\(text)")
        }
    }
}
