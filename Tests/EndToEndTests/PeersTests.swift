// SPDX-License-Identifier: Apache-2.0
import Foundation
import Testing

/// Independent Modbus implementations on the other side.
///
/// `./test` installs them; a bare `swift test` without them skips.
@Suite("Independent Modbus peers")
struct PeersTests {
    /// The interpreter that has pymodbus.
    static let python = ProcessInfo.processInfo.environment["HEADROOM_PEERS"]
    static let hasPython = python != nil
    static let mbpoll = "/usr/bin/mbpoll"
    static let hasMbpoll = FileManager.default.isExecutableFile(atPath: mbpoll)

    private static func script(_ name: String) -> String {
        URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "Peers").appending(path: name).path
    }

    private func countis() async throws -> (meter: ChildProcess, port: String) {
        let meter = try ChildProcess(
            ChildProcess.headroom,
            ["meter", "simulate", "--profile", "socomec-countis-e27", "--port", "0", "--currents", "12.5,3.25,-8.1"]
        )
        return (meter, try #require(await meter.nextLine()))
    }

    @Test("pymodbus reads the virtual Countis: magnitudes, and the direction in the power", .enabled(if: hasPython))
    func pymodbusReads() async throws {
        let (meter, port) = try await countis()
        defer { meter.kill() }
        let python = try #require(Self.python)
        let reader = Self.script("read_registers.py")
        #expect(try await ChildProcess.output(python, [reader, port, "5", "50528", "6"]) == ["0 12500 0 3250 0 8100"])
        // 230 V x 12.5, 3.25 and -8.1 A in steps of 10 W; export is negative.
        let powers = try await ChildProcess.output(python, [reader, port, "5", "50544", "6"]).first?.split(
            separator: " "
        ).map(
            String.init
        )
        #expect(powers?.prefix(4) == ["0", "288", "0", "75"] || powers?.prefix(4) == ["0", "287", "0", "74"])
        #expect(powers?[4] == "65535")
        #expect(try await ChildProcess.output(python, [reader, port, "5", "50000", "4"]) == ["83 79 67 79"])
        #expect(try await ChildProcess.output(python, [reader, port, "5", "40000", "2"]) == ["exception 2"])
    }

    @Test("mbpoll reads the virtual Countis", .enabled(if: hasMbpoll))
    func mbpollReads() async throws {
        let (meter, port) = try await countis()
        defer { meter.kill() }
        let lines = try await ChildProcess.output(
            Self.mbpoll,
            [
                "-m", "tcp", "-a", "5", "-0", "-r", "50528", "-c", "3", "-t", "4:int", "-B", "-1", "-p", port,
                "127.0.0.1",
            ]
        )
        let values = lines.filter { $0.hasPrefix("[") }.map {
            $0.split(whereSeparator: \.isWhitespace).last.map(String.init)
        }
        #expect(values == ["12500", "3250", "8100"])
    }

    @Test(
        "The meter driver reads a Countis that pymodbus serves, with the sign from the power",
        .enabled(if: hasPython)
    )
    func readsPymodbus() async throws {
        let server = try ChildProcess(
            try #require(Self.python),
            [Self.script("countis_server.py"), "5", "12500", "3250", "8100", "-288", "75", "187"]
        )
        defer { server.kill() }
        let port = try #require(await server.nextLine())
        let lines = try await ChildProcess.output(
            ChildProcess.headroom,
            ["meter", "read", "--profile", "socomec-countis-e27", "--host", "127.0.0.1", "--port", port, "--json"]
        )
        let line = try #require(lines.first)
        let json = try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
        #expect(json["currents_a"] as? [Double] == [-12.5, 3.25, 8.1], "\(json)")
    }

    @Test("pymodbus and mbpoll read and write the table server", .enabled(if: hasPython && hasMbpoll))
    func tableServer() async throws {
        let server = try ChildProcess(
            ChildProcess.headroom,
            ["modbus", "serve", "--port", "0", "--registers", "200", "--fill", "index"]
        )
        defer { server.kill() }
        let port = try #require(await server.nextLine())
        let reader = Self.script("read_registers.py")
        let python = try #require(Self.python)
        #expect(try await ChildProcess.output(python, [reader, port, "1", "10", "5"]) == ["10 11 12 13 14"])
        _ = try await ChildProcess.output(
            Self.mbpoll,
            ["-m", "tcp", "-0", "-r", "12", "-p", port, "127.0.0.1", "4711", "4712"]
        )
        #expect(try await ChildProcess.output(python, [reader, port, "1", "11", "4"]) == ["11 4711 4712 14"])
        #expect(try await ChildProcess.output(python, [reader, port, "1", "199", "2"]) == ["exception 2"])
    }
}
