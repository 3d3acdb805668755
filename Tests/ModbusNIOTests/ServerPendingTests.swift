// SPDX-License-Identifier: Apache-2.0

import Modbus
import NIOCore
import NIOEmbedded
import Testing

@testable import ModbusNIO

@Suite("Server: requests that take time", .timeLimit(.minutes(1)))
struct ServerPendingTests {
    private let desk = Desk()

    private func bench(_ adjust: (inout ModbusServerConfiguration) -> Void = { _ in }) -> ServerBench {
        ServerBench(desk, adjust)
    }

    @Test("Modbus checklist 4.3, 4.6: several requests are in work at once; each answer has its own transaction")
    func several() throws {
        let bench = bench { $0.answersInOrder = false }
        let channel = try bench.connect()
        try channel.receive([1, 2, 3].flatMap(Desk.ask))
        #expect(desk.asked == [1, 2, 3])
        #expect(bench.registry.inWork == 3)
        for address in [3, 1, 2] as [UInt16] {
            desk.answer(address)
            channel.embeddedEventLoop.run()
            #expect(try channel.answers() == [Desk.answered(address)])
        }
        #expect(bench.registry.inWork == 0)
    }

    @Test("Modbus checklist 4.12: answers wait for earlier ones, those given at once too")
    func order() throws {
        let bench = bench()
        let channel = try bench.connect()
        let status = wire(9, [7])
        try channel.receive(Desk.ask(1) + status + Desk.ask(2))
        desk.answer(2)
        channel.embeddedEventLoop.run()
        #expect(try channel.answers().isEmpty)
        #expect(bench.registry.inWork == 3, "what waits behind others takes a place too")
        desk.answer(1)
        channel.embeddedEventLoop.run()
        #expect(try channel.answers() == [Desk.answered(1), wire(9, [7, 1]), Desk.answered(2)])
        #expect(bench.registry.inWork == 0)
    }

    @Test("Modbus checklist 4.3, 4.4: beyond a connection's limit a request is answered busy, whatever it asks")
    func busy() throws {
        let bench = bench { $0.maximumInWork = 2 }
        let channel = try bench.connect()
        let other = try bench.connect()
        let unknown = wire(4, [99])
        try channel.receive([1, 2, 3].flatMap(Desk.ask) + unknown)
        #expect(try channel.answers() == [Desk.refused(3, 6), wire(4, [99 + 0x80, 6])])
        #expect(desk.asked == [1, 2], "a responder does not see what is refused")
        try other.receive(Desk.ask(5))
        #expect(try other.answers().isEmpty, "the limit is each connection's own")
        #expect(bench.registry.counters.busyAnswers == 2)
        desk.answer(1)
        channel.embeddedEventLoop.run()
        #expect(try channel.answers() == [Desk.answered(1)])
        try channel.receive(Desk.ask(6))
        #expect(desk.asked.last == 6, "a place that is free again is used")
    }

    @Test("Modbus checklist 4.5: a limit holds for all connections together, and its places come back")
    func total() throws {
        let bench = bench {
            $0.maximumInWork = 16
            $0.maximumInWorkTotal = 3
        }
        let channels = try (0..<2).map { _ in try bench.connect() }
        try channels[0].receive([1, 2].flatMap(Desk.ask))
        try channels[1].receive([3, 4].flatMap(Desk.ask))
        #expect(try channels[1].answers() == [Desk.refused(4, 6)])
        #expect(desk.abandoned == [4], "who works on it is told")
        #expect(bench.registry.inWork == 3)
        try channels[0].close().wait()
        #expect(bench.registry.inWork == 1, "a connection that ends gives its places back")
        try channels[1].receive([5, 6, 7].flatMap(Desk.ask))
        #expect(try channels[1].answers() == [Desk.refused(7, 6)])
        for address in [3, 5, 6] as [UInt16] { desk.answer(address) }
        channels[1].embeddedEventLoop.run()
        #expect(try channels[1].answers().count == 3)
        #expect(bench.registry.inWork == 0)
    }

    @Test("Modbus checklist 4.11: when the connection is gone, its requests are told and late answers are dropped")
    func gone() throws {
        let bench = bench()
        let channel = try bench.connect()
        try channel.receive([1, 2].flatMap(Desk.ask))
        try channel.close().wait()
        #expect(desk.abandoned == [1, 2])
        #expect(desk.reply(1)?.isOpen == false)
        desk.answer(1)
        channel.embeddedEventLoop.run()
        #expect(try channel.answers().isEmpty)
        #expect(bench.registry.inWork == 0)
        #expect(bench.registry.counters.openConnections == 0)
    }

