// SPDX-License-Identifier: Apache-2.0

import Modbus
import NIOCore
import NIOEmbedded
import Testing

@testable import ModbusNIO

@Suite("Client, opening, closing and pauses", .timeLimit(.minutes(1)))
struct ClientPacingTests {
    @Test("Modbus checklist 14.9: the first request waits after connecting")
    func pauseAfterConnecting() async throws {
        let bench = try ClientBench { $0.pauseAfterConnecting = .milliseconds(300) }
        let read = bench.read(1)
        let channel = try await bench.nextConnection()
        await bench.settle(queued: 1)
        await bench.loop.advanceTime(by: .milliseconds(299))
        #expect(try await channel.readOutbound(as: ByteBuffer.self) == nil)
        await bench.loop.advanceTime(by: .milliseconds(1))
        try await channel.answer(try await channel.nextRequest().transaction, 1)
        #expect(await read.value == .success([1]))
    }

    @Test("Modbus checklist 14.9: requests keep a distance, after answers and after each other")
    func pauseBetweenRequests() async throws {
        let bench = try ClientBench {
            $0.pauseBetweenRequests = .milliseconds(100)
            $0.maximumInFlight = 2
        }
        let reads = [bench.read(1)]
        let channel = try await bench.nextConnection()
        let first = try await channel.nextRequest()
        let second = bench.read(2)
        await bench.settle(queued: 1)
        await bench.loop.advanceTime(by: .milliseconds(60))
        #expect(try await channel.readOutbound(as: ByteBuffer.self) == nil, "too soon after the first request")
        try await channel.answer(first.transaction, 1)
        #expect(await reads[0].value == .success([1]))
        await bench.loop.advanceTime(by: .milliseconds(60))
        #expect(try await channel.readOutbound(as: ByteBuffer.self) == nil, "too soon after the answer")
        await bench.loop.advanceTime(by: .milliseconds(40))
        try await channel.answer(try await channel.nextRequest().transaction, 2)
        #expect(await second.value == .success([2]))
    }

    @Test("Modbus checklist 14.10: the connection is closed after each exchange when nothing else waits")
    func closeAfterExchange() async throws {
        let bench = try ClientBench { $0.idleLimit = .zero }
        for round in 1...3 as ClosedRange<UInt16> {
            let read = bench.read(round)
            let channel = try await bench.nextConnection()
            try await channel.answer(try await channel.nextRequest().transaction, round)
            #expect(await read.value == .success([round]))
            try await channel.closeFuture.get()
        }
        let counters = await bench.client.counters
        #expect(counters.connections == 3)
        #expect(counters.failedConnections == 0)
    }

    @Test("Modbus checklist 14.10: an unused connection is closed after the idle time, counted from the last answer")
    func idle() async throws {
        let bench = try ClientBench { $0.idleLimit = .seconds(10) }
        let first = bench.read(1)
        let channel = try await bench.nextConnection()
        try await channel.answer(try await channel.nextRequest().transaction, 1)
        _ = await first.value
        await bench.loop.advanceTime(by: .milliseconds(9500))
        let second = bench.read(2)
        let request = try await channel.nextRequest()
        await bench.loop.advanceTime(by: .milliseconds(900))
        #expect(channel.isActive, "a request is out")
        try await channel.answer(request.transaction, 2)
        _ = await second.value
        await bench.loop.advanceTime(by: .milliseconds(9999))
        #expect(channel.isActive)
        await bench.loop.advanceTime(by: .milliseconds(1))
        #expect(!channel.isActive)
        let third = bench.read(3)
        let next = try await bench.nextConnection()
        try await next.answer(try await next.nextRequest().transaction, 3)
        #expect(await third.value == .success([3]), "without a pause, as nothing failed")
    }

