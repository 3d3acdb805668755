// SPDX-License-Identifier: Apache-2.0

import Modbus
import Testing

/// What a server answers from its tables, and which of several mistakes decides.
@Suite("Answering from tables")
struct AnsweringTests {
    struct Exchange: Sendable, CustomTestStringConvertible {
        let request: [UInt8]
        let answer: [UInt8]
        var testDescription: String { "\(request.prefix(12))" }

        init(_ request: [UInt8], _ answer: [UInt8]) {
            self.request = request
            self.answer = answer
        }
    }

    /// Coils and registers at both ends of the address space with a gap between them.
    private static func tables() -> RegisterTables {
        var tables = RegisterTables()
        tables.holding.set([0x0102, 0x0304, 0x12, 0, 5], at: 0)
        tables.holding.set([0xAAAA, 0xBBBB], at: 0xFFFE)
        tables.holding.makeReadOnly(4...4)
        tables.input.set([0x0A0B], at: 0xFFFF)
        tables.coils.set([true, false, true, true, false, false, false, false, true, true], at: 0)
        tables.coils.set([true, true], at: 0xFFFE)
        tables.coils.makeReadOnly(9...9)
        tables.discreteInputs.set([false, true], at: 8)
        tables.writeLimits = [.init(addresses: 3...3, values: 0...100)]
        return tables
    }

    private static let good: [Exchange] = [
        Exchange([1, 0, 0, 0, 10], [1, 2, 0b0000_1101, 0b11]), Exchange([1, 0, 2, 0, 3], [1, 1, 0b011]),
        Exchange([1, 0xFF, 0xFE, 0, 2], [1, 1, 0b11]), Exchange([2, 0, 8, 0, 2], [2, 1, 0b10]),
        Exchange([3, 0, 0, 0, 2], [3, 4, 1, 2, 3, 4]), Exchange([3, 0xFF, 0xFF, 0, 1], [3, 2, 0xBB, 0xBB]),
        Exchange([4, 0xFF, 0xFF, 0, 1], [4, 2, 0x0A, 0x0B]), Exchange([5, 0, 1, 0xFF, 0], [5, 0, 1, 0xFF, 0]),
        Exchange([5, 0xFF, 0xFF, 0, 0], [5, 0xFF, 0xFF, 0, 0]), Exchange([6, 0, 0, 9, 9], [6, 0, 0, 9, 9]),
        Exchange([6, 0, 3, 0, 100], [6, 0, 3, 0, 100]), Exchange([15, 0, 0, 0, 9, 2, 0, 0xFF], [15, 0, 0, 0, 9]),
        Exchange([15, 0xFF, 0xFE, 0, 2, 1, 0xFC], [15, 0xFF, 0xFE, 0, 2]),
        Exchange([16, 0, 0, 0, 1, 2, 7, 7], [16, 0, 0, 0, 1]),
        Exchange([16, 0xFF, 0xFE, 0, 2, 4, 7, 7, 8, 8], [16, 0xFF, 0xFE, 0, 2]),
        Exchange([22, 0, 2, 0, 0xF2, 0, 0x25], [22, 0, 2, 0, 0xF2, 0, 0x25]),
        Exchange([23, 0, 0, 0, 2, 0, 1, 0, 1, 2, 9, 9], [23, 4, 1, 2, 9, 9]),
        Exchange([23, 0xFF, 0xFF, 0, 1, 0, 0, 0, 1, 2, 9, 9], [23, 2, 0xBB, 0xBB]),
    ]

