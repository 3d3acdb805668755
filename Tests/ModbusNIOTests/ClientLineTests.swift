// SPDX-License-Identifier: Apache-2.0

import Modbus
import NIOCore
import NIOEmbedded
import Testing

@testable import ModbusNIO

@Suite("Client on a serial line", .timeLimit(.minutes(1)))
struct ClientLineTests {
    private static let timing = SerialTiming(bitRate: 9600)
    /// t3.5 at 9600 bit/s.
    private static let silence = TimeAmount.nanoseconds(4_010_417)

    private func line(_ adjust: (inout ModbusClientConfiguration) -> Void = { _ in }) throws -> ClientBench {
        try ClientBench(framing: .rtu(ClientLineTests.timing, allowance: .milliseconds(20)), adjust)
    }

    /// A line that has been silent for long enough.
    private func open(_ bench: ClientBench) async throws -> NIOAsyncTestingChannel {
        let channel = try await bench.nextConnection()
        await bench.loop.advanceTime(by: ClientLineTests.silence)
        return channel
    }

    @Test("Modbus checklist 10.10: the first request waits for t3.5 of silence after opening")
    func silenceAfterOpening() async throws {
        let bench = try line()
        let read = bench.read(5, unit: 17)
        let channel = try await bench.nextConnection()
        await bench.settle(queued: 1)
        await bench.loop.advanceTime(by: ClientLineTests.silence - .nanoseconds(1))
        #expect(try await channel.readOutbound(as: ByteBuffer.self) == nil)
        await bench.loop.advanceTime(by: .nanoseconds(1))
        #expect(try await channel.nextBytes() == rtu(17, [3, 0, 5, 0, 1]))
        try await channel.receive(rtu(17, [3, 2, 1, 2]))
        #expect(await read.value == .success([0x0102]))
    }

    @Test("Modbus checklist 10.15: one transaction at a time, whatever the configuration says")
    func oneAtATime() async throws {
        let bench = try line { $0.maximumInFlight = 16 }
        let first = bench.read(1)
        let channel = try await open(bench)
        _ = try await channel.nextBytes()
        let second = bench.read(2, unit: 2)
        await bench.settle(queued: 1)
        #expect(try await channel.readOutbound(as: ByteBuffer.self) == nil)
        try await channel.receive(rtu(1, [3, 2, 0, 1]))
        #expect(await first.value == .success([1]))
        #expect(try await channel.nextBytes() == rtu(2, [3, 0, 2, 0, 1]))
        try await channel.receive(rtu(2, [3, 2, 0, 2]))
        #expect(await second.value == .success([2]))
    }

    @Test("Modbus checklist 10.14: a broadcast is not answered; nothing is sent for the turnaround delay")
    func broadcast() async throws {
        let bench = try line { $0.turnaroundDelay = .milliseconds(150) }
        let broadcast = bench.send(.writeMultipleRegisters(address: 3, values: [7, 8]), unit: 0)
        let channel = try await open(bench)
        #expect(try await channel.nextBytes() == rtu(0, [16, 0, 3, 0, 2, 4, 0, 7, 0, 8]))
        #expect(await broadcast.value == .success(.writeMultipleRegisters(address: 3, count: 2)))
        #expect(await bench.client.counters.inFlight == 0)
        let read = bench.read(1)
        await bench.settle(queued: 1)
        await bench.loop.advanceTime(by: .milliseconds(149))
        #expect(try await channel.readOutbound(as: ByteBuffer.self) == nil)
        await bench.loop.advanceTime(by: .milliseconds(1))
        _ = try await channel.nextBytes()
        try await channel.receive(rtu(1, [3, 2, 0, 1]))
        #expect(await read.value == .success([1]))
        #expect(await bench.client.counters.timeouts == 0)
    }

