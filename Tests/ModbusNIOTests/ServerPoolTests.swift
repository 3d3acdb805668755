// SPDX-License-Identifier: Apache-2.0

import Modbus
import NIOCore
import NIOPosix
import Synchronization
import Testing

@testable import ModbusNIO

@Suite("Server: who may connect", .timeLimit(.minutes(1)))
struct ServerPoolTests {
    private let read = wire(7, unit: 5, [3, 0, 1, 0, 2])
    private let answer = wire(7, unit: 5, [3, 4, 0, 11, 0, 12])

    private final class Events: Sendable {
        private let events = Mutex<[ServerEvent]>([])
        var all: [ServerEvent] { events.withLock { $0 } }
        func add(_ event: ServerEvent) { events.withLock { $0.append(event) } }
    }

    private let events = Events()

    private func serve(_ adjust: (inout ModbusServerConfiguration) throws -> Void) async throws -> ModbusServer {
        var configuration = ModbusServerConfiguration(port: 0)
        let events = events
        configuration.onEvent = { events.add($0) }
        try adjust(&configuration)
        return try await ModbusServer.start(configuration, responder: Registers(holding: [10, 11, 12]))
    }

    private func expectServed(_ connection: RawConnection, _ line: Int = #line) async throws {
        try await connection.send(read)
        #expect(await connection.receive(answer.count) == answer, "line \(line)")
    }

    /// The server's counters tell that it was refused; the client may not even get as far as reading.
    private func expectRefused(_ server: ModbusServer, from source: String) async {
        guard let connection = try? await RawConnection.connect(port: server.port, from: source) else { return }
        await connection.ended()
    }

    private func prefix(_ text: String) throws -> AddressPrefix { try #require(AddressPrefix(text)) }

    @Test("Modbus checklist 12.4: connections of priority peers take no ordinary place and never give way")
    func priority() async throws {
        let server = try await serve {
            $0.maximumConnections = 1
            $0.priorityPeers = [PriorityPeers(try prefix("127.0.1.0/24"), maximumConnections: 2)]
        }
        var marked: [RawConnection] = []
        for source in ["127.0.1.1", "127.0.1.1", "127.0.1.2"] {
            marked.append(try await .connect(port: server.port, from: source))
            try await expectServed(try #require(marked.last))
        }
        let first = try await RawConnection.connect(port: server.port, from: "127.0.0.5")
        try await expectServed(first)
        let second = try await RawConnection.connect(port: server.port, from: "127.0.0.6")
        try await expectServed(second)
        await first.ended()
        for connection in marked { try await expectServed(connection) }
        #expect(server.counters.evictions == 1)
        #expect(server.counters.openConnections == 4)
        #expect(events.all == [.evicted(address: "127.0.0.5")])
        await server.stop()
    }

    @Test("Modbus checklist 12.6: a priority peer over its own maximum is refused; another address is not")
    func ownMaximum() async throws {
        let server = try await serve {
            $0.priorityPeers = [PriorityPeers(try prefix("127.0.1.0/24"), maximumConnections: 2)]
        }
        let kept = [
            try await RawConnection.connect(port: server.port, from: "127.0.1.1"),
            try await RawConnection.connect(port: server.port, from: "127.0.1.1"),
        ]
        for connection in kept { try await expectServed(connection) }
        for _ in 0..<3 {
            await expectRefused(server, from: "127.0.1.1")
        }
        try await expectServed(try await .connect(port: server.port, from: "127.0.1.2"))
        for connection in kept { try await expectServed(connection) }
        #expect(server.counters.refusedConnections == 3)
        #expect(events.all == [.refused(address: "127.0.1.1", .tooManyConnections(limit: 2))], "told once")
        await kept[0].close()
        // A place that is free again is used; the server may hear of it a moment later.
        var isServed = false
        while !isServed {
            guard let connection = try? await RawConnection.connect(port: server.port, from: "127.0.1.1") else {
                continue
            }
            // Sending to one that was refused may fail.
            _ = try? await connection.send(read)
            isServed = await connection.receive(answer.count) == answer
        }
        await server.stop()
    }

    @Test("Modbus checklist 12.15: with one connection for each client, a restarted one gets in and the old one ends")
    func restarted() async throws {
        let server = try await serve {
            $0.priorityPeers = [PriorityPeers(try prefix("127.0.1.0/24"), maximumConnections: 1)]
        }
        let other = try await RawConnection.connect(port: server.port, from: "127.0.1.2")
        let old = try await RawConnection.connect(port: server.port, from: "127.0.1.1")
        try await expectServed(old)
        let new = try await RawConnection.connect(port: server.port, from: "127.0.1.1")
        try await expectServed(new)
        await old.ended()
        try await expectServed(other)
        #expect(server.counters.refusedConnections == 0)
        #expect(server.counters.evictions == 1)
        await server.stop()
    }

    @Test("Modbus checklist 12.7: addresses that are not allowed are closed, counted, and told once each")
    func accessList() async throws {
        let server = try await serve {
            var list = AccessList()
            list.deny(try prefix("127.0.0.66"))
            list.allow(try prefix("127.0.0.0/24"))
            $0.accessList = list
        }
        for source in ["127.0.0.66", "127.0.2.1", "127.0.2.1"] {
            await expectRefused(server, from: source)
        }
        try await expectServed(try await .connect(port: server.port, from: "127.0.0.65"))
        #expect(server.counters.deniedConnections == 3)
        #expect(server.counters.connections == 1)
        #expect(
            events.all == [.refused(address: "127.0.0.66", .denied), .refused(address: "127.0.2.1", .denied)]
        )
        await server.stop()
    }

    @Test("Modbus checklist 12.8: the list is asked before a place is taken and before any handshake")
    func listBeforePlaces() async throws {
        let prepared = Atomic(0)
        let server = try await serve {
            var list = AccessList()
            list.allow(try prefix("127.0.0.1"))
            $0.accessList = list
            $0.maximumConnections = 1
            $0.security = ServerSecurity(handshakeTimeLimit: .seconds(30)) { _ in
                prepared.add(1, ordering: .relaxed)
            } authorise: { _, _, _ in
                true
            }
        }
        let allowed = try await RawConnection.connect(port: server.port)
        await expectRefused(server, from: "127.0.2.1")
        #expect(prepared.load(ordering: .relaxed) == 1)
        #expect(server.counters.openConnections == 1)
        #expect(server.counters.evictions == 0)
        await allowed.close()
        await server.stop()
    }

    @Test("Modbus checklist 12.8: on a socket for both, an IPv4 peer is seen as IPv4", .enabled(if: hasIPv6))
    func mapped() async throws {
        let server = try await serve {
            $0.host = "::"
            var list = AccessList()
            list.allow(try prefix("127.0.0.1"))
            list.allow(try prefix("::1"))
            $0.accessList = list
        }
        try await expectServed(try await .connect(port: server.port))
        try await expectServed(try await .connect(host: "::1", port: server.port))
        await expectRefused(server, from: "127.0.2.1")
        #expect(server.counters.deniedConnections == 1)
        await server.stop()
    }

    private static var hasIPv6: Bool {
        let channel = try? ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton).bind(host: "::1", port: 0)
            .wait()
        channel?.close(promise: nil)
        return channel != nil
    }

