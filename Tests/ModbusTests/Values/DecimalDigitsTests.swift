// SPDX-License-Identifier: Apache-2.0

import Modbus
import TestSupport
import Testing

@Suite("Numbers in decimal digits")
struct DecimalDigitsTests {
    private static let table: [(RegisterType, [UInt16], RegisterNumber)] = [
        // Registers 1700 to 1703 of a PowerLogic meter: 1,234,567 Wh (Schneider Electric, FA146443).
        (.mod10u4, [4567, 123, 0, 0], .unsigned(1_234_567)),
        (.mod10u4, [9999, 9999, 9999, 9999], .unsigned(9_999_999_999_999_999)),
        (.mod10u3, [1, 2, 3], .unsigned(300_020_001)),
        (.mod10u2, [9999, 1], .unsigned(19_999)),
        (.mod10s2, [UInt16(bitPattern: -5), UInt16(bitPattern: -2)], .signed(-20_005)),
        (.mod10s3, [0, 0, UInt16(bitPattern: -9999)], .signed(-999_900_000_000)),
        (.mod10s4, [4567, 123, 0, 0], .signed(1_234_567)),
        (.bcd16, [0x1234], .unsigned(1234)),
        (.bcd32, [0x5678, 0x1234], .unsigned(12_345_678)),
        (.bcd64, [0x9999, 0x9999, 0x9999, 0x9999], .unsigned(9_999_999_999_999_999)),
    ]

    @Test("Documents' examples, first register lowest", arguments: table)
    func examples(type: RegisterType, words: [UInt16], number: RegisterNumber) {
        #expect(type.decode(words, order: .lowWordFirst) == number)
        #expect(type.decode(words.reversed(), order: .highWordFirst) == number)
        #expect(type.encode(number, order: .lowWordFirst) == words)
        #expect(type.encode(number, order: .highWordFirst) == words.reversed())
    }

    @Test("What is no digit is no number")
    func digits() {
        #expect(RegisterType.mod10u2.decode([10_000, 0], order: .lowWordFirst) == nil)
        #expect(RegisterType.mod10u2.decode([0xFFFF, 0xFFFF], order: .lowWordFirst) == nil)
        #expect(RegisterType.mod10s2.decode([0, 0x8000], order: .lowWordFirst) == nil)
        #expect(RegisterType.mod10s2.decode([0, UInt16(bitPattern: -10_000)], order: .lowWordFirst) == nil)
        for word in [0xA000, 0x0A00, 0x00A0, 0x000A, 0xFFFF] as [UInt16] {
            #expect(RegisterType.bcd16.decode([word], order: .abcd) == nil)
        }
    }

    @Test("Too many digits do not fit")
    func refused() {
        #expect(RegisterType.mod10u2.encode(.unsigned(100_000_000), order: .abcd) == nil)
        #expect(RegisterType.mod10u2.encode(.signed(1), order: .abcd) == nil)
        #expect(RegisterType.mod10s2.encode(.signed(-100_000_000), order: .abcd) == nil)
        #expect(RegisterType.mod10s4.encode(.signed(.min), order: .abcd) == nil)
        #expect(RegisterType.bcd16.encode(10_000.0, order: .abcd) == nil)
        #expect(RegisterType.bcd16.encode(-1.0, order: .abcd) == nil)
        #expect(RegisterType.bcd64.encode(.unsigned(.max), order: .abcd) == nil)
    }

    @Test(
        "Decoding is the inverse of encoding",
        arguments: RegisterType.allCases.filter(\.isDecimal),
        ByteOrder.allCases
    )
    func inverse(type: RegisterType, order: ByteOrder) throws {
        var generator = SeededGenerator(seed: 6)
        let limit = (0..<type.registerCount).reduce(UInt64(1)) { limit, _ in limit * 10_000 } - 1
        for _ in 0..<1_000 {
            let value = UInt64.random(in: 0...limit, using: &generator)
            let number: RegisterNumber =
                switch type.kind {
                case .signed: .signed(Bool.random(using: &generator) ? Int64(value) : -Int64(value))
                case .unsigned, .float: .unsigned(value)
                }
            let words = try #require(type.encode(number, order: order))
            #expect(type.decode(words, order: order) == number)
        }
    }
}
