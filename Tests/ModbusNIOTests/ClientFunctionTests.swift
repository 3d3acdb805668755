// SPDX-License-Identifier: Apache-2.0

import Modbus
import NIOCore
import NIOEmbedded
import Testing

@testable import ModbusNIO

@Suite("Client, one method for each function", .timeLimit(.minutes(1)))
struct ClientFunctionTests {
    /// Calls a method, checks the PDU it sends and answers with another one.
    private func exchange<Value: Sendable>(
        _ request: [UInt8],
        _ answer: [UInt8],
        _ call: @escaping @Sendable (ModbusClient) async throws -> Value
    ) async throws -> Value {
        let bench = try ClientBench()
        let client = bench.client
        let result = Task { try await call(client) }
        let channel = try await bench.nextConnection()
        #expect(try await channel.nextBytes() == wire(1, unit: 255, request))
        try await channel.receive(wire(1, unit: 255, answer))
        defer { Task { await client.close() } }
        return try await result.value
    }

    @Test("Modbus checklist 6.1: bits, functions 1, 2, 5 and 15")
    func bits() async throws {
        let coils = try await exchange([1, 0, 19, 0, 10], [1, 2, 0xCD, 0x01]) {
            try await $0.readCoils(address: 19, count: 10)
        }
        #expect(coils == [true, false, true, true, false, false, true, true, true, false])
        let inputs = try await exchange([2, 0, 0, 0, 1], [2, 1, 0xFF]) {
            try await $0.readDiscreteInputs(address: 0, count: 1)
        }
        #expect(inputs == [true], "padding is ignored (1.7)")
        try await exchange([5, 0, 172, 0xFF, 0], [5, 0, 172, 0xFF, 0]) {
            try await $0.writeSingleCoil(address: 172, value: true)
        }
        try await exchange([15, 0, 19, 0, 3, 1, 0b101], [15, 0, 19, 0, 3]) {
            try await $0.writeMultipleCoils(address: 19, values: [true, false, true])
        }
    }

    @Test("Modbus checklist 6.1: registers, functions 3, 4, 6, 16, 22, 23 and 24")
    func registers() async throws {
        let holding = try await exchange([3, 0, 107, 0, 2], [3, 4, 0, 1, 0xFF, 0xFE]) {
            try await $0.readHoldingRegisters(address: 107, count: 2)
        }
        #expect(holding == [1, 0xFFFE])
        let input = try await exchange([4, 0, 8, 0, 1], [4, 2, 0, 10]) {
            try await $0.readInputRegisters(address: 8, count: 1)
        }
        #expect(input == [10])
        try await exchange([6, 0, 1, 0, 3], [6, 0, 1, 0, 3]) { try await $0.writeSingleRegister(address: 1, value: 3) }
        try await exchange([16, 0, 1, 0, 2, 4, 0, 10, 1, 2], [16, 0, 1, 0, 2]) {
            try await $0.writeMultipleRegisters(address: 1, values: [10, 0x0102])
        }
        try await exchange([22, 0, 4, 0, 0xF2, 0, 0x25], [22, 0, 4, 0, 0xF2, 0, 0x25]) {
            try await $0.maskWriteRegister(address: 4, and: 0xF2, or: 0x25)
        }
        let both = try await exchange([23, 0, 3, 0, 1, 0, 14, 0, 1, 2, 0, 255], [23, 2, 0, 254]) {
            try await $0.readWriteMultipleRegisters(readAddress: 3, readCount: 1, writeAddress: 14, values: [255])
        }
        #expect(both == [254])
        let queue = try await exchange([24, 4, 0xDE], [24, 0, 6, 0, 2, 1, 0xB8, 0x12, 0x84]) {
            try await $0.readFIFOQueue(address: 0x04DE)
        }
        #expect(queue == [0x01B8, 0x1284])
    }

    @Test("Modbus checklist 6.1: files, functions 20 and 21")
    func files() async throws {
        let groups = try await exchange(
            [20, 14, 6, 0, 4, 0, 1, 0, 2, 6, 0, 3, 0, 9, 0, 1],
            [20, 10, 5, 6, 0x0D, 0xFE, 0, 32, 3, 6, 0x33, 0xCD]
        ) {
            try await $0.readFileRecord([
                FileReference(file: 4, record: 1, count: 2), FileReference(file: 3, record: 9, count: 1),
            ])
        }
        #expect(groups == [[0x0DFE, 32], [0x33CD]])
        let write: [UInt8] = [21, 9, 6, 0, 4, 0, 7, 0, 1, 6, 0xAF]
        try await exchange(write, write) {
            try await $0.writeFileRecord([FileRecord(file: 4, record: 7, values: [0x06AF])])
        }
    }

    @Test("Modbus checklist 6.1: what a device says about itself, functions 7, 8, 11, 12 and 17")
    func diagnostics() async throws {
        #expect(try await exchange([7], [7, 0x6D]) { try await $0.readExceptionStatus() } == 0x6D)
        let echo = try await exchange([8, 0, 0, 0xA5, 0x37], [8, 0, 0, 0xA5, 0x37]) {
            try await $0.diagnostics(.returnQueryData, data: [0xA537])
        }
        #expect(echo == [0xA537])
        let count = try await exchange([8, 0, 11, 0, 0], [8, 0, 11, 0, 9]) {
            try await $0.diagnostics(.busMessageCount)
        }
        #expect(count == [9])
        let counter = try await exchange([11], [11, 0xFF, 0xFF, 1, 8]) { try await $0.getCommEventCounter() }
        #expect(counter == (0xFFFF, 264))
        let log = try await exchange([12], [12, 8, 0, 0, 1, 8, 1, 33, 32, 0]) { try await $0.getCommEventLog() }
        #expect(log == CommEventLog(status: 0, eventCount: 264, messageCount: 289, events: [32, 0]))
        #expect(try await exchange([17], [17, 3, 5, 0xFF, 1]) { try await $0.reportServerID() } == [5, 0xFF, 1])
    }