    @Test("Modbus checklist 9.18: a request that takes too long is answered 4, once, and its place is free")
    func tooLate() throws {
        let bench = bench { $0.answerTimeLimit = .seconds(2) }
        let channel = try bench.connect()
        try channel.receive(Desk.ask(1))
        channel.embeddedEventLoop.advanceTime(by: .seconds(1))
        try channel.receive(Desk.ask(2))
        channel.embeddedEventLoop.advanceTime(by: .milliseconds(999))
        #expect(try channel.answers().isEmpty)
        channel.embeddedEventLoop.advanceTime(by: .milliseconds(1))
        #expect(try channel.answers() == [Desk.refused(1, 4)])
        #expect(desk.abandoned == [1])
        desk.answer(1)
        desk.answer(2)
        channel.embeddedEventLoop.run()
        #expect(try channel.answers() == [Desk.answered(2)])
        #expect(bench.registry.counters.lateAnswers == 1)
        #expect(bench.registry.inWork == 0)
    }

    @Test("Modbus checklist 9.18: the limit holds for delayed answers too, and nothing comes after it")
    func delayedTooLong() throws {
        let bench = ServerBench(
            Registers { _, _ in .later(.seconds(3), .readHoldingRegisters([1])) }
        ) { $0.answerTimeLimit = .seconds(2) }
        let channel = try bench.connect()
        try channel.receive(Desk.ask(1))
        channel.embeddedEventLoop.advanceTime(by: .seconds(2))
        #expect(try channel.answers() == [Desk.refused(1, 4)])
        channel.embeddedEventLoop.advanceTime(by: .hours(1))
        #expect(try channel.answers().isEmpty)
    }

    @Test("Modbus checklist 4.11, 18.1: a connection that ends leaves nothing behind, whatever its answers wait for")
    func nothingIsKept() throws {
        let bench = ServerBench(Registers { _, _ in .later(.seconds(3600), .readHoldingRegisters([1])) })
        weak var handler: ServerConnectionHandler?
        let loop: EmbeddedEventLoop
        do {
            let channel = try bench.connect()
            loop = channel.embeddedEventLoop
            handler = try channel.pipeline.syncOperations.handler(type: ServerConnectionHandler.self)
            try channel.receive(Desk.ask(1) + Desk.ask(2).prefix(5))
            try channel.close().wait()
            loop.run()
        }
        #expect(handler == nil, "an hour before the answer would have come")
        loop.run()
    }

    @Test("An answer that is there before it is awaited, and a second one")
    func earlyAnswer() throws {
        let bench = ServerBench(
            Registers { _, _ in
                let reply = PendingReply()
                reply.answer(.readHoldingRegisters([1]))
                reply.answer(.readHoldingRegisters([2]))
                return .pending(reply)
            }
        )
        let channel = try bench.connect()
        try channel.receive(Desk.ask(7))
        channel.embeddedEventLoop.run()
        #expect(try channel.answers() == [wire(7, [3, 2, 0, 1])])
    }

    @Test("Modbus checklist 12.5, 12.20: a connection with work is not idle, and has its whole time after the answer")
    func idle() throws {
        let bench = bench { $0.idleLimit = .seconds(10) }
        let channel = try bench.connect()
        try channel.receive(Desk.ask(1))
        channel.embeddedEventLoop.advanceTime(by: .seconds(15))
        desk.answer(1)
        channel.embeddedEventLoop.run()
        #expect(try channel.answers() == [Desk.answered(1)])
        channel.embeddedEventLoop.advanceTime(by: .seconds(4))
        #expect(channel.isActive)
        channel.embeddedEventLoop.advanceTime(by: .seconds(16))
        #expect(!channel.isActive, "and the limit is not forgotten")
    }

    @Test("Modbus checklist 12.20: bytes that are no request do not keep a connection")
    func noise() throws {
        let bench = bench { $0.idleLimit = .seconds(10) }
        let channel = try bench.connect()
        for _ in 0..<9 where channel.isActive {
            try channel.receive(wire(1, protocolIdentifier: 9, [1, 2, 3]))
            channel.embeddedEventLoop.advanceTime(by: .milliseconds(1200))
        }
        #expect(!channel.isActive)
    }

    @Test("Answers from many threads at once each reach their request")
    func threads() async throws {
        let server = try await ModbusServer.start(ModbusServerConfiguration(port: 0), responder: Clerk())
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    let connection = try await RawConnection.connect(port: server.port)
                    for round in 0..<40 as Range<UInt16> {
                        let addresses = (0..<10).map { round * 10 + $0 }
                        try await connection.send(addresses.flatMap(Desk.ask))
                        let expected = addresses.flatMap(Desk.answered)
                        #expect(await connection.receive(expected.count) == expected)
                    }
                    await connection.close()
                }
            }
            try await group.waitForAll()
        }
        #expect(server.counters.requests == 3200)
        #expect(server.counters.busyAnswers == 0)
        await server.stop()
    }

    /// Answers each request from a task of its own.
    private struct Clerk: ModbusResponder {
        func respond(to request: Request, unit: UInt8) -> ServerReply {
            guard case .readHoldingRegisters(let address, _) = request else { return .silence }
            let reply = PendingReply()
            // Ends with its one answer.
            Task.detached { reply.answer(.readHoldingRegisters([address])) }
            return .pending(reply)
        }
    }
}
