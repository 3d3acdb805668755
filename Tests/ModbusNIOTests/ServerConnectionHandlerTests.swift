// SPDX-License-Identifier: Apache-2.0

import Modbus
import NIOCore
import NIOEmbedded
import Testing

@testable import ModbusNIO

@Suite("Server connection, with time moved by hand")
struct ServerConnectionHandlerTests {
    private let registry = ConnectionRegistry(ModbusServerConfiguration())

    private func connect(
        _ responder: Registers = Registers(holding: [10, 11, 12]),
        _ adjust: (inout ModbusServerConfiguration) -> Void = { _ in }
    ) throws -> EmbeddedChannel {
        var configuration = ModbusServerConfiguration()
        adjust(&configuration)
        let channel = EmbeddedChannel()
        let entry = try #require(registry.admit(channel))
        let handler = ServerConnectionHandler(
            configuration,
            responder: responder,
            registry: registry,
            entry: entry,
            output: AnswerBuffer()
        )
        try channel.pipeline.syncOperations.addHandler(handler)
        try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
        return channel
    }

    private let read = wire(7, unit: 5, [3, 0, 1, 0, 2])
    private let answer = wire(7, unit: 5, [3, 4, 0, 11, 0, 12])

    @Test("Modbus checklist 2.7: an answer repeats transaction, protocol and unit of its request")
    func echo() throws {
        let channel = try connect()
        try channel.receive(wire(0xFFFF, unit: 77, [3, 0, 0, 0, 1]))
        #expect(try channel.answers() == [wire(0xFFFF, unit: 77, [3, 2, 0, 10])])
    }

    @Test("Modbus checklist 3.1: a request may come one byte at a time")
    func byteByByte() throws {
        let channel = try connect()
        for byte in read + read { try channel.receive([byte]) }
        #expect(try channel.answers() == [answer, answer])
    }

    @Test("Modbus checklist 3.2: all requests of one read are answered, in order")
    func several() throws {
        let channel = try connect()
        let requests = (0..<50 as Range<UInt16>).flatMap { wire($0, [6, 0, 0, 0, UInt8($0)]) }
        try channel.receive(requests + read.prefix(5))
        try channel.receive(Array(read.dropFirst(5)))
        let expected = (0..<50 as Range<UInt16>).map { wire($0, [6, 0, 0, 0, UInt8($0)]) }
        #expect(try channel.answers() == expected + [answer])
    }

    @Test("Modbus checklist 2.4, 2.5: a frame of another protocol is skipped, and the next one is served")
    func foreignProtocol() throws {
        let channel = try connect()
        try channel.receive(wire(1, protocolIdentifier: 1, [3, 0, 0, 0, 1]) + read)
        #expect(try channel.answers() == [answer])
        #expect(registry.counters.foreignFrames == 1)
    }

    @Test("Modbus checklist 3.6: a length out of range closes at once", arguments: [0, 1, 255, 0xFFFF] as [UInt16])
    func lengths(length: UInt16) throws {
        let channel = try connect()
        try channel.receive(read + [0, 1, 0, 0, UInt8(length >> 8), UInt8(length & 0xFF)])
        #expect(try channel.answers() == [answer])
        #expect(!channel.isActive)
        #expect(registry.counters.brokenStreams == 1)
    }

    private static let refusals: [([UInt8], [UInt8])] = [
        ([3, 0, 0, 0, 0], [0x83, 3]), ([3, 0, 0, 0, 126], [0x83, 3]), ([3, 0, 0], [0x83, 3]),
        ([3, 0, 2, 0, 2], [0x83, 2]), ([6, 0, 9, 0, 1], [0x86, 2]), ([16, 0, 0, 0, 1, 3, 0, 0], [0x90, 3]),
        ([16, 0, 2, 0, 2, 4, 0, 0, 0, 0], [0x90, 2]), ([1, 0, 0, 0, 1], [0x81, 1]), ([0], [0x80, 1]),
        ([0x83, 1], [0x83, 1]), ([255], [255, 1]),
    ]

