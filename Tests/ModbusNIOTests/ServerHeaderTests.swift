// SPDX-License-Identifier: Apache-2.0

import Modbus
import ModbusNIO
import Testing

@Suite("Headers of a server's answers", .timeLimit(.minutes(1)))
struct ServerHeaderTests {
    @Test("Modbus checklist 2.7, 2.8, 2.9: any transaction is echoed in any order, and an exception has length 3")
    func headers() async throws {
        let configuration = ModbusServerConfiguration(port: 0)
        let server = try await ModbusServer.start(configuration, responder: Registers(holding: [10]))
        let connection = try await RawConnection.connect(port: server.port)
        for transaction in [7, 0, 0xFFFF, 0, 0, 1, 0x8000, 0xFFFF] as [UInt16] {
            try await connection.send(wire(transaction, unit: 9, [3, 0, 0, 0, 1]))
            let answer = wire(transaction, unit: 9, [3, 2, 0, 10])
            #expect(await connection.receive(answer.count) == answer)
            try await connection.send(wire(transaction, unit: 9, [3, 0, 1, 0, 1]))
            let high = UInt8(transaction >> 8)
            let low = UInt8(truncatingIfNeeded: transaction)
            #expect(await connection.receive(9) == [high, low, 0, 0, 0, 3, 9, 0x83, 2])
        }
        await connection.close()
        await server.stop()
    }
}
