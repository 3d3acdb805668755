// SPDX-License-Identifier: Apache-2.0

import Modbus
import NIOCore
import NIOEmbedded
import Testing

@testable import ModbusNIO

@Suite("Client, bytes of a stream", .timeLimit(.minutes(1)))
struct ClientStreamTests {
    @Test("Modbus checklist 3.1, 3.2: answers cut at any byte, several or one and a half in a read, are understood")
    func cuts() async throws {
        let answers = wire(1, [3, 2, 0, 1]) + wire(2, [0x83, 2]) + wire(3, [3, 2, 0, 3])
        for cut in 0...answers.count {
            let bench = try ClientBench { $0.maximumInFlight = 3 }
            var reads: [Task<Result<[UInt16], ModbusClientError>, Never>] = []
            var channel: NIOAsyncTestingChannel?
            for address in 0..<3 as Range<UInt16> {
                reads.append(bench.read(address))
                if channel == nil { channel = try await bench.nextConnection() }
                _ = try await channel?.nextRequest()
            }
            try await channel?.receive(Array(answers[..<cut]))
            try await channel?.receive(Array(answers[cut...]))
            #expect(await reads[0].value == .success([1]), "cut at \(cut)")
            #expect(await reads[1].value == .failure(.exception(.illegalDataAddress)))
            #expect(await reads[2].value == .success([3]))
            await bench.client.close()
        }
    }

    @Test("Modbus checklist 2.1, 2.2, 2.3: a request's header has identifier, protocol 0, length and unit")
    func header() {
        var bytes: [UInt8] = []
        let request = Request.writeMultipleRegisters(address: 1, values: [2, 3])
        Framing.tcp.encode(request, transaction: 0x0102, unit: 5, into: &bytes)
        Framing.tcp.encode(.readExceptionStatus, transaction: 0xFFFF, unit: 255, into: &bytes)
        #expect(bytes == [1, 2, 0, 0, 0, 11, 5, 16, 0, 1, 0, 2, 4, 0, 2, 0, 3] + [255, 255, 0, 0, 0, 2, 255, 7])
    }

    @Test("Modbus checklist 3.7, 3.10: of an announced length nothing is kept before it has come")
    func bound() async throws {
        let bench = try ClientBench()
        let read = bench.read(1)
        let channel = try await bench.nextConnection()
        _ = try await channel.nextRequest()
        let longest = wire(1, [3, 250] + Array(repeating: 0, count: 251))
        for byte in longest { try await channel.receive([byte]) }
        guard case .failure(.badResponse) = await read.value else { return #expect(Bool(false)) }
        #expect(channel.isActive, "3.9: the stream stays in step")
        let second = bench.read(2)
        try await channel.answer(try await channel.nextRequest().transaction, 2)
        #expect(await second.value == .success([2]))
    }

    @Test(
        "Modbus checklist 3.3: at depth 1, and by option at any depth, each request is a write of its own",
        arguments: [(1, true), (1, false), (16, false)]
    )
    func separate(depth: Int, shares: Bool) async throws {
        #expect(try await writes(depth: depth, shares: shares) == [12, 12, 12, 12])
    }

    @Test("Requests that become ready in one turn share a write where several may be out")
    func shared() async throws {
        #expect(try await writes(depth: 16, shares: true) == [48])
        #expect(try await writes(depth: 3, shares: true) == [36, 12])
    }

    /// The sizes of the writes in which four requests go out that became ready at the same moment.
    private func writes(depth: Int, shares: Bool) async throws -> [Int] {
        let bench = try ClientBench {
            $0.maximumInFlight = depth
            $0.sharesWrites = shares
            $0.pauseAfterConnecting = .milliseconds(1)
        }
        let reads = (0..<4 as Range<UInt16>).map { bench.read($0) }
        let channel = try await bench.nextConnection()
        await bench.settle(queued: 4)
        await bench.loop.advanceTime(by: .milliseconds(1))
        var sizes: [Int] = []
        while sizes.reduce(0, +) < 48 {
            let bytes = try await channel.nextBytes()
            sizes.append(bytes.count)
            for start in stride(from: 0, to: bytes.count, by: 12) {
                try await channel.answer(UInt16(bytes[start]) << 8 | UInt16(bytes[start + 1]), 0)
            }
        }
        for read in reads { #expect(await read.value == .success([0])) }
        return sizes
    }
}