    private func identification(_ pages: [[UInt8]], requests: [UInt8]) async throws -> [UInt8] {
        let bench = try ClientBench()
        let client = bench.client
        let result = Task { try await client.readDeviceIdentification(.extended) }
        let channel = try await bench.nextConnection()
        for (page, request) in zip(pages, requests) {
            let bytes = try await channel.nextBytes()
            #expect(bytes.suffix(4) == [43, 14, 3, request])
            let transaction = UInt16(bytes[0]) << 8 | UInt16(bytes[1])
            try await channel.receive(wire(transaction, unit: 255, [43, 14, 3, 0x83] + page))
        }
        let objects = try await result.value
        #expect(try await channel.readOutbound(as: ByteBuffer.self) == nil)
        return objects.map(\.id)
    }

    @Test("Modbus checklist 8.38: identification is followed page by page while the next object grows")
    func identification() async throws {
        let one: [UInt8] = [0xFF, 0x02, 2, 0, 1, 65, 1, 1, 66]
        let two: [UInt8] = [0xFF, 0x80, 1, 2, 0]
        let three: [UInt8] = [0x00, 0x00, 1, 0x80, 1, 67]
        #expect(try await identification([one, two, three], requests: [0, 2, 0x80]) == [0, 1, 2, 0x80])
        let again: [UInt8] = [0xFF, 0x02, 1, 2, 0]
        #expect(try await identification([one, again], requests: [0, 2]) == [0, 1, 2], "it would never end")
    }

    @Test("Modbus checklist 8.38: at most 256 pages are asked for")
    func identificationBound() async throws {
        let pages = (0...255).map { [0xFF, UInt8(min($0 + 1, 255)), 1, UInt8($0), 0] as [UInt8] }
        let ids = try await identification(pages, requests: (0...255).map { UInt8($0) })
        #expect(ids == (0...255).map { UInt8($0) })
    }

    @Test("Registers are read where they lie, and what the reader throws is a bad response")
    func decoding() async throws {
        let power = try await exchange([4, 0, 10, 0, 4], [4, 8, 0, 0, 0, 7, 0xFF, 0xFF, 0xFF, 0xFE]) { client in
            try await client.read(.readInputRegisters(address: 10, count: 4)) { bytes in
                [0, 2].map { RegisterType.s32.decode(bytes, register: $0, order: .abcd)?.double }
            }
        }
        #expect(power == [7, -2])
        await #expect(throws: ModbusClientError.exception(.illegalDataAddress)) {
            try await exchange([3, 0, 0, 0, 1], [0x83, 2]) {
                try await $0.read(.readHoldingRegisters(address: 0, count: 1)) { $0.count }
            }
        }
        await #expect(throws: ModbusClientError.badResponse("CancellationError()")) {
            try await exchange([3, 0, 0, 0, 1], [3, 2, 0, 0]) {
                try await $0.read(.readHoldingRegisters(address: 0, count: 1)) { _ -> Int in throw CancellationError() }
            }
        }
    }

    @Test("Modbus checklist 6.6: registers of another count are a bad response for such readers too")
    func decodingOther() async throws {
        for answer in [[3, 4, 0, 0, 0, 0], [3, 2, 0], [3, 3, 0, 0], [4, 2, 0, 0], [3]] as [[UInt8]] {
            let bench = try ClientBench()
            let client = bench.client
            let request = Request.readHoldingRegisters(address: 0, count: 1)
            let result = Task { try await client.read(request, unit: 1) { $0.count } }
            let channel = try await bench.nextConnection()
            _ = try await channel.nextBytes()
            try await channel.receive(wire(1, answer))
            do {
                _ = try await result.value
                #expect(Bool(false), "\(answer) was accepted")
            } catch ModbusClientError.badResponse {
                #expect(await client.counters.badResponses == 1)
            }
            await client.close()
        }
    }

    @Test("Modbus checklist 5.1: quantities out of range are refused before anything is sent")
    func faults() async throws {
        let bench = try ClientBench()
        let client = bench.client
        let calls: [@Sendable () async throws -> Void] = [
            { _ = try await client.readCoils(address: 0, count: 0) },
            { _ = try await client.readCoils(address: 0, count: 2001) },
            { _ = try await client.readDiscreteInputs(address: 65535, count: 2) },
            { try await client.writeMultipleCoils(address: 0, values: Array(repeating: true, count: 1969)) },
            { try await client.writeMultipleRegisters(address: 0, values: []) },
            { _ = try await client.readFileRecord([]) },
            {
                _ = try await client.readWriteMultipleRegisters(
                    readAddress: 0,
                    readCount: 126,
                    writeAddress: 0,
                    values: [1]
                )
            },
        ]
        for call in calls {
            do {
                try await call()
                #expect(Bool(false), "accepted")
            } catch ModbusClientError.invalidRequest {
            }
        }
        #expect(await client.counters == ModbusClientCounters())
    }
}