    @Test("Modbus checklist 14.2: the connection can be opened before the first request and closed after the last")
    func explicit() async throws {
        let bench = try ClientBench()
        try await bench.client.connect()
        let channel = try await bench.nextConnection()
        try await bench.client.connect()
        #expect(await bench.client.counters.connections == 1, "there is one")
        let read = bench.read(1)
        try await channel.answer(try await channel.nextRequest().transaction, 1)
        #expect(await read.value == .success([1]))
        let out = bench.read(2)
        _ = try await channel.nextRequest()
        let queued = bench.read(3)
        await bench.settle(queued: 1)
        await bench.client.disconnect()
        #expect(!channel.isActive)
        #expect(await out.value == .failure(.connectionClosed))
        #expect(await queued.value == .failure(.connectionClosed))
        try await bench.client.connect()
        #expect(await bench.client.counters.connections == 2)
        await bench.client.close()
        await #expect(throws: ModbusClientError.connectionClosed) { try await bench.client.connect() }
    }

    @Test("Modbus checklist 14.2: connecting tells why it failed, and keeps to the pause after a failure")
    func connectFails() async throws {
        let bench = try ClientBench()
        bench.failures.add(.connectionRefused("meter:502"))
        await #expect(throws: ModbusClientError.connectionRefused("meter:502")) { try await bench.client.connect() }
        do throws(ModbusClientError) {
            try await bench.client.connect()
            #expect(Bool(false), "connected")
        } catch {
            guard case .backingOff(let retryIn) = error else { return #expect(Bool(false), "\(error)") }
            #expect(retryIn >= .seconds(1))
        }
        await bench.client.disconnect()
        try await bench.client.connect()
    }

    @Test("Modbus checklist 14.2: a client told so opens no connection unasked")
    func onlyExplicit() async throws {
        let bench = try ClientBench { $0.connectsOnDemand = false }
        #expect(await bench.read(1).value == .failure(.notConnected))
        try await bench.client.connect()
        let channel = try await bench.nextConnection()
        let read = bench.read(1)
        try await channel.answer(try await channel.nextRequest().transaction, 1)
        #expect(await read.value == .success([1]))
        let lost = bench.read(2)
        _ = try await channel.nextRequest()
        try await channel.close()
        #expect(await lost.value == .failure(.connectionClosed), "the next connection is the application's to open")
        #expect(await bench.read(3).value == .failure(.notConnected))
        #expect(await bench.client.counters.connections == 1)
    }

    @Test("Modbus checklist 14.2: a connection that is given up while it is made does not disturb the next one")
    func disconnectWhileConnecting() async throws {
        let bench = try ClientBench()
        let first = bench.read(1)
        let channel = try await bench.nextConnection()
        await bench.client.disconnect()
        #expect(await first.value == .failure(.connectionClosed))
        let second = bench.read(2)
        let next = try await bench.nextConnection()
        #expect(next !== channel)
        try await next.answer(try await next.nextRequest().transaction, 2)
        #expect(await second.value == .success([2]))
    }

    @Test("Modbus checklist 6.13: counters start anew with each connection, and the client's own go on")
    func counters() async throws {
        let bench = try ClientBench { $0.reconnectDelays = [.zero] }
        for round in 1...2 {
            let refused = bench.read(1)
            let channel = try await bench.nextConnection()
            try await channel.receive(wire(try await channel.nextRequest().transaction, [0x83, 2]))
            #expect(await refused.value == .failure(.exception(.illegalDataAddress)))
            let bad = bench.read(1)
            let request = try await channel.nextRequest()
            try await channel.receive(wire(request.transaction &+ 1, [3, 2, 0, 1]))
            try await channel.receive(wire(request.transaction, [3, 0]))
            _ = await bad.value
            let connection = await bench.client.connectionCounters
            #expect(connection.exceptionCodes == [.illegalDataAddress: 1])
            #expect(connection.badResponses == 1)
            #expect(connection.unknownAnswers == 1)
            #expect(connection.connections == 1)
            let all = await bench.client.counters
            #expect(all.exceptionCodes == [.illegalDataAddress: round])
            #expect(all.badResponses == round)
            try await channel.close()
        }
    }
}
