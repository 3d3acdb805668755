// SPDX-License-Identifier: Apache-2.0

import Modbus

/// A model that has everything and notes what it is asked for.
private struct Recorder: DataModel {
    final class Notes {
        var reads: [(DataTable, ItemRange)] = []
    }

    let notes = Notes()
    var writes: [(DataTable, ItemRange)] = []

    func read(_ table: DataTable, _ items: ItemRange, into bytes: inout [UInt8]) throws(ExceptionCode) {
        notes.reads.append((table, items))
        if table.holdsBits {
            bytes.append(bits: Array(repeating: true, count: items.count))
        } else {
            for _ in items.addresses { bytes.append(register: 0x1234) }
        }
    }

    func checkWrite(_ table: DataTable, _ items: ItemRange, _ values: Span<UInt8>) throws(ExceptionCode) {}

    mutating func write(_ table: DataTable, _ items: ItemRange, _ values: Span<UInt8>) throws(ExceptionCode) {
        writes.append((table, items))
    }
}

/// A request; whatever of the tables it reads or writes must be known from its bytes beforehand.
func checkRules(_ input: inout Input) throws(Violation) {
    let pdu = Array(input.remainder().prefix(Limits.pduCount))
    let reach = PDUReach(of: pdu.span)
    var recorder = Recorder()
    var answer: [UInt8] = []
    recorder.answer(pdu.span, into: &answer)
    var accesses: [DataAccess] = []
    if case .data(let data) = reach { accesses = data }
    // A mask write looks at the register it changes, and tells nobody.
    if pdu.first != 22 {
        for (table, items) in recorder.notes.reads {
            try require(isCovered(.read(place(table)), items, accesses), "\(pdu) reads \(table) \(items)")
        }
    }
    for (table, items) in recorder.writes {
        try require(isCovered(.write(place(table)), items, accesses), "\(pdu) writes \(table) \(items)")
    }
    try checkRoles(pdu, reach)
}

private func place(_ table: DataTable) -> DataAccess.Table {
    switch table {
    case .coils: .coils
    case .discreteInputs: .discreteInputs
    case .holdingRegisters: .holdingRegisters
    case .inputRegisters: .inputRegisters
    }
}

private func isCovered(_ kind: DataAccess.Kind, _ items: ItemRange, _ accesses: [DataAccess]) -> Bool {
    accesses.contains { $0.kind == kind && items.isWithin($0.addresses) }
}

private func checkRoles(_ pdu: [UInt8], _ reach: PDUReach) throws(Violation) {
    try require(!AuthorisationRules().allow(pdu.span, unit: 1, role: "r"), "allowed without a rule")
    guard case .data(let accesses) = reach, let first = accesses.first else { return }
    var ranges: [DataAccess.Table: [ClosedRange<UInt16>]] = [:]
    for access in accesses {
        switch access.kind {
        case .read(let table), .write(let table): ranges[table, default: []].append(access.addresses)
        }
    }
    let all = AuthorisationRules.TableRanges(ranges)
    let exact = AuthorisationRules([AuthorisationRules.Rule(role: "r", reads: all, writes: all)])
    try require(exact.allow(pdu.span, unit: 1, role: "r"), "\(pdu) is refused although its ranges are allowed")
    try require(!exact.allow(pdu.span, unit: 1, role: "s"), "another role is allowed")
    // Without the last address of the first range.
    guard first.addresses.count > 1, accesses.count == 1, let table = ranges.keys.first else { return }
    let less = AuthorisationRules.TableRanges([table: [first.addresses.lowerBound...first.addresses.upperBound - 1]])
    let short = AuthorisationRules([AuthorisationRules.Rule(role: "r", reads: less, writes: less)])
    try require(!short.allow(pdu.span, unit: 1, role: "r"), "\(pdu) is allowed beyond its range")
}
