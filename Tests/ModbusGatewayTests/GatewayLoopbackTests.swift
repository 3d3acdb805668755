// SPDX-License-Identifier: Apache-2.0

import Modbus
import ModbusGateway
import ModbusNIO
import Synchronization
import Testing

@Suite("Gateway between real sockets")
struct GatewayLoopbackTests {
    /// A device that counts what reaches it.
    private final class Device: ModbusResponder {
        private let tables: Mutex<RegisterTables>
        private let requests = Mutex<[UInt8: Int]>([:])

        init() {
            var tables = RegisterTables()
            tables.holding.set((0..<1000).map { UInt16($0) }, at: 0)
            self.tables = Mutex(tables)
        }

        var counts: [UInt8: Int] { requests.withLock { $0 } }

        func respond(to request: Request, unit: UInt8) -> ServerReply {
            requests.withLock { $0[unit, default: 0] += 1 }
            if unit == 3 { return .silence }
            return .now(tables.withLock { $0.respond(to: request) })
        }
    }

    private func upstream(_ server: ModbusServer, _ units: Set<UInt8>, cacheAge: Duration = .zero) -> Gateway.Upstream {
        var client = ModbusClientConfiguration(host: "127.0.0.1", port: server.port)
        // Long enough for a machine that runs all tests at once; only the silent unit takes all of it.
        client.requestTimeout = .seconds(2)
        client.reconnectDelays = [.milliseconds(1)]
        // One silent unit must not cost the others their connection.
        client.timeoutsBeforeReconnect = 8
        let modbus = ModbusClient(client)
        var configuration = GatewayConfiguration()
        configuration.cacheAge = cacheAge
        return Gateway.Upstream(units: units, configuration: configuration, client: modbus)
    }

    /// A client that waits longer than the gateway does for its device (13.10).
    private func client(_ port: Int) -> ModbusClient {
        var configuration = ModbusClientConfiguration(host: "127.0.0.1", port: port)
        configuration.requestTimeout = .seconds(50)
        return ModbusClient(configuration)
    }

    private func serve(_ responder: any ModbusResponder) async throws -> ModbusServer {
        try await ModbusServer.start(ModbusServerConfiguration(port: 0), responder: responder)
    }

    @Test("Modbus checklist 13.5, 13.6, 13.10: units go to their device; others get 0x0A, silent ones 0x0B")
    func routes() async throws {
        let device = Device()
        let server = try await serve(device)
        let gateway = try await serve(Gateway([upstream(server, [1, 3])]))
        let client = self.client(gateway.port)
        #expect(try await client.readHoldingRegisters(address: 10, count: 3, unit: 1) == [10, 11, 12])
        let read = Request.readHoldingRegisters(address: 0, count: 1)
        for unit in [0, 2, 255] as [UInt8] {
            let answer = try await client.send(read, unit: unit)
            #expect(answer == .exception(.readHoldingRegisters, .gatewayPathUnavailable))
        }
        #expect(
            try await client.send(read, unit: 3)
                == .exception(.readHoldingRegisters, .gatewayTargetDeviceFailedToRespond)
        )
        #expect(device.counts == [1: 1, 3: 1])
        let beyond = Request.readHoldingRegisters(address: 999, count: 2)
        #expect(try await client.send(beyond, unit: 1) == .exception(.readHoldingRegisters, .illegalDataAddress))
        await client.close()
        await gateway.stop()
        await server.stop()
    }

    @Test("Twenty clients share one connection, and reads that ask for the same become few")
    func sharing() async throws {
        let device = Device()
        let server = try await serve(device)
        let gateway = try await serve(Gateway([upstream(server, [1], cacheAge: .seconds(60))]))
        let port = gateway.port
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<20 as Range<UInt16> {
                group.addTask {
                    let client = self.client(port)
                    for _ in 0..<10 {
                        let values = try await client.readHoldingRegisters(address: number % 4, count: 20, unit: 1)
                        #expect(values == (0..<20).map { number % 4 + $0 })
                    }
                    await client.close()
                }
            }
            try await group.waitForAll()
        }
        #expect(server.counters.connections == 1)
        #expect((1...10).contains(device.counts[1] ?? 0), "\(device.counts)")
        await gateway.stop()
        await server.stop()
    }

    @Test("A device that is not there gives 0x0A, and is served again when it is back")
    func absent() async throws {
        let placeholder = try await serve(Device())
        let port = placeholder.port
        let gateway = try await serve(Gateway([upstream(placeholder, [1])]))
        await placeholder.stop()
        let client = self.client(gateway.port)
        let read = Request.readHoldingRegisters(address: 0, count: 1)
        #expect(try await client.send(read, unit: 1) == .exception(.readHoldingRegisters, .gatewayPathUnavailable))
        let server = try await ModbusServer.start(ModbusServerConfiguration(port: port), responder: Device())
        let deadline = ContinuousClock.now + .seconds(50)
        var answer = try await client.send(read, unit: 1)
        while answer != .readHoldingRegisters([0]), ContinuousClock.now < deadline {
            answer = try await client.send(read, unit: 1)
        }
        #expect(answer == .readHoldingRegisters([0]))
        await client.close()
        await gateway.stop()
        await server.stop()
    }
}
