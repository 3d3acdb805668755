// SPDX-License-Identifier: Apache-2.0

import Modbus
import NIOCore
import NIOEmbedded
import Testing

@testable import ModbusNIO

@Suite("Server: reading that pauses, answers that wait, connections that end", .timeLimit(.minutes(1)))
struct ServerPauseTests {
    private let desk = Desk()

    private func pausing(_ maximum: Int = 2) -> ServerBench {
        ServerBench(desk) {
            $0.pausesWhenBusy = true
            $0.maximumInWork = maximum
        }
    }

    @Test("Modbus checklist 4.5: told to pause, the server answers nobody busy and serves all, in order")
    func pause() throws {
        let bench = pausing()
        let reads = ReadCounter()
        let channel = try bench.connect(reads)
        let before = reads.count
        try channel.receive((1...5).flatMap(Desk.ask) + Desk.ask(6).prefix(7))
        #expect(desk.asked == [1, 2])
        #expect(reads.count == before, "nothing is read meanwhile")
        // However long that takes: what waits for room is no slow frame.
        channel.embeddedEventLoop.advanceTime(by: .seconds(30))
        for address in 1...5 as ClosedRange<UInt16> {
            desk.answer(address)
            channel.embeddedEventLoop.run()
            #expect(try channel.answers() == [Desk.answered(address)])
            #expect(desk.asked == Array(1...min(address + 2, 5)))
        }
        #expect(reads.count > before)
        try channel.receive(Array(Desk.ask(6).dropFirst(7)))
        #expect(desk.asked.last == 6)
        #expect(bench.registry.counters.busyAnswers == 0)
        #expect(bench.registry.counters.slowFrames == 0)
    }

    @Test("Modbus checklist 4.5, 12.16: a peer that has closed its side is answered all it asked", arguments: 1...3)
    func halfClosed(maximum: Int) throws {
        let bench = pausing(maximum)
        let channel = try bench.connect()
        try channel.receive((1...3).flatMap(Desk.ask))
        // As the channel does at a FIN: all that has come, and then the event.
        try channel.receive((4...7).flatMap(Desk.ask))
        channel.pipeline.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
        var answers: [[UInt8]] = []
        for _ in 0..<10 where channel.isActive {
            // Backwards, so that several may leave at once.
            for address in desk.asked.reversed() { desk.answer(address) }
            channel.embeddedEventLoop.run()
            answers += try channel.answers().filter { !$0.isEmpty }
        }
        #expect(answers == (1...7).map(Desk.answered))
        #expect(!channel.isActive)
        #expect(bench.registry.inWork == 0)
    }

    @Test("Modbus checklist 12.16: the same between real sockets")
    func halfClosedSocket() async throws {
        var configuration = ModbusServerConfiguration(port: 0)
        configuration.pausesWhenBusy = true
        configuration.maximumInWork = 1
        let server = try await ModbusServer.start(
            configuration,
            responder: Registers { _, _ in .later(.milliseconds(2), .readHoldingRegisters([7])) }
        )
        let connection = try await RawConnection.connect(port: server.port)
        try await connection.send((1...20).flatMap(Desk.ask))
        try await connection.closeOutput()
        let expected = (1...20).flatMap { wire($0, [3, 2, 0, 7]) }
        #expect(await connection.receive(expected.count + 1) == expected, "and then the server closes")
        await server.stop()
    }

    @Test("Modbus checklist 12.19: a stopping server answers what it took and leaves what waits for room")
    func stopping() throws {
        let bench = pausing(1)
        let channel = try bench.connect()
        try channel.receive((1...3).flatMap(Desk.ask))
        channel.pipeline.fireUserInboundEventTriggered(ConnectionDrain())
        #expect(channel.isActive)
        desk.answer(1)
        channel.embeddedEventLoop.run()
        #expect(try channel.answers().filter { !$0.isEmpty } == [Desk.answered(1)])
        #expect(!channel.isActive)
        #expect(desk.asked == [1])
        #expect(bench.registry.inWork == 0)
    }

    @Test("Modbus checklist 12.19: draining ends at the time limit of an answer")
    func drainingWithoutAnswer() throws {
        let bench = ServerBench(desk) { $0.answerTimeLimit = .seconds(3) }
        let channel = try bench.connect()
        try channel.receive(Desk.ask(1))
        channel.pipeline.fireUserInboundEventTriggered(ConnectionDrain())
        channel.embeddedEventLoop.advanceTime(by: .seconds(3))
        #expect(try channel.answers().first == Desk.refused(1, 4))
        #expect(!channel.isActive)
    }

    @Test("Modbus checklist 12.17: a peer that has not read for a while is closed, however little waits for it")
    func littleWaits() throws {
        let bench = ServerBench(Registers(holding: [1])) { $0.outputTimeLimit = .seconds(10) }
        let dam = Dam()
        let channel = try bench.connect(dam)
        try channel.receive(Desk.ask(0))
        channel.embeddedEventLoop.advanceTime(by: .seconds(9))
        #expect(channel.isActive)
        channel.embeddedEventLoop.advanceTime(by: .seconds(1))
        #expect(!channel.isActive)
        #expect(bench.registry.counters.slowReaders == 1)
    }

