// SPDX-License-Identifier: Apache-2.0
import Foundation
import Modbus
import NIOCore
import NIOPosix
import Testing

@testable import ModbusNIO

/// A client and a server in network namespaces of their own, and a cable between them that comes and goes.
///
/// Where namespaces cannot be made the tests are skipped and say why.
@Suite("A pulled cable", .serialized, .timeLimit(.minutes(2)))
struct PulledCableTests {
    private static let canRun = NetworkNamespaces.obstacle == nil
    private static let obstacle = Comment(rawValue: NetworkNamespaces.obstacle ?? "")
    private static let patience = Duration.seconds(30)

    /// Both ends, with short time limits.
    private struct Plant {
        let namespaces: NetworkNamespaces
        let groups: [MultiThreadedEventLoopGroup]
        let server: ModbusServer
        let client: ModbusClient

        init(_ adjust: (inout ModbusServerConfiguration) -> Void = { _ in }) async throws {
            let namespaces = try await NetworkNamespaces()
            let (serverLoop, clientLoop) = (try namespaces.loop(.server), try namespaces.loop(.client))
            var configuration = ModbusServerConfiguration(host: NetworkNamespaces.End.server.address, port: 0)
            configuration.keepAlive.idle = .seconds(1)
            configuration.keepAlive.interval = .seconds(1)
            configuration.keepAlive.count = 2
            configuration.keepAlive.unacknowledgedLimit = .seconds(3)
            adjust(&configuration)
            var tables = RegisterTables()
            tables.holding.set([1, 2, 3], at: 0)
            let (settings, responder) = (configuration, ModelResponder(tables))
            // On the loop's thread, so that the listening socket is made in its namespace.
            let server = try await Task(executorPreference: EventLoopTaskExecutor(serverLoop.any())) {
                try await ModbusServer.start(settings, responder: responder, group: serverLoop)
            }.value
            var options = ModbusClientConfiguration(host: NetworkNamespaces.End.server.address, port: server.port)
            options.requestTimeout = .milliseconds(500)
            options.connectTimeout = .milliseconds(500)
            options.reconnectDelays = [.milliseconds(100)]
            self.namespaces = namespaces
            self.server = server
            groups = [serverLoop, clientLoop]
            client = ModbusClient(options, group: clientLoop)
        }

        /// How long a read took that failed.
        func failure() async throws -> Duration {
            let start = ContinuousClock.now
            await #expect(throws: ModbusClientError.self) { try await read() }
            return ContinuousClock.now - start
        }

        func read() async throws(ModbusClientError) -> [UInt16] {
            try await client.readHoldingRegisters(address: 0, count: 3, unit: 1)
        }

        /// Reads until it works.
        func recovered() async -> Duration? {
            let start = ContinuousClock.now
            while ContinuousClock.now - start < patience {
                if (try? await read()) == [1, 2, 3] { return ContinuousClock.now - start }
            }
            return nil
        }

        /// Waits until the server has so many connections.
        func connections(_ count: Int) async -> Duration? {
            let start = ContinuousClock.now
            while ContinuousClock.now - start < patience {
                if server.counters.openConnections == count { return ContinuousClock.now - start }
                // A turn of the loop in between, as nothing tells when a counter changes.
                _ = try? await groups[0].any().scheduleTask(in: .milliseconds(20)) {}.futureResult.get()
            }
            return nil
        }

        func end() async throws {
            await client.close()
            await server.stop()
            for group in groups { try await group.shutdownGracefully() }
        }
    }

    @Test(
        "Nothing arrives any more: the client says so in time, and goes on when it does",
        .enabled(if: canRun, obstacle)
    )
    func swallowed() async throws {
        let plant = try await Plant()
        #expect(try await plant.read() == [1, 2, 3])
        try await plant.namespaces.setCut(true)
        for _ in 0..<4 { #expect(try await plant.failure() < .seconds(5)) }
        try await plant.namespaces.setCut(false)
        let recovery = try #require(await plant.recovered())
        #expect(recovery < .seconds(10))
        #expect(await plant.client.counters.connections >= 2)
        try await plant.end()
    }

    @Test("The server's link goes down: the same", .enabled(if: canRun, obstacle))
    func linkDown() async throws {
        let plant = try await Plant()
        #expect(try await plant.read() == [1, 2, 3])
        try plant.namespaces.setLink(.server, isUp: false)
        for _ in 0..<4 { #expect(try await plant.failure() < .seconds(5)) }
        try plant.namespaces.setLink(.server, isUp: true)
        let recovery = try #require(await plant.recovered())
        #expect(recovery < .seconds(10))
        try await plant.end()
    }

    @Test(
        "Modbus checklist 12.10, 12.15: a silent connection whose peer has vanished is given up, and a new one is let in",
        .enabled(if: canRun, obstacle)
    )
    func halfOpen() async throws {
        let plant = try await Plant()
        #expect(try await plant.read() == [1, 2, 3])
        try await plant.namespaces.setCut(true)
        // The client resets its connection, of which the server hears nothing.
        _ = try await plant.failure()
        #expect(plant.server.counters.openConnections == 1)
        try await plant.namespaces.setCut(false)
        _ = try #require(await plant.recovered())
        try await plant.namespaces.setCut(true)
        // One second of silence, then two probes.
        let time = try #require(await plant.connections(0))
        #expect(time < .seconds(15))
        try await plant.end()
    }

    @Test(
        "Modbus checklist 12.14: answers that are not acknowledged end the connection in time",
        .enabled(if: canRun, obstacle)
    )
    func unacknowledged() async throws {
        let plant = try await Plant {
            // Only the limit of what is sent can end it.
            $0.keepAlive.idle = .seconds(3600)
        }
        let (reads, read) = AsyncStream.makeStream(of: PendingReply.self)
        let settings: ModbusServerConfiguration = {
            var settings = ModbusServerConfiguration(host: NetworkNamespaces.End.server.address, port: 0)
            settings.keepAlive.idle = .seconds(3600)
            settings.keepAlive.unacknowledgedLimit = .seconds(2)
            return settings
        }()
        let loop = plant.groups[0]
        let server = try await Task(executorPreference: EventLoopTaskExecutor(loop.any())) {
            try await ModbusServer.start(settings, responder: Waiter(asked: { read.yield($0) }), group: loop)
        }.value
        var options = ModbusClientConfiguration(host: NetworkNamespaces.End.server.address, port: server.port)
        options.requestTimeout = .seconds(60)
        let client = ModbusClient(options, group: plant.groups[1])
        let call = Task { try await client.readHoldingRegisters(address: 0, count: 1, unit: 1) }
        var iterator = reads.makeAsyncIterator()
        let reply = try #require(await iterator.next())
        try await plant.namespaces.setCut(true)
        reply.answer(.readHoldingRegisters([7]))
        let start = ContinuousClock.now
        while server.counters.openConnections > 0, ContinuousClock.now - start < Self.patience {
            _ = try await loop.any().scheduleTask(in: .milliseconds(20)) {}.futureResult.get()
        }
        #expect(server.counters.openConnections == 0)
        #expect(ContinuousClock.now - start < .seconds(15))
        call.cancel()
        _ = await call.result
        await client.close()
        await server.stop()
        try await plant.end()
    }

    /// Hands each reply to the test.
    private struct Waiter: ModbusResponder {
        let asked: @Sendable (PendingReply) -> Void

        func respond(to request: Request, unit: UInt8) -> ServerReply {
            let reply = PendingReply()
            asked(reply)
            return .pending(reply)
        }
    }
}
