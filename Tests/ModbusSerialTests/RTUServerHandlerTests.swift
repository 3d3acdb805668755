// SPDX-License-Identifier: Apache-2.0

import Modbus
import ModbusNIO
import NIOCore
import NIOEmbedded
import Testing

@testable import ModbusSerial

@Suite("The server's end of a line")
struct RTUServerHandlerTests {
    /// A handler with a clock that is moved by hand.
    private final class Bench {
        let channel: EmbeddedChannel
        let units = TestUnits()
        let counters = LineCounters()

        init(_ served: Set<UInt8> = [5, 6], responder: (any ModbusResponder)? = nil) throws {
            let configuration = RTUServerConfiguration(port: SerialConfiguration(path: "line"), units: served)
            channel = EmbeddedChannel()
            let handler = RTUServerHandler(
                configuration,
                responder: responder ?? units,
                counters: counters,
                channel: channel
            )
            try channel.pipeline.syncOperations.addHandler(handler)
        }

        /// Sends bytes and waits longer than any silence; gives what is answered.
        func answer(to bytes: [UInt8], after pause: TimeAmount = .milliseconds(100)) throws -> [UInt8]? {
            try channel.writeInbound(ByteBuffer(bytes: bytes))
            channel.embeddedEventLoop.advanceTime(by: pause)
            return try channel.readOutbound(as: ByteBuffer.self).map { Array($0.readableBytesView) }
        }
    }

    private let read: [UInt8] = [3, 0, 1, 0, 2]

    @Test("Modbus checklist 10.6: an answer leaves t3.5 after the last byte, not before")
    func pause() throws {
        let bench = try Bench()
        let answer = Line.frame(5, [3, 4, 0, 1, 0, 2])
        // 19200 bit/s: 2005 us.
        #expect(try bench.answer(to: Line.frame(5, read), after: .microseconds(2005)) == nil)
        bench.channel.embeddedEventLoop.advanceTime(by: .microseconds(1))
        #expect(try bench.channel.readOutbound(as: ByteBuffer.self) == ByteBuffer(bytes: answer))
    }

    @Test("Modbus checklist 10.12: each of the server's units answers, and no other")
    func units() throws {
        let bench = try Bench([5, 6, 0, 248])
        for unit in UInt8.min ... .max {
            let answer = try bench.answer(to: Line.frame(unit, read))
            #expect(answer == (unit == 5 || unit == 6 ? Line.frame(unit, [3, 4, 0, 1, 0, 2]) : nil))
        }
        #expect(bench.counters.values.busMessages == 256)
        #expect(bench.counters.values.serverMessages == 3)
    }

    @Test("Modbus checklist 10.13: a broadcast write is carried out by all units and not answered; a read is ignored")
    func broadcast() throws {
        let bench = try Bench()
        #expect(try bench.answer(to: Line.frame(0, [6, 0, 1, 0, 9])) == nil)
        #expect(try bench.answer(to: Line.frame(0, read)) == nil)
        #expect(bench.units.asked.map(\.unit) == [5, 6])
        #expect(bench.counters.values.serverMessages == 2)
        #expect(bench.counters.values.noResponses == 2)
    }

    @Test("Modbus checklist 9.17, 10.11: wrong checksums get no answer and are counted")
    func checksum() throws {
        let bench = try Bench()
        var broken = Line.frame(5, read)
        broken[7] ^= 1
        #expect(try bench.answer(to: broken) == nil)
        #expect(bench.units.asked.isEmpty)
        #expect(bench.counters.values.busCommunicationErrors == 1)
        #expect(try bench.answer(to: Line.frame(5, read)) != nil)
    }

    @Test("Modbus checklist 10.9: a frame may come in lumps, and half of one is forgotten at a silence")
    func lumps() throws {
        let bench = try Bench()
        for byte in Line.frame(5, read).dropLast() {
            #expect(try bench.answer(to: [byte], after: .milliseconds(25)) == nil)
        }
        #expect(try bench.answer(to: Array(Line.frame(5, read).suffix(1))) != nil)
        #expect(try bench.answer(to: Array(Line.frame(5, read).prefix(4)), after: .milliseconds(40)) == nil)
        #expect(try bench.answer(to: Line.frame(5, read)) != nil)
        #expect(bench.counters.values.busCommunicationErrors == 1)
    }

    @Test("Modbus checklist 10.12, 10.15: an answer that nobody awaits any more is not sent")
    func superseded() throws {
        let bench = try Bench()
        #expect(try bench.answer(to: Line.frame(5, read) + Line.frame(9, read)) == nil)
        let both = Line.frame(5, read) + Line.frame(6, [6, 0, 7, 0, 8])
        #expect(try bench.answer(to: both) == Line.frame(6, [6, 0, 7, 0, 8]))
        #expect(try bench.channel.readOutbound(as: ByteBuffer.self) == nil)
    }

