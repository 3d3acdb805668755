// SPDX-License-Identifier: Apache-2.0

import Modbus
import NIOCore
import NIOEmbedded
import Testing

@testable import ModbusNIO

@Suite("Client, requests sent once more", .timeLimit(.minutes(1)))
struct ClientRetryTests {
    private static let write = Request.writeSingleRegister(address: 1, value: 2)

    @Test("Modbus checklist 7.3, 7.4, 7.5: a read is repeated as often as set, each time after its whole time")
    func timeouts() async throws {
        let bench = try ClientBench {
            $0.timeoutsBeforeReconnect = 10
            $0.retries.afterTimeout = 2
        }
        let read = bench.read(7)
        let channel = try await bench.nextConnection()
        var transactions: Set<UInt16> = []
        for _ in 0..<3 {
            let request = try await channel.nextRequest()
            #expect(request.address == 7)
            #expect(transactions.insert(request.transaction).inserted, "a new identifier")
            await bench.loop.advanceTime(by: .milliseconds(999))
            #expect(try await channel.readOutbound(as: ByteBuffer.self) == nil, "not before its time is over")
            await bench.loop.advanceTime(by: .milliseconds(1))
        }
        #expect(await read.value == .failure(.timeout))
        #expect(try await channel.readOutbound(as: ByteBuffer.self) == nil)
        let counters = await bench.client.counters
        #expect(counters.timeouts == 3)
        #expect(counters.retries == 2)
        #expect(channel.isActive)
    }

    @Test("Modbus checklist 4.9, 7.5: the late answer to a first attempt does not answer the second")
    func lateFirstAnswer() async throws {
        let bench = try ClientBench {
            $0.timeoutsBeforeReconnect = 10
            $0.retries.afterTimeout = 1
        }
        let read = bench.read(7)
        let channel = try await bench.nextConnection()
        let first = try await channel.nextRequest()
        await bench.loop.advanceTime(by: .seconds(1))
        let second = try await channel.nextRequest()
        try await channel.answer(first.transaction, 1)
        try await channel.answer(second.transaction, 2)
        #expect(await read.value == .success([2]))
        #expect(await bench.client.counters.lateAnswers == 1)
    }

    @Test("Modbus checklist 7.6: a write is repeated only if its caller said that it may be")
    func writes() async throws {
        let bench = try ClientBench {
            $0.timeoutsBeforeReconnect = 10
            $0.retries.afterTimeout = 1
        }
        let once = bench.send(ClientRetryTests.write)
        let channel = try await bench.nextConnection()
        _ = try await channel.nextRequest()
        await bench.loop.advanceTime(by: .seconds(1))
        #expect(await once.value == .failure(.timeout))
        let twice = bench.send(ClientRetryTests.write, mayRepeat: true)
        _ = try await channel.nextRequest()
        await bench.loop.advanceTime(by: .seconds(1))
        let second = try await channel.nextRequest()
        try await channel.receive(wire(second.transaction, [6, 0, 1, 0, 2]))
        #expect(await twice.value == .success(.writeSingleRegister(address: 1, value: 2)))
        let never = bench.send(.readHoldingRegisters(address: 1, count: 1), mayRepeat: false)
        _ = try await channel.nextRequest()
        await bench.loop.advanceTime(by: .seconds(1))
        #expect(await never.value == .failure(.timeout), "and a caller may forbid it for a read")
    }

