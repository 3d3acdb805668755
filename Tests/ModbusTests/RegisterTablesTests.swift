// SPDX-License-Identifier: Apache-2.0

import Modbus
import TestSupport
import Testing

@Suite("Register tables")
struct RegisterTablesTests {
    private func tables() -> RegisterTables {
        var tables = RegisterTables()
        tables.holding.set([1, 2, 3, 4], at: 100)
        tables.holding.set([9], at: 65535)
        tables.holding.makeReadOnly(102...102)
        tables.input.set([7, 8], at: 0)
        return tables
    }

    private static let exchanges: [(Request, Response)] = [
        (.readHoldingRegisters(address: 100, count: 4), .readHoldingRegisters([1, 2, 3, 4])),
        (.readHoldingRegisters(address: 65535, count: 1), .readHoldingRegisters([9])),
        (.readInputRegisters(address: 1, count: 1), .readInputRegisters([8])),
        (.writeSingleRegister(address: 101, value: 5), .writeSingleRegister(address: 101, value: 5)),
        (.writeMultipleRegisters(address: 100, values: [5, 6]), .writeMultipleRegisters(address: 100, count: 2)),
        // 9.8: outside the table or into a gap.
        (.readHoldingRegisters(address: 99, count: 1), .exception(.readHoldingRegisters, .illegalDataAddress)),
        (.readHoldingRegisters(address: 100, count: 5), .exception(.readHoldingRegisters, .illegalDataAddress)),
        (.readHoldingRegisters(address: 65535, count: 2), .exception(.readHoldingRegisters, .illegalDataAddress)),
        (.readInputRegisters(address: 100, count: 1), .exception(.readInputRegisters, .illegalDataAddress)),
        (.writeSingleRegister(address: 0, value: 0), .exception(.writeSingleRegister, .illegalDataAddress)),
        // 9.10: read-only.
        (.writeSingleRegister(address: 102, value: 0), .exception(.writeSingleRegister, .illegalDataAddress)),
        (
            .writeMultipleRegisters(address: 101, values: [0, 0, 0]),
            .exception(.writeMultipleRegisters, .illegalDataAddress)
        ),
        // 9.1, 9.2: the quantity before the address.
        (.readHoldingRegisters(address: 0, count: 0), .exception(.readHoldingRegisters, .illegalDataValue)),
        (.readInputRegisters(address: 65535, count: 126), .exception(.readInputRegisters, .illegalDataValue)),
        (.writeMultipleRegisters(address: 0, values: []), .exception(.writeMultipleRegisters, .illegalDataValue)),
        (
            .writeMultipleRegisters(address: 0, values: Array(repeating: 0, count: 124)),
            .exception(.writeMultipleRegisters, .illegalDataValue)
        ),
        // 9.7, 9.16: unknown functions.
        (.other(FunctionCode(rawValue: 43), [14]), .exception(FunctionCode(rawValue: 43), .illegalFunction)),
        (.other(FunctionCode(rawValue: 0x83), []), .exception(FunctionCode(rawValue: 0x83), .illegalFunction)),
    ]

    @Test("Modbus checklist 1.8, 9.1, 9.2, 9.7, 9.8, 9.10: the first check that fails decides", arguments: exchanges)
    func exchange(request: Request, response: Response) {
        var tables = tables()
        let before = tables
        #expect(tables.respond(to: request) == response)
        if case .exception = response { #expect(tables == before) }
    }

    @Test("What was written is read back")
    func readBack() {
        var tables = tables()
        _ = tables.respond(to: .writeMultipleRegisters(address: 100, values: [5, 6]))
        _ = tables.respond(to: .writeSingleRegister(address: 103, value: 8))
        #expect(
            tables.respond(to: .readHoldingRegisters(address: 100, count: 4)) == .readHoldingRegisters([5, 6, 3, 8])
        )
    }

    @Test("A table behaves like a dictionary of addresses", arguments: 1...30 as ClosedRange<UInt64>)
    func model(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var table = RegisterTable()
        var model: [Int: UInt16] = [:]
        for _ in 0..<120 {
            let base = Bool.random(using: &generator) ? 0 : 65535 - 60
            let address = base + Int.random(in: 0...60, using: &generator)
            let count = Int.random(in: 0...12, using: &generator)
            switch Int.random(in: 0...4, using: &generator) {
            case 0...2:
                let values = (0..<count).map { _ in UInt16.random(in: .min ... .max, using: &generator) }
                let fits = address + count <= 65536
                #expect(table.set(values, at: UInt16(address)) == fits)
                if fits { for (offset, value) in values.enumerated() { model[address + offset] = value } }
            case 3:
                let end = min(65535, address + count)
                table.remove(UInt16(address)...UInt16(end))
                for removed in address...end { model[removed] = nil }
            default:
                let expected = (address..<address + count).map { model[$0] }
                let whole = count > 0 && !expected.contains(nil) ? expected.compactMap { $0 } : nil
                #expect(table.read(address: UInt16(address), count: count) == whole)
                #expect(table.isWritable(address: UInt16(address), count: count) == (whole != nil))
            }
        }
        for address in Array(0...80) + Array(65535 - 80...65535) {
            #expect(table[UInt16(address)] == model[address])
        }
    }

    @Test("Registers that touch are read in one request, whatever the order in which they came to exist")
    func touching() {
        var table = RegisterTable()
        table.set([3], at: 12)
        table.set([1], at: 10)
        #expect(table.read(address: 10, count: 3) == nil)
        table.set([2], at: 11)
        #expect(table.read(address: 10, count: 3) == [1, 2, 3])
    }

    @Test("Modbus checklist 18.2: no request reaches outside the tables")
    func arbitraryRequests() throws {
        var generator = SeededGenerator(seed: 5)
        var tables = tables()
        for _ in 0..<20_000 {
            let bytes = generator.pdu()
            guard let request = try? Request(decoding: bytes.span) else { continue }
            #expect(tables.respond(to: request).fits)
        }
        #expect(tables.holding[102] == 3)
        #expect(tables.holding[99] == nil)
        #expect(tables.input.read(address: 0, count: 2) == [7, 8])
    }
}
