// SPDX-License-Identifier: Apache-2.0

import Modbus
import NIOCore
import NIOPosix
import Synchronization
import Testing

@testable import ModbusNIO

@Suite("Server: sockets", .timeLimit(.minutes(1)))
struct ServerSocketTests {
    /// Keeps the channel of the first connection that a server accepts.
    private static func accepting(
        _ adjust: (inout ModbusServerConfiguration) -> Void = { _ in }
    ) async throws -> (ModbusServer, any Channel, RawConnection) {
        var configuration = ModbusServerConfiguration(port: 0)
        adjust(&configuration)
        let (channels, channel) = AsyncStream.makeStream(of: (any Channel).self)
        configuration.security = ServerSecurity(handshakeTimeLimit: .seconds(30)) { accepted in
            channel.yield(accepted)
        } authorise: { _, _, _ in
            true
        }
        let server = try await ModbusServer.start(configuration, responder: Registers())
        let connection = try await RawConnection.connect(port: server.port)
        var iterator = channels.makeAsyncIterator()
        return (server, try #require(await iterator.next()), connection)
    }

    private static func option(
        _ channel: any Channel,
        _ level: NIOBSDSocket.OptionLevel,
        _ number: CInt
    ) async throws
        -> Int
    {
        try await channel.getOption(
            ChannelOptions.Types.SocketOption(level: level, name: NIOBSDSocket.Option(rawValue: number))
        ).get()
    }

    @Test("Modbus checklist 12.9, 12.10, 12.14: accepted connections have no delay, keep-alive, and a time limit")
    func defaults() async throws {
        let (server, channel, connection) = try await Self.accepting()
        #expect(try await channel.getOption(.tcpOption(.tcp_nodelay)).get() != 0)
        #expect(try await channel.getOption(.socketOption(.so_keepalive)).get() != 0)
        #if os(Linux)
        // By their numbers in <linux/tcp.h>: idle time, interval, count, and milliseconds without acknowledgement.
        for (number, value) in [(4, 30), (5, 10), (6, 3), (18, 15_000)] as [(CInt, Int)] {
            #expect(try await Self.option(channel, .tcp, number) == value, "option \(number)")
        }
        #endif
        await connection.close()
        await server.stop()
    }

    @Test("Modbus checklist 12.10, 12.12, 12.14: keep-alive, its limit and the buffers are settings")
    func settings() async throws {
        let (server, channel, connection) = try await Self.accepting {
            $0.keepAlive.idle = .seconds(7)
            $0.keepAlive.interval = .milliseconds(10)
            $0.keepAlive.count = 0
            $0.keepAlive.unacknowledgedLimit = .milliseconds(2500)
            $0.receiveBufferSize = 8192
            $0.sendBufferSize = 16384
        }
        #if os(Linux)
        for (number, value) in [(4, 7), (5, 1), (6, 1), (18, 2500)] as [(CInt, Int)] {
            #expect(try await Self.option(channel, .tcp, number) == value, "option \(number)")
        }
        // The system doubles what is asked for, to have room for its own.
        #expect(try await channel.getOption(.socketOption(.so_rcvbuf)).get() == 16384)
        #expect(try await channel.getOption(.socketOption(.so_sndbuf)).get() == 32768)
        #endif
        await connection.close()
        await server.stop()
    }

    @Test("Modbus checklist 12.11: a port can be bound again while connections of the last server linger")
    func addressReuse() async throws {
        var configuration = ModbusServerConfiguration(port: 0)
        for _ in 0..<3 {
            let server = try await ModbusServer.start(configuration, responder: Registers(holding: [1]))
            configuration.port = server.port
            let connection = try await RawConnection.connect(port: server.port)
            try await connection.send(wire(1, [3, 0, 0, 0, 1]))
            #expect(await connection.receive(11) == wire(1, [3, 2, 0, 1]))
            // The server closes first, so its side keeps the port for a while.
            await server.stop()
            await connection.ended()
        }
    }

    @Test("Modbus checklist 12.13: so many connections may wait to be accepted", .enabled(if: isLinux))
    func backlog() async throws {
        // Ready to accept only once all of them are there.
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        var configuration = ModbusServerConfiguration(port: 0)
        #expect(configuration.backlog >= 128)
        configuration.maximumConnections = 200
        let server = try await ModbusServer.start(configuration, responder: Registers(holding: [1]), group: group)
        let isHeld = Atomic(false)
        let released = Atomic(false)
        group.any().execute {
            isHeld.store(true, ordering: .releasing)
            while !released.load(ordering: .acquiring) {}
        }
        while !isHeld.load(ordering: .acquiring) { await Task.yield() }
        var connections: [RawConnection] = []
        for _ in 0..<120 { connections.append(try await .connect(port: server.port)) }
        released.store(true, ordering: .releasing)
        for connection in connections {
            try await connection.send(wire(1, [3, 0, 0, 0, 1]))
            #expect(await connection.receive(11) == wire(1, [3, 2, 0, 1]))
        }
        await server.stop()
        try await group.shutdownGracefully()
    }

    private static var isLinux: Bool {
        #if os(Linux)
        true
        #else
        false
        #endif
    }

    @Test("Modbus checklist 12.19: stopping does not wait for a peer that is still in its handshake")
    func stopDuringHandshake() async throws {
        let (server, channel, connection) = try await Self.accepting { $0.stopTimeLimit = .seconds(50) }
        #expect(channel.isActive || server.counters.openConnections == 1)
        await server.stop()
        await connection.ended()
        #expect(server.counters.openConnections == 0)
    }

    @Test("A connection is served wherever its event loop is: many loops, answers between them")
    func loops() async throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 4)
        let desk = Desk()
        var configuration = ModbusServerConfiguration(port: 0)
        configuration.maximumConnections = 64
        let server = try await ModbusServer.start(configuration, responder: desk, group: group)
        var connections: [RawConnection] = []
        for number in 0..<16 as Range<UInt16> {
            let connection = try await RawConnection.connect(port: server.port)
            try await connection.send(Desk.ask(number))
            connections.append(connection)
        }
        while desk.asked.count < 16 { await Task.yield() }
        // All from one event loop, whichever theirs is.
        group.any().execute { for number in 0..<16 as Range<UInt16> { desk.answer(number) } }
        for (number, connection) in connections.enumerated() {
            #expect(await connection.receive(11) == Desk.answered(UInt16(number)))
            await connection.close()
        }
        await server.stop()
        #expect(server.counters.openConnections == 0)
        try await group.shutdownGracefully()
    }
}
