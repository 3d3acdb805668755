// SPDX-License-Identifier: Apache-2.0

import Modbus
import ModbusNIO
import Testing

/// Frames of the serial line, and datagrams, to an independent implementation on the network.
@Suite("Independent peers on the network", .timeLimit(.minutes(1)), .enabled(if: Script.hasPymodbus))
struct NetworkPeersTests {
    @Test(
        "Modbus checklist 11.1, 11.2: pymodbus answers serial frames over TCP, and datagrams",
        arguments: [("rtu", ModbusClientConfiguration.Transport.rtuOverTCP), ("udp", .udp)]
    )
    func pymodbus(kind: String, transport: ModbusClientConfiguration.Transport) async throws {
        let server = try Script("network_pymodbus_server.py", [kind, "7"])
        let line = await server.line()
        let port = try #require(line.flatMap { Int($0) })
        var configuration = ModbusClientConfiguration(host: "127.0.0.1", port: port)
        configuration.transport = transport
        configuration.requestTimeout = .seconds(20)
        let client = ModbusClient(configuration)
        #expect(try await client.readHoldingRegisters(address: 10, count: 3, unit: 7) == [10, 11, 12])
        #expect(try await client.readHoldingRegisters(address: 0, count: 100, unit: 7) == (0..<100).map { $0 })
        try await client.writeMultipleRegisters(address: 20, values: [0x1234, 0x5678], unit: 7)
        try await client.maskWriteRegister(address: 20, and: 0xFF00, or: 0x0055, unit: 7)
        #expect(try await client.readHoldingRegisters(address: 20, count: 2, unit: 7) == [0x1255, 0x5678])
        await #expect(throws: ModbusClientError.exception(.illegalDataAddress)) {
            _ = try await client.readHoldingRegisters(address: 99, count: 2, unit: 7)
        }
        #expect(await client.counters.connections == 1)
        await client.close()
        server.end()
    }

    private static let settings: [(searches: Bool, units: Set<UInt8>)] = [(false, []), (true, [7])]

    @Test("Modbus checklist 11.1, 11.2, 11.5: pymodbus reads and writes our server of RTU over TCP", arguments: 0..<2)
    func pymodbusClient(index: Int) async throws {
        var configuration = ModbusServerConfiguration(port: 0)
        configuration.framing = .rtuOverTCP
        configuration.rtuOverTCP.searchesAfterFault = Self.settings[index].searches
        configuration.rtuOverTCP.broadcastUnits = Self.settings[index].units
        let server = try await ModbusServer.start(configuration, responder: TestUnits())
        let lines = try await Script.run("rtu_pymodbus_client.py", ["\(server.port)", "7"])
        let numbers = (0..<100).map(String.init).joined(separator: " ")
        let expected = [
            "10 11 12 13 14", numbers, "4711 1 2 3", "\(4711 & 0xFF00 | 0x55)", "7 8", "exception 2", "99",
        ]
        #expect(lines == expected)
        #expect(server.counters.brokenStreams == 0)
        await server.stop()
    }
}

@Suite("Our own peers on the network", .timeLimit(.minutes(1)))
struct OwnNetworkPeersTests {
    /// Gives back what function 100 brings.
    private final class EchoingUnits: ModbusResponder {
        private let units = TestUnits()

        func respond(to request: Request, unit: UInt8) -> ServerReply {
            if case .other(let function, let bytes) = request { return .now(.other(function, bytes)) }
            return units.respond(to: request, unit: unit)
        }
    }

    @Test("Modbus checklist 8.40, 11.1 to 11.5: our client and our server of RTU over TCP, user-defined functions too")
    func rtuOverTCP() async throws {
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
        limits.requestTimeout = .seconds(20)
        limits.userFunctions = functions
        limits.turnaroundDelay = .zero
        let client = ModbusClient(limits)
        #expect(try await client.readHoldingRegisters(address: 0, count: 100, unit: 7) == (0..<100).map { $0 })
        #expect(try await client.send(.other(echo, [2, 5, 6]), unit: 7) == .other(echo, [2, 5, 6]))
        try await client.writeSingleRegister(address: 30, value: 5, unit: 0)
        #expect(try await client.readHoldingRegisters(address: 29, count: 2, unit: 7) == [29, 5])
        await #expect(throws: ModbusClientError.exception(.illegalDataAddress)) {
            _ = try await client.readHoldingRegisters(address: 99, count: 2, unit: 7)
        }
        #expect(await client.counters.connections == 1)
        await client.close()
        await server.stop()
    }
}