    @Test(
        "Modbus checklist 3.9, 9.1, 9.15, 9.16, 9.19: refused requests leave the stream in step",
        arguments: refusals
    )
    func exceptions(request: [UInt8], exception: [UInt8]) throws {
        let channel = try connect()
        try channel.receive(wire(1, request) + read)
        #expect(try channel.answers() == [wire(1, exception), answer])
    }

    @Test("Modbus checklist 3.8: half a frame is given its time from the first byte and no more")
    func halfFrame() throws {
        let channel = try connect()
        try channel.receive(Array(read.prefix(1)))
        for byte in read.dropFirst().prefix(4) {
            channel.embeddedEventLoop.advanceTime(by: .milliseconds(1200))
            #expect(channel.isActive)
            try channel.receive([byte])
        }
        channel.embeddedEventLoop.advanceTime(by: .milliseconds(200))
        #expect(!channel.isActive)
        #expect(registry.counters.slowFrames == 1)
    }

    @Test("Modbus checklist 3.8: idle connections and slow but whole frames are left alone")
    func idle() throws {
        let channel = try connect()
        channel.embeddedEventLoop.advanceTime(by: .hours(5))
        for _ in 0..<3 {
            try channel.receive(Array(read.prefix(8)))
            channel.embeddedEventLoop.advanceTime(by: .milliseconds(4900))
            // The rest of this frame and the beginning of another, whose time starts anew.
            try channel.receive(Array(read.dropFirst(8)) + read.prefix(3))
            channel.embeddedEventLoop.advanceTime(by: .milliseconds(4900))
            try channel.receive(Array(read.dropFirst(3)))
            #expect(try channel.answers() == [answer, answer])
        }
        channel.embeddedEventLoop.advanceTime(by: .hours(5))
        #expect(channel.isActive)
    }

    @Test("Modbus checklist 12.20: an idle limit closes connections without requests")
    func idleLimit() throws {
        let channel = try connect { $0.idleLimit = .seconds(10) }
        channel.embeddedEventLoop.advanceTime(by: .seconds(9))
        try channel.receive(read)
        channel.embeddedEventLoop.advanceTime(by: .seconds(9))
        #expect(channel.isActive)
        channel.embeddedEventLoop.advanceTime(by: .seconds(1))
        #expect(!channel.isActive)
    }

    @Test(
        "Modbus checklist 4.12: answers leave in the order of their requests, unless they may overtake",
        arguments: [true, false]
    )
    func later(inOrder: Bool) throws {
        let channel = try connect(
            Registers(holding: [1, 2]) { request, _ in
                request == .readHoldingRegisters(address: 0, count: 1)
                    ? .later(.seconds(2), .readHoldingRegisters([9])) : nil
            }
        ) { $0.answersInOrder = inOrder }
        try channel.receive(wire(1, [3, 0, 0, 0, 1]) + wire(2, [3, 0, 1, 0, 1]))
        let late = wire(1, [3, 2, 0, 9])
        let quick = wire(2, [3, 2, 0, 2])
        #expect(try channel.answers() == (inOrder ? [] : [quick]))
        channel.embeddedEventLoop.advanceTime(by: .seconds(2))
        #expect(try channel.answers() == (inOrder ? [late, quick] : [late]))
        try channel.receive(wire(3, [3, 0, 1, 0, 1]))
        #expect(try channel.answers() == [wire(3, [3, 2, 0, 2])])
    }

    @Test("Modbus checklist 4.4: too many delayed answers at once are answered with busy")
    func busy() throws {
        let channel = try connect(
            Registers { _, _ in .later(.seconds(1), .readHoldingRegisters([9])) }
        ) { $0.maximumInWork = 2 }
        try channel.receive(read + read + read)
        #expect(try channel.answers() == [wire(7, unit: 5, [0x83, 6])])
        channel.embeddedEventLoop.advanceTime(by: .seconds(1))
        #expect(try channel.answers().count == 2)
        try channel.receive(read)
        #expect(try channel.answers().isEmpty, "the places are free again")
    }