    @Test("Modbus checklist 12.5: a connection with a request in work does not give way to a new one")
    func work() async throws {
        let desk = Desk()
        var configuration = ModbusServerConfiguration(port: 0)
        configuration.maximumConnections = 2
        let server = try await ModbusServer.start(configuration, responder: desk)
        let busy = try await RawConnection.connect(port: server.port)
        try await busy.send(Desk.ask(1))
        while desk.asked.isEmpty { await Task.yield() }
        let status = wire(1, [7])
        var newest: RawConnection?
        for _ in 0..<3 {
            let connection = try await RawConnection.connect(port: server.port)
            try await connection.send(status)
            #expect(await connection.receive(9) == wire(1, [7, 1]))
            await newest?.ended()
            newest = connection
        }
        desk.answer(1)
        #expect(await busy.receive(11) == Desk.answered(1))
        #expect(server.counters.evictions == 2)
        await server.stop()
    }

    @Test("Modbus checklist 18.1: connections that come and go, or are reset, leave no entry and are all told apart")
    func comingAndGoing() async throws {
        let server = try await serve { $0.maximumConnections = 64 }
        await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<8 {
                group.addTask {
                    for round in 0..<40 {
                        let connection = try await RawConnection.connect(port: server.port)
                        switch (number + round) % 4 {
                        case 0: try await expectServed(connection)
                        case 1: try await connection.send(Array(read.prefix(5)))
                        case 2: try await connection.send(Array(repeating: read, count: 50).flatMap { $0 })
                        default: break
                        }
                        if round % 3 == 0 { try await connection.reset() } else { await connection.close() }
                    }
                }
            }
        }
        while server.counters.connections < 320 || server.counters.openConnections > 0 { await Task.yield() }
        #expect(server.counters.connections == 320)
        try await expectServed(try await .connect(port: server.port))
        await server.stop()
    }
}
