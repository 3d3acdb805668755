// SPDX-License-Identifier: Apache-2.0

import Modbus
import NIOCore
import NIOPosix
import Synchronization
import Testing

@testable import ModbusNIO

@Suite("Client, connections on the loopback interface", .timeLimit(.minutes(1)))
struct ClientConnectionTests {
    private func client(
        _ port: Int,
        _ adjust: (inout ModbusClientConfiguration) -> Void = { _ in }
    ) -> ModbusClient {
        var configuration = ModbusClientConfiguration(host: "127.0.0.1", port: port)
        configuration.requestTimeout = .seconds(30)
        configuration.queueTimeout = .seconds(30)
        configuration.connectTimeout = .seconds(30)
        configuration.reconnectDelays = [.zero]
        adjust(&configuration)
        return ModbusClient(configuration)
    }

    @Test("Modbus checklist 5.6: the port is 502 unless set")
    func port() {
        #expect(ModbusClientConfiguration(host: "meter").port == 502)
        #expect(ModbusClientConfiguration(host: "meter", port: 1502).port == 1502)
    }

    @Test("Modbus checklist 5.4, 5.5: all callers of a client share one connection to the host")
    func oneConnection() async throws {
        let peers = Mutex<Set<Int>>([])
        let server = try await RawServer { frame, channel in
            _ = peers.withLock { $0.insert(channel.remoteAddress?.port ?? 0) }
            channel.send(wire(frame.header.transaction, unit: frame.header.unit, [3, 2, 0, 1]))
        }
        let client = client(server.port)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for unit in 1...20 as ClosedRange<UInt8> {
                group.addTask { _ = try await client.readHoldingRegisters(address: 0, count: 1, unit: unit) }
            }
            try await group.waitForAll()
        }
        #expect(peers.withLock { $0.count } == 1)
        await client.close()
        await server.close()
    }

    @Test("Modbus checklist 5.7: the local port is above 1024 and another one for each connection")
    func localPorts() async throws {
        let ports = Mutex<[Int]>([])
        let server = try await RawServer { frame, channel in
            ports.withLock { $0.append(channel.remoteAddress?.port ?? 0) }
            channel.send(wire(frame.header.transaction, unit: frame.header.unit, [3, 2, 0, 1]))
        }
        let clients = [client(server.port), client(server.port)]
        for _ in 0..<3 {
            for client in clients {
                _ = try await client.readHoldingRegisters(address: 0, count: 1)
                await client.disconnect()
            }
        }
        for client in clients { await client.close() }
        await server.close()
        let seen = ports.withLock { $0 }
        #expect(seen.allSatisfy { $0 > 1024 })
        #expect(Set(seen).count == 6)
    }

    @Test("Modbus checklist 5.8, 15.7: two peers that ask each other use a connection for each direction")
    func bothDirections() async throws {
        let left = try await ModbusServer.start(
            ModbusServerConfiguration(host: "127.0.0.1", port: 0),
            responder: Registers(holding: [1])
        )
        let right = try await ModbusServer.start(
            ModbusServerConfiguration(host: "127.0.0.1", port: 0),
            responder: Registers(holding: [2])
        )
        let toRight = client(right.port)
        let toLeft = client(left.port)
        for _ in 0..<3 {
            async let two = toRight.readHoldingRegisters(address: 0, count: 1)
            async let one = toLeft.readHoldingRegisters(address: 0, count: 1)
            #expect(try await two == [2])
            #expect(try await one == [1])
        }
        #expect(left.counters.connections == 1)
        #expect(right.counters.connections == 1)
        for client in [toRight, toLeft] { await client.close() }
        for server in [left, right] { await server.stop() }
    }

    @Test("Modbus checklist 7.9: connecting is given up after its own time")
    func connectTimeout() async throws {
        // Nobody accepts, and as soon as the system's own queue is full it answers no further attempt.
        let listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.autoRead, value: false)
            .serverChannelOption(.backlog, value: 1)
            .bind(host: "127.0.0.1", port: 0).get()
        let port = listener.localAddress?.port ?? 0
        let clients = (0..<6).map { _ in client(port) { $0.connectTimeout = .milliseconds(200) } }
        var failures = 0
        for client in clients {
            do throws(ModbusClientError) {
                try await client.connect()
            } catch {
                #expect(error == .connectFailed("127.0.0.1:\(port): no answer in time"))
                failures += 1
            }
        }
        #expect(failures > 0)
        #expect(await clients[5].counters.connections == 0)
        for client in clients { await client.close() }
        try await listener.close()
    }

    @Test("Modbus checklist 14.7: a read on a connection the device has closed meanwhile succeeds")
    func stale() async throws {
        let connections = Mutex<[any Channel]>([])
        let server = try await RawServer { frame, channel in
            connections.withLock { $0.append(channel) }
            // The first connection answers once and then only closes.
            if connections.withLock({ $0.filter { $0 === channel }.count }) > 1 { return channel.close(promise: nil) }
            channel.send(wire(frame.header.transaction, unit: frame.header.unit, [3, 2, 0, 1]))
        }
        let client = client(server.port)
        for _ in 0..<2 { #expect(try await client.readHoldingRegisters(address: 0, count: 1) == [1]) }
        let counters = await client.counters
        #expect(counters.connections == 2)
        #expect(counters.retries == 1)
        await client.close()
        await server.close()
    }

    @Test("A task on the client's executor runs on its event loop, before and after a request")
    func executor() async throws {
        let server = try await RawServer { frame, channel in
            channel.send(wire(frame.header.transaction, unit: frame.header.unit, [3, 2, 0, 1]))
        }
        let client = client(server.port)
        try await withTaskExecutorPreference(client.executor) {
            for _ in 0..<3 {
                #expect(client.eventLoop.inEventLoop)
                let values = try await client.readHoldingRegisters(address: 0, count: 1)
                #expect(values == [1])
            }
            #expect(client.eventLoop.inEventLoop)
        }
        await client.close()
        await server.close()
    }

    @Test("Sixteen callers on the client's executor share their segments, and each gets its own answer")
    func sharedSegments() async throws {
        let reads = Mutex<[Int]>([])
        let server = try await RawServer { frame, channel in
            let address = frame.pdu.getInteger(at: frame.pdu.readerIndex + 1, as: UInt16.self) ?? 0
            reads.withLock { $0.append(Int(address)) }
            channel.send(
                wire(frame.header.transaction, unit: 255, [3, 2, UInt8(address >> 8), UInt8(address & 0xFF)])
            )
        }
        let client = client(server.port) { $0.maximumInFlight = 16 }
        try await withTaskExecutorPreference(client.executor) {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for lane in 0..<16 as Range<UInt16> {
                    group.addTask {
                        for round in 0..<50 as Range<UInt16> {
                            let address = lane << 8 | round
                            let values = try await client.readHoldingRegisters(address: address, count: 1)
                            #expect(values == [address])
                        }
                    }
                }
                try await group.waitForAll()
            }
        }
        #expect(reads.withLock { $0.count } == 800)
        await client.close()
        await server.close()
    }
}
