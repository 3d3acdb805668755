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

    /// Asks a server of another implementation with our client.
    private func ask(_ script: String, _ role: [String], _ framing: SerialFraming, _ last: [String] = []) async throws {
        let cable = try await Cable.lay()
        let server = try Script(script, role + [cable.a, "7"] + last)
        #expect(await server.line() == "ready")
        try await check(ModbusClient.serial(port(cable.b), framing: framing))
        server.end()
        await cable.cut()
    }

    /// Reads and writes the 100 registers of unit 7.
    private func check(_ client: ModbusClient) async throws {
        #expect(try await client.readHoldingRegisters(address: 10, count: 3, unit: 7) == [10, 11, 12])
        #expect(try await client.readHoldingRegisters(address: 0, count: 100, unit: 7) == (0..<100).map { $0 })
        try await client.writeMultipleRegisters(address: 20, values: [0x1234, 0x5678], unit: 7)
        try await client.writeSingleRegister(address: 22, value: 9, unit: 7)
        #expect(try await client.readHoldingRegisters(address: 20, count: 3, unit: 7) == [0x1234, 0x5678, 9])
        await #expect(throws: ModbusClientError.exception(.illegalDataAddress)) {
            _ = try await client.readHoldingRegisters(address: 99, count: 2, unit: 7)
        }
        await client.close()
    }

    @Test("Modbus checklist 10.1 to 10.3: our client reads and writes pymodbus", .enabled(if: Script.hasPymodbus))
    func pymodbusServer() async throws { try await ask("serial_pymodbus_server.py", [], .rtu, ["rtu"]) }

    @Test("Our client reads and writes a pymodbus server in text frames", .enabled(if: Script.hasPymodbus))
    func pymodbusASCII() async throws { try await ask("serial_pymodbus_server.py", [], .ascii, ["ascii"]) }

    @Test("Modbus checklist 10.1 to 10.3: our client reads and writes libmodbus", .enabled(if: Script.hasLibmodbus))
    func libmodbusServer() async throws { try await ask("rtu_libmodbus.py", ["server"], .rtu) }

    private static let overTCP: [(searches: Bool, units: Set<UInt8>)] = [(false, []), (true, [7])]

    @Test(
        "Modbus checklist 11.1, 11.2, 11.5: pymodbus reads and writes our server of RTU over TCP",
        .enabled(if: Script.hasPymodbus),
        arguments: 0..<2
    )
    func pymodbusClientOverTCP(index: Int) async throws {
        var configuration = ModbusServerConfiguration(port: 0)
        configuration.framing = .rtuOverTCP
        configuration.rtuOverTCP.searchesAfterFault = Self.overTCP[index].searches
        configuration.rtuOverTCP.broadcastUnits = Self.overTCP[index].units
        let server = try await ModbusServer.start(configuration, responder: TestUnits())
        let lines = try await Script.run("rtu_pymodbus_client.py", ["\(server.port)", "7"])
        let expected = [
            "10 11 12 13 14", Self.numbers, "4711 1 2 3", "\(4711 & 0xFF00 | 0x55)", "7 8", "exception 2", "99",
        ]
        #expect(lines == expected)
        #expect(server.counters.brokenStreams == 0)
        await server.stop()
    }

    @Test(
        "Modbus checklist 11.1 to 11.3: our client reads and writes pymodbus's server of RTU over TCP",
        .enabled(if: Script.hasPymodbus)
    )
    func pymodbusServerOverTCP() async throws {
        let server = try Script("serial_pymodbus_server.py", ["tcp", "7", "rtu"])
        let line = await server.line()
        var configuration = ModbusClientConfiguration(host: "127.0.0.1", port: try #require(line.flatMap { Int($0) }))
        configuration.transport = .rtuOverTCP
        try await check(ModbusClient(configuration))
        server.end()
    }

    @Test("Modbus checklist 11.1 to 11.5: our client and our server of RTU over TCP, user-defined functions too")
    func ownOverTCP() async throws {
        let echo = FunctionCode(rawValue: 100)
        var functions = UserFunctions()
        functions.set(echo, request: .counted(at: 1), response: .counted(at: 1))
        var configuration = ModbusServerConfiguration(port: 0)
        configuration.framing = .rtuOverTCP
        configuration.rtuOverTCP.userFunctions = functions
        // So long that nothing in this test can end by a pause.
        configuration.rtuOverTCP.endOfFrame = .seconds(600)
        let server = try await ModbusServer.start(configuration, responder: EchoingUnits())
        var limits = ModbusClientConfiguration(host: "127.0.0.1", port: server.port)
        limits.transport = .rtuOverTCP
        limits.requestTimeout = .seconds(10)
        limits.userFunctions = functions
        limits.turnaroundDelay = .zero
        try await check(ModbusClient(limits))
        let client = ModbusClient(limits)
        #expect(try await client.send(.other(echo, [2, 5, 6]), unit: 7) == .other(echo, [2, 5, 6]))
        try await client.writeSingleRegister(address: 30, value: 5, unit: 0)
        #expect(try await client.readHoldingRegisters(address: 29, count: 2, unit: 7) == [29, 5])
        await client.close()
        #expect(server.counters.brokenStreams == 0)
        await server.stop()
    }
}

/// Units that give back what function 100 brings them.
private final class EchoingUnits: ModbusResponder {
    private let units = TestUnits()

    func respond(to request: Request, unit: UInt8) -> ServerReply {
        if case .other(let function, let bytes) = request { return .now(.other(function, bytes)) }
        return units.respond(to: request, unit: unit)
    }
}
