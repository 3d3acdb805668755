// SPDX-License-Identifier: Apache-2.0

import Modbus
import NIOCore
import NIOEmbedded
import Testing

@testable import ModbusNIO

@Suite("Client, units", .timeLimit(.minutes(1)))
struct ClientUnitTests {
    @Test("Modbus checklist 5.3: the unit is 255 unless the caller names another")
    func usual() async throws {
        let bench = try ClientBench()
        let client = bench.client
        let read = Task { try await client.readHoldingRegisters(address: 0, count: 1) }
        let channel = try await bench.nextConnection()
        let bytes = try await channel.waitForOutboundWrite(as: ByteBuffer.self)
        #expect(Array(bytes.readableBytesView) == wire(1, unit: 255, [3, 0, 0, 0, 1]))
        try await channel.answer(1, unit: 255, 8)
        #expect(try await read.value == [8])
    }

    @Test("Modbus checklist 5.3: 0, 1 to 247 and 255 can be addressed, 248 to 254 only where allowed")
    func range() {
        let usual = UnitRule(isSerial: false, allowsReserved: false)
        let free = UnitRule(isSerial: false, allowsReserved: true)
        for unit in 0...255 as ClosedRange<UInt8> {
            #expect((usual.fault(unit, isRead: true) == nil) == !(248...254).contains(unit))
            #expect(free.fault(unit, isRead: true) == nil)
        }
    }

    @Test("Modbus checklist 5.3, 10.12: on serial lines 255 is reserved too, and 0 is for writes")
    func serial() {
        let rule = UnitRule(isSerial: true, allowsReserved: false)
        #expect(rule.fault(0, isRead: false) == nil)
        #expect(rule.fault(0, isRead: true) != nil)
        #expect(rule.fault(247, isRead: true) == nil)
        #expect(rule.fault(248, isRead: true) != nil)
        #expect(rule.fault(255, isRead: false) != nil)
    }

    @Test("Modbus checklist 5.3: a reserved unit is refused before anything is sent")
    func reserved() async throws {
        let bench = try ClientBench()
        guard case .failure(.invalidRequest(let reason)) = await bench.read(1, unit: 250).value else {
            return #expect(Bool(false))
        }
        #expect(reason == "unit 250 is reserved; 255, 0 or 1 to 247 can be used")
        #expect(await bench.client.counters == ModbusClientCounters())
    }

    @Test("Modbus checklist 6.11: by option the unit of an answer is not looked at")
    func ignored() async throws {
        let bench = try ClientBench { $0.ignoresAnswerUnit = true }
        let read = bench.read(1, unit: 5)
        let channel = try await bench.nextConnection()
        try await channel.answer(try await channel.nextRequest().transaction, unit: 0, 6)
        #expect(await read.value == .success([6]))
        #expect(await bench.client.counters.wrongUnits == 0)
    }
}
