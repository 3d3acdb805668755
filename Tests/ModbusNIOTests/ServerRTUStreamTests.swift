// SPDX-License-Identifier: Apache-2.0

import Modbus
import NIOCore
import NIOEmbedded
import Synchronization
import Testing

@testable import ModbusNIO

@Suite("Server connection with serial frames over TCP, with time moved by hand")
struct ServerRTUStreamTests {
    private let registry = ConnectionRegistry(ModbusServerConfiguration())

    private func connect(
        _ responder: Registers = Registers(holding: [10, 11, 12]),
        _ adjust: (inout ModbusServerConfiguration) -> Void = { _ in }
    ) throws -> EmbeddedChannel {
        var configuration = ModbusServerConfiguration()
        configuration.framing = .rtuOverTCP
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
        let frames = RTUStreamHandler(configuration, registry: registry, loop: channel.eventLoop)
        try channel.pipeline.syncOperations.addHandlers(frames, handler)
        try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
        return channel
    }

    private func answers(_ channel: EmbeddedChannel) throws -> [UInt8] { try channel.writes().flatMap { $0 } }

    private let read = rtu(5, [3, 0, 1, 0, 2])
    private let answer = rtu(5, [3, 4, 0, 11, 0, 12])

    @Test("Modbus checklist 11.1, 11.2: frames without header, found by length and checksum in any segments")
    func segments() throws {
        let channel = try connect()
        for byte in read {
            try channel.receive([byte])
            channel.embeddedEventLoop.advanceTime(by: .milliseconds(200))
        }
        #expect(try answers(channel) == answer, "time does not count")
        try channel.receive(Array(repeating: read, count: 50).flatMap { $0 } + read.prefix(3))
        try channel.receive(Array(read.dropFirst(3)))
        #expect(try answers(channel) == Array(repeating: answer, count: 51).flatMap { $0 })
        #expect(registry.counters.requests == 52)
    }

    @Test("Modbus checklist 9.1, 11.1: exceptions are frames as well")
    func exceptions() throws {
        let channel = try connect()
        try channel.receive(rtu(5, [3, 0, 9, 0, 1]) + rtu(6, [3, 0, 0, 0, 0]))
        #expect(try answers(channel) == rtu(5, [0x83, 2]) + rtu(6, [0x83, 3]))
    }

    private static let faults: [[UInt8]] = [
        [5, 3, 0, 1, 0, 2, 0, 0], [5, 16, 0, 0, 0, 1, 250], [UInt8](repeating: 0xFF, count: 300),
    ]

    @Test("Modbus checklist 11.4: what is no frame closes the connection, after the answers", arguments: 0..<3)
    func faults(index: Int) throws {
        let channel = try connect()
        try channel.receive(read + ServerRTUStreamTests.faults[index])
        #expect(try answers(channel) == answer)
        #expect(!channel.isActive)
        #expect(registry.counters.brokenStreams == 1)
    }

    @Test("Modbus checklist 11.4: with the option the next frame that fits is looked for", arguments: [0, 1, 100, 248])
    func search(noise: Int) throws {
        let channel = try connect { $0.rtuOverTCP.searchesAfterFault = true }
        // A wrong checksum, then bytes that announce frames longer than themselves.
        let damage = [5, 3, 0, 1, 0, 2, 0, 0] + [UInt8](repeating: 16, count: noise)
        try channel.receive(damage + read + read)
        #expect(try answers(channel) == answer + answer)
        for byte in damage + read { try channel.receive([byte]) }
        #expect(try answers(channel) == answer, "and once more, byte by byte")
        #expect(channel.isActive)
    }

    @Test("Modbus checklist 11.4: the search ends after 256 bytes", arguments: [true, false])
    func searchLimit(inOnePiece: Bool) throws {
        let channel = try connect { $0.rtuOverTCP.searchesAfterFault = true }
        let bytes = [UInt8](repeating: 0xFF, count: 257) + read
        if inOnePiece {
            try channel.receive(bytes)
        } else {
            for byte in bytes where channel.isActive { try channel.receive([byte]) }
        }
        #expect(try answers(channel).isEmpty)
        #expect(!channel.isActive)
    }

    @Test("Modbus checklist 11.2: a frame of unknown length ends by a pause of 50 ms")
    func pause() throws {
        let channel = try connect()
        try channel.receive(Array(rtu(5, [100, 1, 2]).prefix(2)))
        channel.embeddedEventLoop.advanceTime(by: .milliseconds(49))
        try channel.receive(Array(rtu(5, [100, 1, 2]).dropFirst(2)))
        channel.embeddedEventLoop.advanceTime(by: .milliseconds(49))
        #expect(try answers(channel).isEmpty)
        channel.embeddedEventLoop.advanceTime(by: .milliseconds(1))
        #expect(try answers(channel) == rtu(5, [0xE4, 1]))
        try channel.receive([5, 100, 1, 2, 3])
        channel.embeddedEventLoop.advanceTime(by: .milliseconds(50))
        #expect(!channel.isActive, "the checksum does not fit")
    }

    @Test("Modbus checklist 8.40: a function of the application has the length it says and needs no pause")
    func userFunctions() throws {
        let responder = Registers { request, _ in
            if case .other(let function, let bytes) = request { .now(.other(function, bytes.reversed())) } else { nil }
        }
        let channel = try connect(responder) {
            $0.rtuOverTCP.userFunctions.set(
                FunctionCode(rawValue: 100),
                request: .counted(at: 1),
                response: .counted(at: 1)
            )
        }
        try channel.receive(rtu(5, [100, 2, 7, 8]) + rtu(5, [100, 0]))
        #expect(try answers(channel) == rtu(5, [100, 8, 7, 2]) + rtu(5, [100, 0]))
    }