    @Test("Modbus checklist 9.1, 9.7, 9.15: exceptions are answered and counted")
    func exceptions() throws {
        let bench = try Bench()
        #expect(try bench.answer(to: Line.frame(5, [3, 0, 99, 0, 2])) == Line.frame(5, [0x83, 2]))
        #expect(try bench.answer(to: Line.frame(5, [3, 0, 1, 0, 0])) == Line.frame(5, [0x83, 3]))
        #expect(try bench.answer(to: Line.frame(5, [100, 1])) == Line.frame(5, [0xE4, 1]))
        #expect(bench.counters.values.exceptions == 3)
    }

    @Test("Modbus checklist 10.19, 17.3: function 8 tells the counters of the line and clears them")
    func diagnostics() throws {
        let bench = try Bench()
        _ = try bench.answer(to: [1, 2, 3])
        _ = try bench.answer(to: Line.frame(9, read))
        _ = try bench.answer(to: Line.frame(5, [3, 0, 99, 0, 2]))
        _ = try bench.answer(to: Line.frame(0, [6, 0, 1, 0, 9]))
        let expected: [(UInt8, UInt8)] = [(11, 4), (12, 1), (13, 1), (14, 6), (15, 1), (16, 0), (17, 0), (18, 0)]
        for (code, value) in expected {
            let count = code == 11 ? 4 : value
            #expect(try bench.answer(to: Line.frame(5, [8, 0, code, 0, 0])) == Line.frame(5, [8, 0, code, 0, count]))
        }
        #expect(try bench.answer(to: Line.frame(5, [8, 0, 10, 0, 1])) == Line.frame(5, [0x88, 3]))
        #expect(try bench.answer(to: Line.frame(5, [8, 0, 10, 0, 0])) == Line.frame(5, [8, 0, 10, 0, 0]))
        #expect(try bench.answer(to: Line.frame(5, [8, 0, 14, 0, 0])) == Line.frame(5, [8, 0, 14, 0, 1]))
    }

    /// Answers when the test says so.
    private final class Slow: ModbusResponder {
        let reply: ServerReply
        init(_ reply: ServerReply) { self.reply = reply }
        func respond(to request: Request, unit: UInt8) -> ServerReply { reply }
    }

    @Test("Modbus checklist 9.18: an answer may come later, and one that does not come is exception 4 in time")
    func pending() throws {
        let answered = PendingReply()
        let bench = try Bench(responder: Slow(.pending(answered)))
        #expect(try bench.answer(to: Line.frame(5, read)) == nil)
        answered.answer(.readHoldingRegisters([7, 8]))
        bench.channel.embeddedEventLoop.advanceTime(by: .milliseconds(1))
        let answer = Line.frame(5, [3, 4, 0, 7, 0, 8])
        #expect(try bench.channel.readOutbound(as: ByteBuffer.self) == ByteBuffer(bytes: answer))

        let forgotten = PendingReply()
        let other = try Bench(responder: Slow(.pending(forgotten)))
        #expect(try other.answer(to: Line.frame(5, read), after: .milliseconds(999)) == nil)
        other.channel.embeddedEventLoop.advanceTime(by: .milliseconds(2))
        let failure = Line.frame(5, [0x83, 4])
        #expect(try other.channel.readOutbound(as: ByteBuffer.self) == ByteBuffer(bytes: failure))
        #expect(!forgotten.isOpen)
    }

    @Test("Modbus checklist 10.15: an answer that is still awaited is given up for the next request")
    func abandoned() throws {
        let reply = PendingReply()
        let bench = try Bench(responder: Slow(.pending(reply)))
        #expect(try bench.answer(to: Line.frame(5, read)) == nil)
        #expect(try bench.answer(to: Line.frame(9, read)) == nil)
        #expect(!reply.isOpen)
        bench.channel.embeddedEventLoop.advanceTime(by: .seconds(5))
        #expect(try bench.channel.readOutbound(as: ByteBuffer.self) == nil)
    }

    @Test("Modbus checklist 9.12: an answer after a while leaves when its time has come")
    func later() throws {
        let response = Response.exception(.readHoldingRegisters, .acknowledge)
        let bench = try Bench(responder: Slow(.later(.milliseconds(50), response)))
        #expect(try bench.answer(to: Line.frame(5, read), after: .milliseconds(49)) == nil)
        bench.channel.embeddedEventLoop.advanceTime(by: .milliseconds(1))
        let answer = Line.frame(5, [0x83, 5])
        #expect(try bench.channel.readOutbound(as: ByteBuffer.self) == ByteBuffer(bytes: answer))
    }
}
