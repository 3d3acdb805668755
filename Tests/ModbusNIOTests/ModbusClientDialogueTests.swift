// SPDX-License-Identifier: Apache-2.0

import Modbus
import NIOCore
import NIOEmbedded
import Testing

@testable import ModbusNIO

@Suite("Client, with time moved by hand", .timeLimit(.minutes(1)))
struct ModbusClientDialogueTests {
    @Test("Modbus checklist 2.3, 5.2, 14.1: the first request connects and goes out as one frame")
    func firstRequest() async throws {
        let bench = try ClientBench()
        #expect(await bench.client.counters.connections == 0)
        let read = bench.read(0x0102, unit: 9)
        let channel = try await bench.nextConnection()
        let bytes = try await channel.waitForOutboundWrite(as: ByteBuffer.self)
        #expect(Array(bytes.readableBytesView) == wire(1, unit: 9, [3, 1, 2, 0, 1]))
        try await channel.answer(1, unit: 9, 0x1234)
        #expect(await read.value == .success([0x1234]))
    }

    @Test("Modbus checklist 4.2, 4.7: several requests are out at once and their answers come in any order")
    func anyOrder() async throws {
        let bench = try ClientBench { $0.maximumInFlight = 4 }
        var reads: [Task<Result<[UInt16], ModbusClientError>, Never>] = []
        for address in 0..<4 as Range<UInt16> { reads.append(bench.read(address)) }
        let channel = try await bench.nextConnection()
        var requests: [(transaction: UInt16, address: UInt16)] = []
        for _ in 0..<4 { requests.append(try await channel.nextRequest()) }
        #expect(Set(requests.map(\.transaction)).count == 4)
        for request in requests.reversed() { try await channel.answer(request.transaction, request.address + 100) }
        for (address, read) in reads.enumerated() { #expect(await read.value == .success([UInt16(address) + 100])) }
    }

    @Test("Modbus checklist 4.2: no more requests are out than allowed")
    func inFlightLimit() async throws {
        let bench = try ClientBench()
        let first = bench.read(1)
        let channel = try await bench.nextConnection()
        let request = try await channel.nextRequest()
        let second = bench.read(1)
        await bench.settle(queued: 1)
        #expect(try await channel.readOutbound(as: ByteBuffer.self) == nil)
        try await channel.answer(request.transaction, 1)
        #expect(await first.value == .success([1]))
        let next = try await channel.nextRequest()
        #expect(next.transaction != request.transaction)
        try await channel.answer(next.transaction, 2)
        #expect(await second.value == .success([2]))
    }

    @Test("Modbus checklist 7.1, 7.2: a request without an answer fails at its deadline and not before")
    func timeout() async throws {
        let bench = try ClientBench()
        let read = bench.read(1)
        let channel = try await bench.nextConnection()
        _ = try await channel.nextRequest()
        await bench.loop.advanceTime(by: .milliseconds(999))
        #expect(await bench.client.counters.timeouts == 0)
        await bench.loop.advanceTime(by: .milliseconds(1))
        #expect(await read.value == .failure(.timeout))
        #expect(await bench.client.counters.timeouts == 1)
    }

    @Test("After a timeout the connection is closed and never used again")
    func timeoutCloses() async throws {
        let bench = try ClientBench { $0.maximumInFlight = 2 }
        let reads = [bench.read(1)]
        let channel = try await bench.nextConnection()
        _ = try await channel.nextRequest()
        await bench.loop.advanceTime(by: .milliseconds(500))
        let second = bench.read(2)
        _ = try await channel.nextRequest()
        await bench.loop.advanceTime(by: .milliseconds(500))
        #expect(await reads[0].value == .failure(.timeout))
        #expect(await second.value == .failure(.connectionClosed))
        #expect(!channel.isActive)
        guard case .failure(.backingOff(let retryIn)) = await bench.read(3).value else {
            return #expect(Bool(false), "not backing off")
        }
        #expect(retryIn >= .seconds(1) && retryIn <= .seconds(1.1))
        await bench.loop.advanceTime(by: .milliseconds(1100))
        let third = bench.read(3)
        let next = try await bench.nextConnection()
        let request = try await next.nextRequest()
        #expect(request.transaction == 3)
        try await next.answer(request.transaction, 9)
        #expect(await third.value == .success([9]))
    }

    @Test("Modbus checklist 4.9, 4.10, 7.8: with more timeouts allowed, a late answer is dropped and never mistaken")
    func lateAnswer() async throws {
        let bench = try ClientBench { $0.timeoutsBeforeReconnect = 2 }
        let first = bench.read(1)
        let channel = try await bench.nextConnection()
        let late = try await channel.nextRequest()
        await bench.loop.advanceTime(by: .seconds(1))
        #expect(await first.value == .failure(.timeout))
        #expect(channel.isActive)
        let second = bench.read(1)
        let request = try await channel.nextRequest()
        #expect(request.transaction != late.transaction)
        try await channel.answer(late.transaction, 111)
        try await channel.answer(request.transaction, 222)
        #expect(await second.value == .success([222]))
        let counters = await bench.client.counters
        #expect(counters.lateAnswers == 1)
        #expect(counters.unknownAnswers == 0)
    }

    @Test("Modbus checklist 4.8: one unknown answer is dropped, the second one ends the connection")
    func unknownAnswers() async throws {
        let bench = try ClientBench()
        let read = bench.read(1)
        let channel = try await bench.nextConnection()
        let request = try await channel.nextRequest()
        try await channel.answer(request.transaction &+ 1, 1)
        #expect(channel.isActive)
        try await channel.answer(request.transaction &+ 1, 1)
        #expect(await read.value == .failure(.connectionClosed))
        #expect(!channel.isActive)
        #expect(await bench.client.counters.unknownAnswers == 2)
    }

    @Test("Modbus checklist 2.6: an answer with a foreign protocol identifier matches nothing")
    func foreignProtocol() async throws {
        let bench = try ClientBench()
        let read = bench.read(1)
        let channel = try await bench.nextConnection()
        let request = try await channel.nextRequest()
        try await channel.receive(wire(request.transaction, protocolIdentifier: 1, [3, 2, 0, 1]))
        try await channel.answer(request.transaction, 2)
        #expect(await read.value == .success([2]))
        #expect(await bench.client.counters.foreignFrames == 1)
    }

    @Test("Modbus checklist 6.11: an answer from another unit is an error for units 1 to 247")
    func wrongUnit() async throws {
        let bench = try ClientBench()
        let read = bench.read(1, unit: 247)
        let channel = try await bench.nextConnection()
        try await channel.answer(try await channel.nextRequest().transaction, unit: 246, 1)
        #expect(await read.value == .failure(.wrongUnit(expected: 247, actual: 246)))
        let second = bench.read(1, unit: 1)
        try await channel.answer(try await channel.nextRequest().transaction, unit: 2, 1)
        #expect(await second.value == .failure(.wrongUnit(expected: 1, actual: 2)))
        #expect(!channel.isActive, "two answers to nothing that was asked")
    }

    @Test(
        "Modbus checklist 6.10: the unit of the answer is ignored for a direct server",
        arguments: [0, 255] as [UInt8]
    )
    func directServer(unit: UInt8) async throws {
        let bench = try ClientBench()
        let read = bench.read(1, unit: unit)
        let channel = try await bench.nextConnection()
        try await channel.answer(try await channel.nextRequest().transaction, unit: 77, 5)
        #expect(await read.value == .success([5]))
    }

    @Test("Modbus checklist 6.2, 6.12: exceptions and bad responses end their own transaction only")
    func badResponses() async throws {
        let bench = try ClientBench { $0.maximumInFlight = 3 }
        let reads = (0..<3 as Range<UInt16>).map { bench.read($0) }
        let channel = try await bench.nextConnection()
        var transactions: [UInt16: UInt16] = [:]
        for _ in 0..<3 {
            let request = try await channel.nextRequest()
            transactions[request.address] = request.transaction
        }
        try await channel.receive(wire(try #require(transactions[0]), [0x83, 2]))
        try await channel.receive(wire(try #require(transactions[1]), [3, 4, 0, 1, 0, 2]))
        try await channel.answer(try #require(transactions[2]), 3)
        #expect(await reads[0].value == .failure(.exception(.illegalDataAddress)))
        guard case .failure(.badResponse) = await reads[1].value else { return #expect(Bool(false)) }
        #expect(await reads[2].value == .success([3]))
        #expect(channel.isActive)
    }

    @Test(
        "Modbus checklist 3.6, 6.5: a length out of range ends the connection at once",
        arguments: [0, 1, 255, 65535] as [UInt16]
    )
    func brokenStream(length: UInt16) async throws {
        let bench = try ClientBench()
        let read = bench.read(1)
        let channel = try await bench.nextConnection()
        _ = try await channel.nextRequest()
        try await channel.receive([0, 1, 0, 0, UInt8(length >> 8), UInt8(length & 0xFF)])
        guard case .failure(.badResponse(let reason)) = await read.value else { return #expect(Bool(false)) }
        #expect(reason.contains("\(length)"))
        #expect(!channel.isActive)
    }

    @Test("Modbus checklist 4.13: when a connection ends, all its requests fail once with connection closed")
    func connectionEnds() async throws {
        let bench = try ClientBench { $0.maximumInFlight = 3 }
        let reads = (0..<3 as Range<UInt16>).map { bench.read($0) }
        let channel = try await bench.nextConnection()
        for _ in 0..<3 { _ = try await channel.nextRequest() }
        try await channel.close()
        for read in reads { #expect(await read.value == .failure(.connectionClosed)) }
    }

    @Test("Modbus checklist 4.13: requests fail with the reason that a secured connection ended with")
    func connectionEndsWithReason() async throws {
        let bench = try ClientBench { $0.maximumInFlight = 2 }
        let reads = (0..<2 as Range<UInt16>).map { bench.read($0) }
        let channel = try await bench.nextConnection()
        for _ in 0..<2 { _ = try await channel.nextRequest() }
        let reason = ModbusClientError.connectionEnded("the peer refused: unknown CA")
        try await bench.loop.executeInContext { channel.pipeline.fireErrorCaught(reason) }
        for read in reads { #expect(await read.value == .failure(reason)) }
        #expect(!channel.isActive)
    }

    @Test("Modbus checklist 14.3: after a success the device may close; the next request connects at once")
    func deviceCloses() async throws {
        let bench = try ClientBench()
        for round in 1...3 as ClosedRange<UInt16> {
            let read = bench.read(round)
            let channel = try await bench.nextConnection()
            try await channel.answer(try await channel.nextRequest().transaction, round)
            #expect(await read.value == .success([round]))
            try await channel.close()
        }
        #expect(await bench.client.counters.connections == 3)
    }

    @Test("Modbus checklist 7.10: pauses grow until a request succeeds; connecting alone does not reset them")
    func backOff() async throws {
        let bench = try ClientBench()
        for seconds in [1, 2, 5, 10, 10] as [Int64] {
            let read = bench.read(1)
            let channel = try await bench.nextConnection()
            _ = try await channel.nextRequest()
            try await channel.close()
            #expect(await read.value == .failure(.connectionClosed))
            await bench.loop.advanceTime(by: .seconds(seconds) - .milliseconds(1))
            guard case .failure(.backingOff) = await bench.read(1).value else { return #expect(Bool(false)) }
            await bench.loop.advanceTime(by: .milliseconds(100 * seconds + 1))
        }
        let read = bench.read(1)
        let channel = try await bench.nextConnection()
        try await channel.answer(try await channel.nextRequest().transaction, 1)
        #expect(await read.value == .success([1]))
        let failing = bench.read(1)
        _ = try await channel.nextRequest()
        await bench.loop.advanceTime(by: .seconds(1))
        #expect(await failing.value == .failure(.timeout))
        guard case .failure(.backingOff(let retryIn)) = await bench.read(1).value else { return #expect(Bool(false)) }
        #expect(retryIn <= .seconds(1.1))
    }

    @Test("A failed attempt to connect fails all that wait, with its reason")
    func connectFails() async throws {
        let bench = try ClientBench()
        bench.failures.add(.connectionRefused("meter:502"))
        #expect(await bench.read(1).value == .failure(.connectionRefused("meter:502")))
        guard case .failure(.backingOff) = await bench.read(1).value else { return #expect(Bool(false)) }
        let counters = await bench.client.counters
        #expect(counters.failedConnections == 1)
        #expect(counters.connections == 0)
    }

    @Test("A full queue refuses the next request")
    func queueFull() async throws {
        let bench = try ClientBench { $0.maximumQueued = 2 }
        let first = bench.read(0)
        let channel = try await bench.nextConnection()
        let request = try await channel.nextRequest()
        // The one in flight has left the queue, so two more may wait.
        let waiting = [bench.read(1), bench.read(2)]
        await bench.settle(queued: 2)
        #expect(await bench.read(3).value == .failure(.queueFull))
        #expect(await bench.client.counters.refusedQueueFull == 1)
        try await channel.answer(request.transaction, 0)
        #expect(await first.value == .success([0]))
        for _ in waiting { try await channel.answer(try await channel.nextRequest().transaction, 7) }
        for read in waiting { #expect(await read.value == .success([7])) }
    }

    @Test("Modbus checklist 7.11: a request that waits too long in the queue fails without being sent")
    func queueTimeout() async throws {
        let bench = try ClientBench {
            $0.requestTimeout = .seconds(60)
            $0.queueTimeout = .seconds(2)
        }
        let first = bench.read(0)
        let channel = try await bench.nextConnection()
        let request = try await channel.nextRequest()
        let second = bench.read(1)
        await bench.settle(queued: 1)
        await bench.loop.advanceTime(by: .seconds(2))
        #expect(await second.value == .failure(.queueTimeout))
        try await channel.answer(request.transaction, 4)
        #expect(await first.value == .success([4]))
        #expect(await bench.client.counters.requests == 1)
    }

    @Test("Modbus checklist 4.14: a cancelled call returns at once and keeps its place until its answer")
    func cancellation() async throws {
        let bench = try ClientBench()
        let first = bench.read(0)
        let channel = try await bench.nextConnection()
        let request = try await channel.nextRequest()
        first.cancel()
        #expect(await first.value == .failure(.cancelled))
        let second = bench.read(1)
        await bench.settle(queued: 1)
        #expect(try await channel.readOutbound(as: ByteBuffer.self) == nil, "the place is still taken")
        try await channel.answer(request.transaction, 1)
        try await channel.answer(try await channel.nextRequest().transaction, 2)
        #expect(await second.value == .success([2]))
    }

    @Test("A call that is cancelled in the queue is never sent and frees its place")
    func cancellationInQueue() async throws {
        let bench = try ClientBench { $0.maximumQueued = 1 }
        let first = bench.read(0)
        let channel = try await bench.nextConnection()
        let request = try await channel.nextRequest()
        let second = bench.read(1)
        await bench.settle(queued: 1)
        second.cancel()
        #expect(await second.value == .failure(.cancelled))
        await bench.settle(queued: 0)
        let third = bench.read(2)
        await bench.settle(queued: 1)
        try await channel.answer(request.transaction, 1)
        #expect(await first.value == .success([1]))
        let next = try await channel.nextRequest()
        #expect(next.address == 2)
        try await channel.answer(next.transaction, 3)
        #expect(await third.value == .success([3]))
    }

    @Test("Modbus checklist 5.1: requests outside the limits are refused before anything is sent")
    func invalid() async throws {
        let bench = try ClientBench()
        let client = bench.client
        for count in [-1, 0, 126, 70_000] {
            do throws(ModbusClientError) {
                _ = try await client.readInputRegisters(address: 0, count: count, unit: 1)
                #expect(Bool(false), "\(count) was accepted")
            } catch {
                guard case .invalidRequest = error else { return #expect(Bool(false), "\(error)") }
            }
        }
        #expect(await client.counters == ModbusClientCounters())
    }

    @Test("Modbus checklist 14.4, 14.11: states are told as they come, and closing ends everything")
    func states() async throws {
        let bench = try ClientBench()
        var states = bench.client.states.makeAsyncIterator()
        #expect(await states.next() == .idle)
        let read = bench.read(1)
        let channel = try await bench.nextConnection()
        #expect(await states.next() == .connecting)
        #expect(await states.next() == .connected(address: "127.0.0.1:502"))
        _ = try await channel.nextRequest()
        let waiting = bench.read(2)
        await bench.settle(queued: 1)
        await bench.client.close()
        #expect(await states.next() == .closed)
        #expect(await states.next() == nil)
        #expect(await read.value == .failure(.connectionClosed))
        #expect(await waiting.value == .failure(.connectionClosed))
        #expect(await bench.read(3).value == .failure(.connectionClosed))
        #expect(!channel.isActive)
        await bench.client.close()
    }

    @Test(
        "Modbus checklist 18.4: any bytes from a device end at worst in errors",
        arguments: 1...40 as ClosedRange<UInt64>
    )
    func arbitraryBytes(seed: UInt64) async throws {
        var generator = SplitMix64(state: seed)
        let bench = try ClientBench { $0.maximumInFlight = 4 }
        let reads = (0..<4 as Range<UInt16>).map { bench.read($0) }
        let channel = try await bench.nextConnection()
        for _ in 0..<4 { _ = try await channel.nextRequest() }
        for _ in 0..<20 where channel.isActive {
            let count = Int.random(in: 1...30, using: &generator)
            // Small numbers make plausible headers likely.
            let limit: UInt8 = Bool.random(using: &generator) ? 4 : 255
            try await channel.receive((0..<count).map { _ in UInt8.random(in: 0...limit, using: &generator) })
        }
        await bench.loop.advanceTime(by: .seconds(1))
        for read in reads { _ = await read.value }
        await bench.client.close()
        #expect(!channel.isActive)
    }
}

extension ClientBench {
    /// Returns when this many requests wait in the queue.
    func settle(queued: Int) async {
        while await client.counters.queued != queued { await Task.yield() }
    }
}