    @Test("Modbus checklist 11.2: the end of the stream ends a frame of unknown length")
    func halfClosed() throws {
        let channel = try connect()
        try channel.receive(rtu(5, [100, 1]))
        channel.pipeline.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
        #expect(try answers(channel) == rtu(5, [0xE4, 1]))
        channel.embeddedEventLoop.run()
        #expect(!channel.isActive)
    }

    @Test("Modbus checklist 11.5: a broadcast is carried out and not answered; a read to all is ignored")
    func broadcast() throws {
        let channel = try connect()
        try channel.receive(rtu(0, [6, 0, 1, 0, 77]) + rtu(0, [3, 0, 0, 0, 1]) + rtu(0, [6, 0, 99, 0, 1]))
        #expect(try answers(channel).isEmpty)
        #expect(registry.counters.requests == 2, "the read is none")
        try channel.receive(read)
        #expect(try answers(channel) == rtu(5, [3, 4, 0, 77, 0, 12]))
    }

    @Test("Modbus checklist 11.5: where there are several units, each carries a broadcast out")
    func broadcastUnits() throws {
        let units = UnitList()
        let responder = Registers(holding: [1]) { _, unit in
            units.add(unit)
            return nil
        }
        let channel = try connect(responder) { $0.rtuOverTCP.broadcastUnits = [7, 5] }
        try channel.receive(rtu(0, [6, 0, 0, 0, 2]) + rtu(7, [3, 0, 0, 0, 1]))
        #expect(try answers(channel) == rtu(7, [3, 2, 0, 2]))
        #expect(units.seen == [5, 7, 7])
    }

    @Test("Modbus checklist 18.3: half a frame ends the connection in time, however its bytes come")
    func slowFrame() throws {
        let channel = try connect()
        for byte in read.prefix(6) {
            try channel.receive([byte])
            channel.embeddedEventLoop.advanceTime(by: .milliseconds(800))
        }
        #expect(channel.isActive)
        channel.embeddedEventLoop.advanceTime(by: .milliseconds(200))
        #expect(!channel.isActive)
        #expect(registry.counters.slowFrames == 1)
    }

    @Test("Modbus checklist 18.3: no clock runs for a frame whose rest is not read for lack of room")
    func paused() throws {
        let reply = PendingReply()
        let responder = Registers(holding: [1]) { request, _ in request.isRead ? .pending(reply) : nil }
        let channel = try connect(responder) {
            $0.maximumInWork = 1
            $0.pausesWhenBusy = true
        }
        try channel.receive(read + rtu(5, [6, 0, 0, 0, 9]).prefix(4))
        channel.embeddedEventLoop.advanceTime(by: .seconds(30))
        #expect(channel.isActive)
        reply.answer(.readHoldingRegisters([3, 4]))
        channel.embeddedEventLoop.run()
        try channel.receive(Array(rtu(5, [6, 0, 0, 0, 9]).dropFirst(4)))
        #expect(try answers(channel) == rtu(5, [3, 4, 0, 3, 0, 4]) + rtu(5, [6, 0, 0, 0, 9]))
    }

    @Test("Answers keep the order of their requests, as nothing else tells them apart")
    func order() throws {
        let responder = Registers(holding: [1, 2, 3]) { request, _ in
            request.isRead ? nil : .later(.milliseconds(20), .writeSingleRegister(address: 0, value: 9))
        }
        let channel = try connect(responder)
        try channel.receive(rtu(5, [6, 0, 0, 0, 9]) + read)
        #expect(try answers(channel).isEmpty)
        channel.embeddedEventLoop.advanceTime(by: .milliseconds(20))
        #expect(try answers(channel) == rtu(5, [6, 0, 0, 0, 9]) + rtu(5, [3, 4, 0, 2, 0, 3]))
    }

    @Test("Modbus checklist 18.1: any bytes leave the server whole", arguments: 1...20 as ClosedRange<UInt64>)
    func arbitraryBytes(seed: UInt64) throws {
        var generator = SplitMix64(state: seed)
        let channel = try connect { $0.rtuOverTCP.searchesAfterFault = seed.isMultiple(of: 2) }
        for _ in 0..<40 where channel.isActive {
            let count = Int.random(in: 1...40, using: &generator)
            let limit: UInt8 = Bool.random(using: &generator) ? 6 : 255
            let start = Bool.random(using: &generator) ? read : []
            try channel.receive(start + (0..<count).map { _ in UInt8.random(in: 0...limit, using: &generator) })
            channel.embeddedEventLoop.advanceTime(by: .milliseconds(Int64.random(in: 0...60, using: &generator)))
        }
        channel.embeddedEventLoop.advanceTime(by: .seconds(20))
        var bytes = try answers(channel)
        while case .frame(let frame) = RTUFrameStart(of: bytes.span, .response) { bytes.removeFirst(frame.count) }
        #expect(bytes.isEmpty, "answers are whole frames")
    }
}

/// The units that were asked, in order.
private final class UnitList: Sendable {
    private let units = Mutex<[UInt8]>([])

    var seen: [UInt8] { units.withLock { $0 } }
    func add(_ unit: UInt8) { units.withLock { $0.append(unit) } }
}