    @Test("Modbus checklist 10.13: reads cannot be broadcast")
    func broadcastRead() async throws {
        let bench = try line()
        guard case .failure(.invalidRequest) = await bench.read(1, unit: 0).value else { return #expect(Bool(false)) }
    }

    @Test("Modbus checklist 10.16: an answer from another address is passed over, and the timeout goes on")
    func otherAddress() async throws {
        let bench = try line()
        let read = bench.read(1, unit: 5)
        let channel = try await open(bench)
        _ = try await channel.nextBytes()
        await bench.loop.advanceTime(by: .milliseconds(600))
        try await channel.receive(rtu(6, [3, 2, 0, 66]))
        try await channel.receive(rtu(5, [3, 2, 0, 55]))
        #expect(await read.value == .success([55]))
        let late = bench.read(1, unit: 5)
        _ = try await channel.nextBytes()
        await bench.loop.advanceTime(by: .milliseconds(600))
        try await channel.receive(rtu(6, [3, 2, 0, 66]))
        await bench.loop.advanceTime(by: .milliseconds(400))
        #expect(await late.value == .failure(.timeout))
        #expect(await bench.client.counters.wrongUnits == 2)
    }

    @Test("Modbus checklist 10.16: a damaged frame is an error at once, or a further attempt after t3.5")
    func damaged() async throws {
        let bench = try line { $0.retries.afterBadResponse = 1 }
        let read = bench.read(1)
        let channel = try await open(bench)
        var bytes = rtu(1, [3, 2, 0, 1])
        bytes[4] ^= 0x10
        for _ in 0..<2 {
            _ = try await channel.nextBytes()
            try await channel.receive(bytes)
            await bench.loop.advanceTime(by: ClientLineTests.silence)
        }
        guard case .failure(.badResponse(let reason)) = await read.value else { return #expect(Bool(false)) }
        #expect(reason == "the checksum of a frame is wrong")
        #expect(await bench.client.counters.damagedFrames == 2)
        #expect(channel.isActive)
    }

    @Test("Modbus checklist 10.17: the response timeout is a setting, for one request too")
    func timeouts() async throws {
        let bench = try line { $0.requestTimeout = .seconds(3) }
        let read = bench.read(1)
        let channel = try await open(bench)
        _ = try await channel.nextBytes()
        await bench.loop.advanceTime(by: .milliseconds(2999))
        #expect(await bench.client.counters.timeouts == 0)
        await bench.loop.advanceTime(by: .milliseconds(1))
        #expect(await read.value == .failure(.timeout))
        let short = bench.send(.readHoldingRegisters(address: 1, count: 1), timeout: .milliseconds(500))
        await bench.loop.advanceTime(by: ClientLineTests.silence)
        _ = try await channel.nextBytes()
        await bench.loop.advanceTime(by: .milliseconds(500))
        #expect(await short.value == .failure(.timeout))
        #expect(channel.isActive, "a line is not closed because one device is silent")
    }

    @Test("Modbus checklist 10.18: after a timeout a late answer is dropped, and t3.5 of silence follows it")
    func lateAnswer() async throws {
        let bench = try line()
        let read = bench.read(1)
        let channel = try await open(bench)
        _ = try await channel.nextBytes()
        await bench.loop.advanceTime(by: .seconds(1))
        #expect(await read.value == .failure(.timeout))
        let second = bench.read(2)
        await bench.settle(queued: 1)
        await bench.loop.advanceTime(by: .milliseconds(3))
        try await channel.receive(Array(rtu(1, [3, 2, 9, 9]).prefix(4)))
        await bench.loop.advanceTime(by: .milliseconds(3))
        try await channel.receive(Array(rtu(1, [3, 2, 9, 9]).suffix(3)))
        await bench.loop.advanceTime(by: .milliseconds(4))
        #expect(try await channel.readOutbound(as: ByteBuffer.self) == nil, "not silent for long enough")
        await bench.loop.advanceTime(by: .milliseconds(1))
        #expect(try await channel.nextBytes() == rtu(1, [3, 0, 2, 0, 1]))
        try await channel.receive(rtu(1, [3, 2, 0, 2]))
        #expect(await second.value == .success([2]))
        #expect(await bench.client.counters.noise == 2)
    }

    @Test("Modbus checklist 10.18: when two attempts are both answered, the second answer is not the next request's")
    func lateFirstAnswer() async throws {
        let bench = try line { $0.retries.afterTimeout = 1 }
        let read = bench.read(1)
        let channel = try await open(bench)
        _ = try await channel.nextBytes()
        await bench.loop.advanceTime(by: .seconds(1))
        await bench.loop.advanceTime(by: ClientLineTests.silence)
        _ = try await channel.nextBytes()
        try await channel.receive(rtu(1, [3, 2, 0, 1]))
        #expect(await read.value == .success([1]), "late, and right")
        let second = bench.read(2)
        await bench.settle(queued: 1)
        await bench.loop.advanceTime(by: .milliseconds(900))
        #expect(try await channel.readOutbound(as: ByteBuffer.self) == nil)
        try await channel.receive(rtu(1, [3, 2, 0, 1]))
        await bench.loop.advanceTime(by: .milliseconds(100))
        #expect(try await channel.nextBytes() == rtu(1, [3, 0, 2, 0, 1]))
        try await channel.receive(rtu(1, [3, 2, 0, 2]))
        #expect(await second.value == .success([2]))
    }

    @Test("A line that never falls silent costs the requests their time in the queue, not more")
    func babble() async throws {
        let bench = try line { $0.queueTimeout = .milliseconds(100) }
        let read = bench.read(1)
        let channel = try await bench.nextConnection()
        await bench.settle(queued: 1)
        for _ in 0..<40 {
            try await channel.receive([0x55])
            await bench.loop.advanceTime(by: .milliseconds(3))
        }
        #expect(await read.value == .failure(.queueTimeout))
        #expect(try await channel.readOutbound(as: ByteBuffer.self) == nil)
    }

    @Test("Modbus checklist 10.9, 10.20: bytes may come in lumps; an unknown function's answer ends by silence")
    func lumps() async throws {
        let bench = try line()
        let read = bench.read(1)
        let channel = try await open(bench)
        _ = try await channel.nextBytes()
        for byte in rtu(1, [3, 2, 0, 1]) {
            try await channel.receive([byte])
            await bench.loop.advanceTime(by: .milliseconds(20))
        }
        #expect(await read.value == .success([1]))
        let other = Request.other(FunctionCode(rawValue: 65), [1, 2])
        let answer = bench.send(other)
        _ = try await channel.nextBytes()
        try await channel.receive(rtu(1, [65, 9, 8, 7]))
        #expect(await bench.client.counters.inFlight == 1)
        await bench.loop.advanceTime(by: .milliseconds(25))
        #expect(await answer.value == .success(.other(FunctionCode(rawValue: 65), [9, 8, 7])))
    }

    @Test("Modbus checklist 10.7, 10.11: half a frame before a silence is damage")
    func halfFrame() async throws {
        let bench = try line()
        let read = bench.read(1)
        let channel = try await open(bench)
        _ = try await channel.nextBytes()
        try await channel.receive(Array(rtu(1, [3, 2, 0, 1]).dropLast()))
        await bench.loop.advanceTime(by: .milliseconds(25))
        guard case .failure(.badResponse) = await read.value else { return #expect(Bool(false)) }
        #expect(await bench.client.counters.damagedFrames == 1)
    }

    @Test("Text frames work the same way")
    func text() async throws {
        let bench = try ClientBench(framing: .ascii(betweenFrames: .milliseconds(10)))
        let read = bench.read(1, unit: 0x11)
        let channel = try await bench.nextConnection()
        await bench.settle(queued: 1)
        await bench.loop.advanceTime(by: .milliseconds(10))
        #expect(try await channel.nextBytes() == Array(":110300010001EA\r\n".utf8))
        try await channel.receive(Array("noise:12030200".utf8))
        try await channel.receive(Array(":1203020001E8\r\n:1103020001E9\r\n".utf8))
        #expect(await read.value == .success([1]), "after an answer from unit 18")
        let bad = bench.read(1, unit: 0x11)
        _ = try await channel.nextBytes()
        try await channel.receive(Array(":1103020001E8\r\n".utf8))
        guard case .failure(.badResponse) = await bad.value else { return #expect(Bool(false)) }
    }

    @Test(
        "Modbus checklist 18.4: any bytes on a line end at worst in errors",
        arguments: 1...40 as ClosedRange<UInt64>
    )
    func arbitraryBytes(seed: UInt64) async throws {
        var generator = SplitMix64(state: seed)
        let bench = try line()
        let channel: NIOAsyncTestingChannel
        let first = bench.read(1)
        channel = try await open(bench)
        _ = try await channel.nextBytes()
        for _ in 0..<20 {
            let count = Int.random(in: 1...300, using: &generator)
            let start: [UInt8] = Bool.random(using: &generator) ? [1, 3, 2] : []
            try await channel.receive(start + (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) })
            await bench.loop.advanceTime(by: .milliseconds(Int64.random(in: 0...50, using: &generator)))
        }
        await bench.loop.advanceTime(by: .seconds(2))
        _ = await first.value
        let read = bench.read(2)
        _ = try await channel.nextBytes()
        try await channel.receive(rtu(1, [3, 2, 0, 2]))
        #expect(await read.value == .success([2]), "the line still works")
        await bench.client.close()
    }
}

@Suite("Client with serial frames over TCP", .timeLimit(.minutes(1)))
struct ClientRTUOverTCPTests {
    private func bench(_ adjust: (inout ModbusClientConfiguration) -> Void = { _ in }) throws -> ClientBench {
        try ClientBench {
            $0.transport = .rtuOverTCP
            $0.maximumInFlight = 4
            $0.reconnectDelays = [.zero]
            adjust(&$0)
        }
    }

    @Test("Modbus checklist 11.1, 11.2: frames without header, found by length and checksum in any segments")
    func frames() async throws {
        let bench = try bench()
        let read = bench.read(2, unit: 9)
        let channel = try await bench.nextConnection()
        #expect(try await channel.nextBytes() == rtu(9, [3, 0, 2, 0, 1]))
        for byte in rtu(9, [3, 2, 0, 5]) {
            try await channel.receive([byte])
            await bench.loop.advanceTime(by: .milliseconds(100))
        }
        #expect(await read.value == .success([5]), "time does not count")
    }

    @Test("Modbus checklist 11.2: an answer of unknown length ends by a pause")
    func pause() async throws {
        let bench = try bench()
        let answer = bench.send(.other(FunctionCode(rawValue: 100), []))
        let channel = try await bench.nextConnection()
        _ = try await channel.nextBytes()
        try await channel.receive(rtu(1, [100, 1, 2]))
        await bench.loop.advanceTime(by: .milliseconds(49))
        #expect(await bench.client.counters.inFlight == 1)
        await bench.loop.advanceTime(by: .milliseconds(1))
        #expect(await answer.value == .success(.other(FunctionCode(rawValue: 100), [1, 2])))
    }

    @Test("Modbus checklist 11.3: one request at a time")
    func oneAtATime() async throws {
        let bench = try bench()
        let first = bench.read(1)
        let channel = try await bench.nextConnection()
        _ = try await channel.nextBytes()
        let second = bench.read(2)
        await bench.settle(queued: 1)
        #expect(try await channel.readOutbound(as: ByteBuffer.self) == nil)
        try await channel.receive(rtu(1, [3, 2, 0, 1]))
        #expect(await first.value == .success([1]))
        _ = try await channel.nextBytes()
        try await channel.receive(rtu(1, [3, 2, 0, 2]))
        #expect(await second.value == .success([2]))
    }

    private static let faults: [(name: String, bytes: [UInt8])] = [
        ("checksum", [1, 3, 2, 0, 1, 0, 0]),
        ("other unit", rtu(2, [3, 2, 0, 1])),
        ("other function", rtu(1, [4, 2, 0, 1])),
        ("timeout", []),
    ]

    @Test("Modbus checklist 11.3: a fault closes the connection, and the next request opens it anew", arguments: 0..<4)
    func faults(index: Int) async throws {
        let fault = ClientRTUOverTCPTests.faults[index]
        let bench = try bench { $0.timeoutsBeforeReconnect = 100 }
        let read = bench.read(1)
        let channel = try await bench.nextConnection()
        _ = try await channel.nextBytes()
        if fault.bytes.isEmpty {
            await bench.loop.advanceTime(by: .seconds(1))
        } else {
            try await channel.receive(fault.bytes)
        }
        guard case .failure(let error) = await read.value else { return #expect(Bool(false), "\(fault.name)") }
        switch error {
        case .badResponse, .timeout, .wrongUnit(expected: 1, actual: 2): break
        default: #expect(Bool(false), "\(fault.name): \(error)")
        }
        #expect(!channel.isActive)
        await bench.loop.advanceTime(by: .nanoseconds(1))
        let second = bench.read(2)
        let next = try await bench.nextConnection()
        _ = try await next.nextBytes()
        try await next.receive(rtu(1, [3, 2, 0, 2]))
        #expect(await second.value == .success([2]))
    }

    @Test("Modbus checklist 11.3: an answer that nobody asked for closes the connection")
    func unasked() async throws {
        let bench = try bench()
        let read = bench.read(1)
        let channel = try await bench.nextConnection()
        _ = try await channel.nextBytes()
        try await channel.receive(rtu(1, [3, 2, 0, 1]) + rtu(1, [3, 2, 0, 9]))
        #expect(await read.value == .success([1]))
        try await channel.closeFuture.get()
    }

    @Test("Modbus checklist 11.5: a broadcast is not answered and followed by the turnaround delay")
    func broadcast() async throws {
        let bench = try bench()
        let broadcast = bench.send(.writeSingleRegister(address: 1, value: 2), unit: 0)
        let channel = try await bench.nextConnection()
        #expect(try await channel.nextBytes() == rtu(0, [6, 0, 1, 0, 2]))
        #expect(await broadcast.value == .success(.writeSingleRegister(address: 1, value: 2)))
        let read = bench.read(1)
        await bench.settle(queued: 1)
        await bench.loop.advanceTime(by: .milliseconds(199))
        #expect(try await channel.readOutbound(as: ByteBuffer.self) == nil)
        await bench.loop.advanceTime(by: .milliseconds(1))
        _ = try await channel.nextBytes()
        try await channel.receive(rtu(1, [3, 2, 0, 1]))
        #expect(await read.value == .success([1]))
    }
}

/// The bytes of a serial frame.
func rtu(_ unit: UInt8, _ pdu: [UInt8]) -> [UInt8] {
    var bytes: [UInt8] = []
    RTUFrame.encode(unit: unit, into: &bytes) { $0 += pdu }
    return bytes
}

extension NIOAsyncTestingChannel {
    /// What the client writes next.
    func nextBytes() async throws -> [UInt8] {
        Array(try await waitForOutboundWrite(as: ByteBuffer.self).readableBytesView)
    }
}
