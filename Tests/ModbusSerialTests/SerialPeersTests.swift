// SPDX-License-Identifier: Apache-2.0

import Modbus
import ModbusNIO
import ModbusSerial
import Testing

/// Independent implementations at the other end of a line.
@Suite("Independent RTU peers", .timeLimit(.minutes(1)))
struct SerialPeersTests {
    private static let numbers = (0..<100).map(String.init).joined(separator: " ")

    private func port(_ path: String) -> SerialConfiguration { SerialConfiguration(path: path, parity: .none) }

    /// What a client gets from our server.
    private func asked(
        _ script: String,
        _ arguments: [String],
        framing: SerialFraming = .rtu
    ) async throws -> [String] {
        let cable = try await Cable.lay()
        let configuration = RTUServerConfiguration(port: port(cable.a), units: [7], framing: framing)
        let server = try await RTUServer.start(configuration, responder: TestUnits())
        let last = framing == .ascii ? ["ascii"] : []
        let lines = try await Script.run(script, arguments + [cable.b, "7"] + last)
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

    @Test("pymodbus reads and writes our units in text frames", .enabled(if: Script.hasPymodbus))
    func pymodbusASCIIClient() async throws {
        let lines = try await asked("rtu_pymodbus_client.py", [], framing: .ascii)
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

    /// Asks a server of another implementation with our client.
    private func ask(_ script: String, _ role: [String], _ framing: SerialFraming, _ last: [String] = []) async throws {
        let cable = try await Cable.lay()
        let server = try Script(script, role + [cable.a, "7"] + last)
        #expect(await server.line() == "ready")
        let client = ModbusClient.serial(port(cable.b), framing: framing)
        #expect(try await client.readHoldingRegisters(address: 10, count: 3, unit: 7) == [10, 11, 12])
        #expect(try await client.readHoldingRegisters(address: 0, count: 100, unit: 7) == (0..<100).map { $0 })
        try await client.writeMultipleRegisters(address: 20, values: [0x1234, 0x5678], unit: 7)
        try await client.writeSingleRegister(address: 22, value: 9, unit: 7)
        #expect(try await client.readHoldingRegisters(address: 20, count: 3, unit: 7) == [0x1234, 0x5678, 9])
        await #expect(throws: ModbusClientError.exception(.illegalDataAddress)) {
            _ = try await client.readHoldingRegisters(address: 99, count: 2, unit: 7)
        }
        await client.close()
        server.end()
        await cable.cut()
    }

    @Test("Modbus checklist 10.1 to 10.3: our client reads and writes pymodbus", .enabled(if: Script.hasPymodbus))
    func pymodbusServer() async throws { try await ask("serial_pymodbus_server.py", [], .rtu, ["rtu"]) }

    @Test("Our client reads and writes a pymodbus server in text frames", .enabled(if: Script.hasPymodbus))
    func pymodbusASCII() async throws { try await ask("serial_pymodbus_server.py", [], .ascii, ["ascii"]) }

    @Test("Modbus checklist 10.1 to 10.3: our client reads and writes libmodbus", .enabled(if: Script.hasLibmodbus))
    func libmodbusServer() async throws { try await ask("rtu_libmodbus.py", ["server"], .rtu) }
}
