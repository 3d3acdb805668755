// SPDX-License-Identifier: Apache-2.0

import Modbus
import ModbusNIO
import ModbusSerial

/// The blocks of code in the pages of ModbusSerial; Tests/RepositoryTests compares them.
///
/// They need an adapter, so they are only compiled.
enum DocumentationExamples {
    static func client() async throws {
        let port = SerialConfiguration(path: "/dev/ttyUSB0", bitRate: 9600, parity: .none, stopBits: .one)
        let client = ModbusClient.serial(port)
        let words = try await client.readHoldingRegisters(address: 0, count: 10, unit: 1)
        print(words)
        await client.close()
    }

    static func server() async throws {
        var tables = RegisterTables()
        tables.holding.set([10, 20, 30], at: 0)
        let port = SerialConfiguration(path: "/dev/ttyUSB1")
        let configuration = RTUServerConfiguration(port: port, units: [1, 2])
        let server = try await RTUServer.start(configuration, responder: ModelResponder(tables))
        await server.run()
    }
}