    private static let refused: [Exchange] = [
        // 9.1: the function before everything else.
        Exchange([99], [0xE3, 1]), Exchange([9, 0, 0], [0x89, 1]), Exchange([20], [0x94, 1]),
        Exchange([24, 0, 0], [0x98, 1]), Exchange([43, 14, 1, 0], [0xAB, 1]), Exchange([7], [0x87, 1]),
        // 9.15, 9.16: codes that no request has.
        Exchange([0], [0x80, 1]), Exchange([0x80], [0x80, 1]), Exchange([0x83, 0, 0, 0, 1], [0x83, 1]),
        Exchange([0xFF, 2], [0xFF, 1]),
        // 9.1, 9.2: quantity, value and byte count before the address.
        Exchange([1, 0x40, 0, 0, 0], [0x81, 3]), Exchange([1, 0xFF, 0xFF, 7, 0xD1], [0x81, 3]),
        Exchange([2, 0x40, 0, 0, 0], [0x82, 3]), Exchange([3, 0x40, 0, 0, 126], [0x83, 3]),
        Exchange([4, 0x40, 0, 0, 0], [0x84, 3]), Exchange([5, 0x40, 0, 0, 1], [0x85, 3]),
        Exchange([15, 0x40, 0, 0, 9, 1, 0], [0x8F, 3]), Exchange([15, 0, 0, 0, 1, 2, 0, 0], [0x8F, 3]),
        Exchange([16, 0x40, 0, 0, 1, 4, 0, 0, 0, 0], [0x90, 3]), Exchange([22, 0x40, 0, 0, 0, 0], [0x96, 3]),
        Exchange([23, 0x40, 0, 0, 126, 0, 0, 0, 1, 2, 0, 0], [0x97, 3]),
        Exchange([23, 0x40, 0, 0, 1, 0x40, 0, 0, 1, 4, 0, 0], [0x97, 3]),
        Exchange([23, 0xFF, 0xFF, 0, 2, 0x40, 0, 0, 0, 0], [0x97, 3]),
        // 9.8, 1.8: outside the table, into a gap, past the last address.
        Exchange([1, 0, 0, 0, 11], [0x81, 2]), Exchange([1, 0xFF, 0xFF, 0, 2], [0x81, 2]),
        Exchange([1, 0xFF, 0xFF, 7, 0xD0], [0x81, 2]), Exchange([2, 0, 7, 0, 1], [0x82, 2]),
        Exchange([3, 0, 5, 0, 1], [0x83, 2]), Exchange([3, 0, 0, 0, 6], [0x83, 2]),
        Exchange([3, 0xFF, 0xFF, 0, 2], [0x83, 2]), Exchange([4, 0, 0, 0, 1], [0x84, 2]),
        Exchange([5, 0, 10, 0, 0], [0x85, 2]), Exchange([6, 0, 5, 0, 0], [0x86, 2]),
        Exchange([15, 0, 8, 0, 3, 1, 0], [0x8F, 2]), Exchange([15, 0xFF, 0xFF, 0, 2, 1, 0], [0x8F, 2]),
        Exchange([16, 0xFF, 0xFF, 0, 2, 4, 0, 0, 0, 0], [0x90, 2]), Exchange([22, 0, 5, 0, 0, 0, 0], [0x96, 2]),
        // Both ranges of function 23.
        Exchange([23, 0, 5, 0, 1, 0, 0, 0, 1, 2, 9, 9], [0x97, 2]),
        Exchange([23, 0, 0, 0, 1, 0, 5, 0, 1, 2, 9, 9], [0x97, 2]),
        Exchange([23, 0xFF, 0xFF, 0, 2, 0, 0, 0, 1, 2, 9, 9], [0x97, 2]),
        Exchange([23, 0, 0, 0, 1, 0xFF, 0xFF, 0, 2, 4, 9, 9, 9, 9], [0x97, 2]),
        // 9.10: read-only registers and coils are 2, values that are refused are 4.
        Exchange([6, 0, 4, 0, 0], [0x86, 2]), Exchange([16, 0, 3, 0, 2, 4, 0, 0, 0, 0], [0x90, 2]),
        Exchange([22, 0, 4, 0xFF, 0xFF, 0, 0], [0x96, 2]), Exchange([5, 0, 9, 0xFF, 0], [0x85, 2]),
        Exchange([15, 0, 0, 0, 10, 2, 0, 0], [0x8F, 2]), Exchange([23, 0, 0, 0, 1, 0, 4, 0, 1, 2, 0, 0], [0x97, 2]),
        Exchange([6, 0, 3, 0, 101], [0x86, 4]), Exchange([16, 0, 2, 0, 2, 4, 0, 0, 0, 101], [0x90, 4]),
        Exchange([22, 0, 3, 0, 0, 0xFF, 0], [0x96, 4]), Exchange([23, 0, 0, 0, 1, 0, 3, 0, 1, 2, 0, 101], [0x97, 4]),
    ]