    @Test("Modbus checklist 12.17: a peer that reads slowly has its time anew with each answer it takes")
    func slowButReading() throws {
        let bench = ServerBench(Registers(holding: [1])) { $0.outputTimeLimit = .seconds(10) }
        let dam = Dam()
        let channel = try bench.connect(dam)
        for _ in 0..<5 { try channel.receive(Desk.ask(0)) }
        for _ in 0..<4 {
            channel.embeddedEventLoop.advanceTime(by: .seconds(9))
            dam.pass(1)
        }
        #expect(channel.isActive)
        dam.pass(1)
        channel.embeddedEventLoop.advanceTime(by: .hours(1))
        #expect(channel.isActive, "nothing waits any more")
        #expect(try channel.answers().count == 5)
    }

    @Test("Modbus checklist 4.11: when sending finds that the connection has ended, the rest of a read takes no place")
    func endsWhileServing() throws {
        let bench = ServerBench(desk) { $0.coalescesAnswers = false }
        let channel = try bench.connect(Breaking())
        try channel.receive(wire(1, [7]) + Desk.ask(2) + wire(3, [7]) + Desk.ask(4))
        #expect(!channel.isActive)
        channel.embeddedEventLoop.run()
        #expect(desk.asked.isEmpty)
        #expect(bench.registry.inWork == 0)
        #expect(bench.registry.counters.openConnections == 0)
    }

    @Test("Modbus checklist 4.6: the same where an answer in work is sent")
    func endsWhileAnswering() throws {
        let bench = ServerBench(desk) {
            $0.coalescesAnswers = false
            $0.pausesWhenBusy = true
            $0.maximumInWork = 2
        }
        let channel = try bench.connect(Breaking())
        try channel.receive((1...4).flatMap(Desk.ask))
        desk.answer(2)
        desk.answer(1)
        channel.embeddedEventLoop.run()
        #expect(!channel.isActive)
        #expect(desk.asked == [1, 2])
        #expect(bench.registry.inWork == 0)
    }

    @Test(
        "Modbus checklist 3.3, 3.5: answers of one read leave in one write, or each in its own",
        arguments: [true, false]
    )
    func writes(together: Bool) throws {
        let bench = ServerBench(Registers(holding: [1, 2, 3])) { $0.coalescesAnswers = together }
        let channel = try bench.connect()
        let request = { (number: UInt16) in wire(number, [3, 0, 0, 0, 3]) }
        let answers = (1...8 as ClosedRange<UInt16>).map { wire($0, [3, 6, 0, 1, 0, 2, 0, 3]) }
        try channel.receive((1...8 as ClosedRange<UInt16>).flatMap(request))
        #expect(try channel.writes() == (together ? [answers.flatMap { $0 }] : answers))
        try channel.receive(request(1))
        try channel.receive(request(2))
        #expect(try channel.writes() == Array(answers.prefix(2)), "what came apart is answered apart")
    }

    @Test("Modbus checklist 3.3: the same for answers that were in work", arguments: [true, false])
    func laterWrites(together: Bool) throws {
        let bench = ServerBench(desk) { $0.coalescesAnswers = together }
        let channel = try bench.connect()
        try channel.receive((1...3).flatMap(Desk.ask))
        for address in [3, 2, 1] as [UInt16] { desk.answer(address) }
        channel.embeddedEventLoop.run()
        let answers = (1...3).map(Desk.answered)
        #expect(try channel.writes() == (together ? [answers.flatMap { $0 }] : answers))
    }

    @Test("Modbus checklist 9.18: an answer in bytes that is too long for a PDU becomes exception 4")
    func tooLong() throws {
        let bench = ServerBench(Verbose())
        let channel = try bench.connect()
        try channel.receive(wire(1, [3, 0, 0, 0, 253]) + wire(2, [3, 0, 0, 0, 254]) + wire(3, [3, 0, 0, 0, 0]))
        let longest = wire(1, Array(repeating: 3, count: 253))
        #expect(try channel.answers() == [longest, wire(2, [0x83, 4])], "and nothing is no answer")
    }

    /// Answers as many bytes as are asked for.
    private struct Verbose: ModbusResponder {
        func respond(to request: Request, unit: UInt8) -> ServerReply { .silence }

        func answer(_ pdu: Span<UInt8>, unit: UInt8, into bytes: inout [UInt8]) -> Bool {
            bytes.append(contentsOf: Array(repeating: 3, count: Int(pdu[4])))
            return true
        }
    }
}

/// A socket whose peer is gone: the first write finds it.
private final class Breaking: ChannelOutboundHandler {
    typealias OutboundIn = ByteBuffer

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        promise?.fail(ChannelError.ioOnClosedChannel)
        context.close(promise: nil)
    }
}