    @Test("Modbus checklist 7.3, 7.8: where a timeout ends the connection, the next attempt goes out on the next one")
    func timeoutThenReconnect() async throws {
        let bench = try ClientBench { $0.retries.afterTimeout = 1 }
        let read = bench.read(7)
        let channel = try await bench.nextConnection()
        _ = try await channel.nextRequest()
        let other = bench.read(8)
        await bench.settle(queued: 1)
        await bench.loop.advanceTime(by: .seconds(1))
        #expect(!channel.isActive)
        guard case .failure(.backingOff) = await other.value else { return #expect(Bool(false), "not failed") }
        await bench.loop.advanceTime(by: .milliseconds(1100))
        let next = try await bench.nextConnection()
        try await next.answer(try await next.nextRequest().transaction, 5)
        #expect(await read.value == .success([5]))
    }

    @Test("Modbus checklist 7.3: when the next attempt cannot be made, the caller hears how the last one ended")
    func noNextConnection() async throws {
        let bench = try ClientBench { $0.retries.afterTimeout = 1 }
        let read = bench.read(7)
        let channel = try await bench.nextConnection()
        _ = try await channel.nextRequest()
        bench.failures.add(.connectionRefused("meter:502"))
        await bench.loop.advanceTime(by: .seconds(1))
        await bench.loop.advanceTime(by: .milliseconds(1100))
        #expect(await read.value == .failure(.timeout))
    }

    @Test("Modbus checklist 7.7: a busy device is asked again after a pause, a write too, and no more often than set")
    func busy() async throws {
        let bench = try ClientBench {
            $0.retries.whenBusy = 2
            $0.retries.busyPause = .milliseconds(50)
        }
        let write = bench.send(ClientRetryTests.write)
        let channel = try await bench.nextConnection()
        for attempt in 0..<3 {
            let request = try await channel.nextRequest()
            try await channel.receive(wire(request.transaction, [0x86, 6]))
            guard attempt < 2 else { break }
            await bench.loop.advanceTime(by: .milliseconds(49))
            #expect(try await channel.readOutbound(as: ByteBuffer.self) == nil, "not before the pause is over")
            await bench.loop.advanceTime(by: .milliseconds(1))
        }
        #expect(await write.value == .success(.exception(.writeSingleRegister, .serverDeviceBusy)))
        #expect(await bench.client.counters.exceptionCodes == [.serverDeviceBusy: 3])
    }

    @Test(
        "Modbus checklist 7.7: busy and acknowledge are handed to the caller otherwise",
        arguments: [5, 6] as [UInt8]
    )
    func exceptionsHandedOn(code: UInt8) async throws {
        let bench = try ClientBench { $0.retries.whenBusy = code == 5 ? 3 : 0 }
        let write = bench.send(ClientRetryTests.write)
        let channel = try await bench.nextConnection()
        try await channel.receive(wire(try await channel.nextRequest().transaction, [0x86, code]))
        #expect(await write.value == .success(.exception(.writeSingleRegister, ExceptionCode(rawValue: code))))
        #expect(await bench.client.counters.retries == 0)
    }

    @Test("While a busy device is left alone, reads go on and writes keep their order")
    func busyOrder() async throws {
        let bench = try ClientBench {
            $0.retries.whenBusy = 1
            $0.retries.busyPause = .milliseconds(50)
        }
        let first = bench.send(ClientRetryTests.write)
        let channel = try await bench.nextConnection()
        let refused = try await channel.nextRequest()
        let second = bench.send(.writeSingleRegister(address: 9, value: 9))
        await bench.settle(queued: 1)
        let read = bench.read(3)
        await bench.settle(queued: 2)
        try await channel.receive(wire(refused.transaction, [0x86, 6]))
        let next = try await channel.nextRequest()
        #expect(next.address == 3, "the read")
        try await channel.answer(next.transaction, 33)
        #expect(await read.value == .success([33]))
        #expect(try await channel.readOutbound(as: ByteBuffer.self) == nil)
        await bench.loop.advanceTime(by: .milliseconds(50))
        let again = try await channel.nextRequest()
        #expect(again.address == 1, "the older write")
        try await channel.receive(wire(again.transaction, [6, 0, 1, 0, 2]))
        _ = await first.value
        let last = try await channel.nextRequest()
        #expect(last.address == 9)
        try await channel.receive(wire(last.transaction, [6, 0, 9, 0, 9]))
        #expect(await second.value == .success(.writeSingleRegister(address: 9, value: 9)))
    }

    @Test("Modbus checklist 7.3: an answer that does not fit is asked for again as often as set")
    func badResponses() async throws {
        let bench = try ClientBench { $0.retries.afterBadResponse = 1 }
        let read = bench.read(7)
        let channel = try await bench.nextConnection()
        try await channel.receive(wire(try await channel.nextRequest().transaction, [3, 0]))
        try await channel.answer(try await channel.nextRequest().transaction, 4)
        #expect(await read.value == .success([4]))
        let failing = bench.read(7)
        for _ in 0..<2 { try await channel.receive(wire(try await channel.nextRequest().transaction, [3, 0])) }
        guard case .failure(.badResponse) = await failing.value else { return #expect(Bool(false)) }
    }

    /// A connection that has worked once.
    private func worked(_ bench: ClientBench) async throws -> NIOAsyncTestingChannel {
        let read = bench.read(1)
        let channel = try await bench.nextConnection()
        try await channel.answer(try await channel.nextRequest().transaction, 1)
        #expect(await read.value == .success([1]))
        return channel
    }

    @Test("Modbus checklist 14.7: a read that hit a stale connection is sent once more on a new one")
    func stale() async throws {
        let bench = try ClientBench()
        let kept = try await worked(bench)
        let read = bench.read(2)
        _ = try await kept.nextRequest()
        try await kept.close()
        let next = try await bench.nextConnection()
        let again = try await next.nextRequest()
        #expect(again.address == 2)
        try await next.answer(again.transaction, 22)
        #expect(await read.value == .success([22]))
    }

    @Test("Modbus checklist 14.7: it is sent only once more, and only if it is a read")
    func staleOnce() async throws {
        let bench = try ClientBench { $0.reconnectDelays = [.zero] }
        var kept = try await worked(bench)
        let write = bench.send(ClientRetryTests.write)
        _ = try await kept.nextRequest()
        try await kept.close()
        #expect(await write.value == .failure(.connectionClosed))
        kept = try await worked(bench)
        let read = bench.read(2)
        _ = try await kept.nextRequest()
        try await kept.close()
        let next = try await bench.nextConnection()
        _ = try await next.nextRequest()
        try await next.close()
        #expect(await read.value == .failure(.connectionClosed))
        #expect(await bench.client.counters.retries == 1)
    }

    @Test("Modbus checklist 14.7: not when bytes had come since the request was sent, nor when it is switched off")
    func notStale() async throws {
        let bench = try ClientBench()
        let kept = try await worked(bench)
        let read = bench.read(2)
        let request = try await kept.nextRequest()
        try await kept.receive(Array(wire(request.transaction, [3, 2, 0, 1]).prefix(8)))
        try await kept.close()
        #expect(await read.value == .failure(.connectionClosed))
        let strict = try ClientBench { $0.retries.resendsOnStaleConnection = false }
        let channel = try await worked(strict)
        let second = strict.read(2)
        _ = try await channel.nextRequest()
        try await channel.close()
        #expect(await second.value == .failure(.connectionClosed))
    }

    @Test("A cancelled call is not sent again")
    func cancelled() async throws {
        let bench = try ClientBench {
            $0.timeoutsBeforeReconnect = 10
            $0.retries.afterTimeout = 5
        }
        let read = bench.read(7)
        let channel = try await bench.nextConnection()
        _ = try await channel.nextRequest()
        read.cancel()
        #expect(await read.value == .failure(.cancelled))
        await bench.loop.advanceTime(by: .seconds(1))
        #expect(try await channel.readOutbound(as: ByteBuffer.self) == nil)
        #expect(await bench.client.counters.inFlight == 0)
    }
}
