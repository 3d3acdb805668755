// SPDX-License-Identifier: Apache-2.0

import Modbus
import ModbusSerial
import Testing

/// Independent implementations at the other end of a line.
@Suite("Independent RTU peers", .timeLimit(.minutes(1)))
struct SerialPeersTests {
    private static let numbers = (0..<100).map(String.init).joined(separator: " ")

    private func port(_ path: String) -> SerialConfiguration { SerialConfiguration(path: path, parity: .none) }

    /// What a client gets from our server.
    private func asked(_ script: String, _ arguments: [String]) async throws -> [String] {
        let cable = try await Cable.lay()
        let server = try await RTUServer.start(.init(port: port(cable.a), units: [7]), responder: TestUnits())
        let lines = try await Script.run(script, arguments + [cable.b, "7"])
        #expect(server.counters.busCommunicationErrors == 0)
        await server.stop()
        await cable.cut()
        return lines
    }

    @Test("Modbus checklist 10.1 to 10.3, 10.13: pymodbus reads and writes our units", .enabled(if: Script.hasPymodbus))
    func pymodbusClient() async throws {
        let lines = try await asked("rtu_pymodbus_client.py", [])
        let expected = [
            "10 11 12 13 14", Self.numbers, "4711 1 2 3", "\(4711 & 0xFF00 | 0x55)", "7 8", "exception 2", "99",
        ]
        #expect(lines == expected)
    }

    @Test("Modbus checklist 10.1 to 10.3: libmodbus reads and writes our units", .enabled(if: Script.hasLibmodbus))
    func libmodbusClient() async throws {
        let lines = try await asked("rtu_libmodbus.py", ["client"])
        let expected = [
            "10 11 12 13 14", Self.numbers, "4711 1 2 3", "\(4711 & 0xFF00 | 0x55)", "7 8", "Illegal data address",
        ]
        #expect(lines == expected)
    }

    /// Asks a server of another implementation.
    private func ask(_ script: String, _ arguments: [String]) async throws {
        let cable = try await Cable.lay()
        let server = try Script(script, arguments + [cable.a, "7"])
        #expect(await server.line() == "ready")
        let line = try await Line(port(cable.b))
        try await line.send(unit: 7, [3, 0, 10, 0, 3])
        #expect(try await line.answer(8) == [3, 6, 0, 10, 0, 11, 0, 12])
        try await line.send(unit: 7, [16, 0, 20, 0, 2, 4, 0x12, 0x34, 0x56, 0x78])
        #expect(try await line.answer(5) == [16, 0, 20, 0, 2])
        try await line.send(unit: 7, [3, 0, 20, 0, 2])
        #expect(try await line.answer(6) == [3, 4, 0x12, 0x34, 0x56, 0x78])
        try await line.send(unit: 7, [3, 0, 99, 0, 2])
        #expect(try await line.answer(2) == [0x83, 2])
        server.end()
        try await line.close()
        await cable.cut()
    }

    @Test("Modbus checklist 10.1 to 10.3: our port reaches a server of pymodbus", .enabled(if: Script.hasPymodbus))
    func pymodbusServer() async throws { try await ask("rtu_pymodbus_server.py", []) }

    @Test("Modbus checklist 10.1 to 10.3: our port reaches a server of libmodbus", .enabled(if: Script.hasLibmodbus))
    func libmodbusServer() async throws { try await ask("rtu_libmodbus.py", ["server"]) }
}
