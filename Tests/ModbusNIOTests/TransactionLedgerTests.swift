// SPDX-License-Identifier: Apache-2.0

import NIOCore
import Testing

@testable import ModbusNIO

@Suite("Transaction ledger")
struct TransactionLedgerTests {
    private let start = NIODeadline.uptimeNanoseconds(0)

    @Test("Modbus checklist 4.1, 4.10: no identifier comes back before all 65536 have gone round")
    func round() {
        var ledger = TransactionLedger<Int>(firstIdentifier: 65000)
        var seen: Set<UInt16> = []
        for number in 0..<65536 {
            let identifier = ledger.add(number, deadline: start)
            #expect(seen.insert(identifier).inserted)
            _ = ledger.match(identifier)
        }
        #expect(ledger.add(0, deadline: start) == 65000)
    }

    @Test("Modbus checklist 4.1: an identifier that is still outstanding after a round is left out")
    func outstanding() {
        var ledger = TransactionLedger<Int>(firstIdentifier: 1)
        #expect(ledger.add(0, deadline: start) == 1)
        for _ in 0..<65535 { _ = ledger.match(ledger.add(0, deadline: start)) }
        #expect(ledger.add(0, deadline: start) == 2)
    }

    @Test("Modbus checklist 4.7, 4.8, 4.9: answers are outstanding once, late once, and unknown otherwise")
    func matches() {
        var ledger = TransactionLedger<String>(firstIdentifier: 1)
        let first = ledger.add("first", deadline: start + .seconds(1))
        let second = ledger.add("second", deadline: start + .seconds(2))
        #expect(ledger.earliestDeadline == start + .seconds(1))
        #expect(ledger.expire(at: start).isEmpty)
        #expect(ledger.expire(at: start + .seconds(1)) == ["first"])
        guard case .late = ledger.match(first) else { return #expect(Bool(false), "not late") }
        guard case .unknown = ledger.match(first) else { return #expect(Bool(false), "late twice") }
        guard case .outstanding("second") = ledger.match(second) else { return #expect(Bool(false), "lost") }
        guard case .unknown = ledger.match(second) else { return #expect(Bool(false), "twice") }
        #expect(ledger.count == 0)
        #expect(ledger.earliestDeadline == nil)
    }

    @Test("All requests leave the ledger in the order they were sent")
    func removal() {
        var ledger = TransactionLedger<Int>(firstIdentifier: 65534)
        for number in 0..<5 { _ = ledger.add(number, deadline: start) }
        #expect(ledger.removeAll() == [0, 1, 2, 3, 4])
        #expect(ledger.removeAll().isEmpty)
    }
}