    @Test("Silence and closing are possible, and an answer too long for a PDU becomes exception 4")
    func faults() throws {
        let channel = try connect(
            Registers { _, unit in
                switch unit {
                case 1: .silence
                case 2: .now(.readHoldingRegisters(Array(repeating: 0, count: 126)))
                default: .closeConnection
                }
            }
        )
        try channel.receive(wire(1, unit: 1, [3, 0, 0, 0, 1]) + wire(2, unit: 2, [3, 0, 0, 0, 1]))
        #expect(try channel.answers() == [wire(2, unit: 2, [0x83, 4])])
        try channel.receive(wire(3, unit: 3, [3, 0, 0, 0, 1]) + wire(4, unit: 2, [3, 0, 0, 0, 1]))
        #expect(try channel.answers().isEmpty)
        #expect(!channel.isActive)
    }

    @Test("Modbus checklist 12.16, 12.19: draining answers what was taken, then closes")
    func drain() throws {
        let channel = try connect(Registers { _, _ in .later(.seconds(1), .readHoldingRegisters([9, 9])) })
        try channel.receive(read)
        channel.pipeline.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
        try channel.receive(read)
        #expect(channel.isActive)
        channel.embeddedEventLoop.advanceTime(by: .seconds(1))
        #expect(try channel.answers() == [wire(7, unit: 5, [3, 4, 0, 9, 0, 9]), []])
        #expect(!channel.isActive)
    }

    @Test("Modbus checklist 4.11: answers for a connection that is gone are dropped")
    func gone() throws {
        let channel = try connect(Registers { _, _ in .later(.seconds(1), .readHoldingRegisters([9, 9])) })
        try channel.receive(read)
        try channel.close().wait()
        channel.embeddedEventLoop.advanceTime(by: .seconds(2))
        #expect(try channel.answers().isEmpty)
        #expect(registry.counters.openConnections == 0)
    }

    @Test("Modbus checklist 12.17: nothing is read while answers wait, and reading goes on afterwards")
    func backPressure() throws {
        let channel = try connect()
        let reads = ReadCounter()
        try channel.pipeline.syncOperations.addHandler(reads, position: .first)
        channel.pipeline.fireChannelReadComplete()
        #expect(reads.count == 1)
        channel.isWritable = false
        channel.pipeline.fireChannelWritabilityChanged()
        channel.pipeline.fireChannelReadComplete()
        channel.pipeline.fireChannelReadComplete()
        #expect(reads.count == 1)
        channel.isWritable = true
        channel.pipeline.fireChannelWritabilityChanged()
        #expect(reads.count == 2)
    }

    @Test("Modbus checklist 18.1: any bytes leave the server whole", arguments: 1...60 as ClosedRange<UInt64>)
    func arbitraryBytes(seed: UInt64) throws {
        var generator = SplitMix64(state: seed)
        let channel = try connect()
        for _ in 0..<40 where channel.isActive {
            let count = Int.random(in: 1...40, using: &generator)
            let limit: UInt8 = Bool.random(using: &generator) ? 6 : 255
            try channel.receive((0..<count).map { _ in UInt8.random(in: 0...limit, using: &generator) })
        }
        for answer in try channel.answers() { #expect((9...260).contains(answer.count)) }
        channel.embeddedEventLoop.advanceTime(by: .seconds(20))
    }
}

/// Counts how often the socket would be read.
final class ReadCounter: ChannelOutboundHandler {
    typealias OutboundIn = ByteBuffer
    private(set) var count = 0

    func read(context: ChannelHandlerContext) {
        count += 1
        context.read()
    }
}

extension EmbeddedChannel {
    func receive(_ bytes: [UInt8]) throws { try writeInbound(ByteBuffer(bytes: bytes)) }

    /// Everything that was written since the last call, write by write.
    func writes() throws -> [[UInt8]] {
        var writes: [[UInt8]] = []
        while let bytes = try readOutbound(as: ByteBuffer.self) { writes.append(Array(bytes.readableBytesView)) }
        return writes
    }

    /// Every frame that was written since the last call; an empty write counts as one.
    func answers() throws -> [[UInt8]] {
        try writes().flatMap { bytes in
            var frames: [[UInt8]] = bytes.isEmpty ? [[]] : []
            var rest = bytes[...]
            while rest.count > 5 {
                let count = 6 + Int(rest[rest.startIndex + 4]) << 8 + Int(rest[rest.startIndex + 5])
                frames.append(Array(rest.prefix(count)))
                rest = rest.dropFirst(count)
            }
            return frames
        }
    }
}
