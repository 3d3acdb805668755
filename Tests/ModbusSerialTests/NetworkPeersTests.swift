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
}