    @Test(
        "Modbus checklist 1.5, 1.6, 8.1 to 8.6, 8.11, 8.12, 8.16, 8.17: good requests are carried out",
        arguments: good
    )
    func carriedOut(exchange: Exchange) throws {
        var tables = AnsweringTests.tables()
        #expect(tables.reply(to: exchange.request) == exchange.answer)
        // The same as a value.
        var others = AnsweringTests.tables()
        let request = try Request(decoding: exchange.request.span)
        #expect(others.answer(request)?.encoded == exchange.answer)
        #expect(others == tables)
    }

    @Test(
        "Modbus checklist 1.8, 8.5, 8.22, 9.1, 9.2, 9.3, 9.7 to 9.10, 9.15, 9.16: the first check that fails decides",
        arguments: refused
    )
    func refusal(exchange: Exchange) {
        var tables = AnsweringTests.tables()
        #expect(tables.reply(to: exchange.request) == exchange.answer)
        #expect(tables == AnsweringTests.tables())
    }

    @Test("Modbus checklist 8.5, 8.11, 8.12, 8.21: what was written is there when the answer comes")
    func written() {
        var tables = AnsweringTests.tables()
        _ = tables.reply(to: [5, 0, 1, 0xFF, 0])
        _ = tables.reply(to: [15, 0, 2, 0, 7, 1, 0b1110_0101])
        #expect(
            tables.coils.read(address: 0, count: 10)
                == [true, true, true, false, true, false, false, true, true, true]
        )
        _ = tables.reply(to: [6, 0, 0, 9, 8])
        _ = tables.reply(to: [16, 0, 1, 0, 2, 4, 1, 2, 3, 4])
        #expect(tables.holding.read(address: 0, count: 5) == [0x0908, 0x0102, 0x0304, 0, 5])
        _ = tables.reply(to: [16, 0xFF, 0xFE, 0, 2, 4, 1, 2, 3, 4])
        #expect(tables.holding.read(address: 0xFFFE, count: 2) == [0x0102, 0x0304])
    }

    @Test("Modbus checklist 8.16: mask write keeps the bits of one mask and sets those of the other")
    func mask() {
        var tables = AnsweringTests.tables()
        _ = tables.reply(to: [22, 0, 2, 0, 0xF2, 0, 0x25])
        #expect(tables.holding[2] == 0x17)
        for (old, and, or) in [(0xFFFF, 0, 0), (0x1234, 0xFFFF, 0xFFFF), (0x1234, 0, 0xABCD), (0xF0F0, 0xFF00, 0x0F0F)]
        {
            let (old, and, or) = (UInt16(old), UInt16(and), UInt16(or))
            tables.holding.set([old], at: 2)
            #expect(
                tables.answer(.maskWriteRegister(address: 2, and: and, or: or))
                    == .maskWriteRegister(address: 2, and: and, or: or)
            )
            #expect(tables.holding[2] == (old & and) | (or & ~and))
        }
    }

    @Test("Modbus checklist 8.17: function 23 writes before it reads")
    func writeFirst() {
        var tables = AnsweringTests.tables()
        #expect(
            tables.reply(to: [23, 0, 0, 0, 3, 0, 0, 0, 2, 4, 9, 9, 8, 8]) == [23, 6, 9, 9, 8, 8, 0, 0x12]
        )
    }

    @Test("Modbus checklist 8.1 to 8.4, 8.11, 8.12, 8.17: the largest quantities are served, the next are refused")
    func largest() {
        var tables = RegisterTables()
        tables.holding.set(Array(repeating: 1, count: 65536), at: 0)
        tables.input.set(Array(repeating: 2, count: 65536), at: 0)
        tables.coils.set(Array(repeating: true, count: 65536), at: 0)
        tables.discreteInputs.set(Array(repeating: true, count: 65536), at: 0)
        for function: UInt8 in [1, 2] {
            #expect(tables.reply(to: [function, 0, 0, 7, 0xD0]).count == 252)
            #expect(
                tables.reply(to: [function, 0xF8, 0x30, 7, 0xD0]) == [function, 250]
                    + [UInt8](repeating: 255, count: 250)
            )
            #expect(tables.reply(to: [function, 0xF8, 0x31, 7, 0xD0]) == [function | 0x80, 2])
        }
        for function: UInt8 in [3, 4] {
            #expect(tables.reply(to: [function, 0xFF, 0x83, 0, 125]).count == 252)
            #expect(tables.reply(to: [function, 0xFF, 0x84, 0, 125]) == [function | 0x80, 2])
        }
        let zeros = [UInt8](repeating: 0, count: 250)
        #expect(tables.reply(to: [15, 0, 0, 7, 0xB0, 246] + zeros.prefix(246)) == [15, 0, 0, 7, 0xB0])
        #expect(tables.coils.read(address: 0, count: 1969)?.firstIndex(of: true) == 1968)
        #expect(tables.reply(to: [16, 0, 0, 0, 123, 246] + zeros.prefix(246)) == [16, 0, 0, 0, 123])
        #expect(tables.holding.read(address: 0, count: 124)?.firstIndex(of: 1) == 123)
        #expect(tables.reply(to: [23, 0, 0, 0, 125, 1, 0, 0, 121, 242] + zeros.prefix(242)).count == 252)
        #expect(tables.holding.read(address: 256, count: 122)?.firstIndex(of: 1) == 121)
    }

    @Test("Modbus checklist 8.29, 9.7: functions that are withheld, or that nothing stands behind, are unknown")
    func functions() {
        var tables = RegisterTables()
        #expect(tables.functions == .registers)
        tables.holding.set([1], at: 0)
        tables.withheldFunctions = [.writeSingleRegister, .writeMultipleRegisters, .maskWriteRegister]
        #expect(tables.reply(to: [6, 0, 0, 0, 1]) == [0x86, 1])
        #expect(tables.reply(to: [3, 0, 0, 0, 1]) == [3, 2, 0, 1])
        #expect(
            tables.answer(.writeSingleRegister(address: 9, value: 9))
                == .exception(.writeSingleRegister, .illegalFunction)
        )
        // Even a request that could never be sent.
        #expect(
            tables.answer(.writeMultipleRegisters(address: 0, values: []))
                == .exception(.writeMultipleRegisters, .illegalFunction)
        )
        let everything = RegisterTables.everything()
        #expect(
            everything.functions.codes.map(\.rawValue) == [
                1, 2, 3, 4, 5, 6, 7, 8, 11, 12, 15, 16, 17, 20, 21, 22, 23, 24, 43,
            ]
        )
    }

    @Test("Modbus checklist 9.10: the exceptions for refused values and read-only items can be set")
    func chosenExceptions() {
        var tables = AnsweringTests.tables()
        tables.holding.makeReadOnly(1...1, exception: .serverDeviceBusy)
        tables.writeLimits = [.init(addresses: 0...0, values: 1...1, exception: .illegalDataValue)]
        #expect(tables.reply(to: [6, 0, 1, 0, 0]) == [0x86, 6])
        #expect(tables.reply(to: [6, 0, 0, 0, 0]) == [0x86, 3])
    }

    @Test("Nothing is answered to nothing, and an answer is put behind what is there")
    func appending() {
        var tables = AnsweringTests.tables()
        #expect(tables.reply(to: []).isEmpty)
        var bytes: [UInt8] = [1, 2, 3]
        let requests: [[UInt8]] = [
            [3, 0, 0, 0, 1], [3, 0, 9, 0, 1], [22, 0, 2, 0, 0, 0, 0], [23, 0, 9, 0, 1, 0, 0, 0, 1, 2, 1, 1],
        ]
        for request in requests { tables.answer(request.span, into: &bytes) }
        #expect(bytes == [1, 2, 3, 3, 2, 1, 2, 0x83, 2, 22, 0, 2, 0, 0, 0, 0, 0x97, 2])
    }
}
