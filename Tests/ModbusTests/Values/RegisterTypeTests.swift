// SPDX-License-Identifier: Apache-2.0

import Modbus
import TestSupport
import Testing

@Suite("Register values")
struct RegisterTypeTests {
    private static let table: [(RegisterType, [UInt16], RegisterNumber)] = [
        (.u16, [0xFFFF], .unsigned(65535)),
        (.s16, [0xFFFF], .signed(-1)),
        (.s16, [0x8000], .signed(-32768)),
        (.u32, [0x0001, 0x0002], .unsigned(65538)),
        (.s32, [0xFFFF, 0xFFFE], .signed(-2)),
        (.u64, [0, 1, 0, 3], .unsigned(0x1_0000_0003)),
        (.s64, [0xFFFF, 0xFFFF, 0xFFFF, 0xFFFF], .signed(-1)),
        (.s64, [0x8000, 0, 0, 0], .signed(.min)),
        (.f32, [0x41C8, 0x0000], .float(25)),
        (.f32, [0xC1C8, 0x0000], .float(-25)),
        (.f64, [0x4039, 0, 0, 0], .float(25)),
    ]

    @Test("Numbers lie in registers as the type and the word order say", arguments: table)
    func numbers(type: RegisterType, words: [UInt16], number: RegisterNumber) {
        #expect(type.decode(words, order: .highWordFirst) == number)
        #expect(type.decode(words.reversed(), order: .lowWordFirst) == number)
        #expect(type.encode(number, order: .highWordFirst) == words)
        #expect(type.encode(number, order: .lowWordFirst) == words.reversed())
        #expect(words.count == type.registerCount)
    }

    @Test("Encoding is the inverse of decoding for any bits", arguments: RegisterType.allCases, ByteOrder.allCases)
    func inverse(type: RegisterType, order: ByteOrder) {
        var generator = SeededGenerator(seed: 4)
        for _ in 0..<2_000 {
            let words = (0..<type.registerCount).map { _ in UInt16.random(in: .min ... .max, using: &generator) }
            // Not every pattern is a number in decimal digits.
            guard let number = type.decode(words, order: order) else {
                #expect(type.isDecimal)
                continue
            }
            // A not-a-number may lose its payload; that it is one is all that counts.
            if number.double.isNaN { continue }
            // Digits of both signs have more than one form.
            if type.isDecimal { continue }
            #expect(type.encode(number, order: order) == words)
            if type.registerCount < 4 { #expect(type.encode(number.double, order: order) == words) }
        }
    }

    @Test("A wrong number of registers is no number")
    func counts() {
        for type in RegisterType.allCases {
            for count in 0...5 where count != type.registerCount {
                #expect(type.decode([UInt16](repeating: 0, count: count), order: .highWordFirst) == nil)
            }
        }
        #expect(RegisterType.u32.decode([9, 0, 5, 9][1...2], order: .highWordFirst) == .unsigned(5))
    }

    private static let misfits: [(RegisterType, Double)] = [
        (.u16, -1), (.u16, 65536), (.u16, .nan), (.s16, 32768), (.s16, -32769), (.u32, 4_294_967_296),
        (.s32, .infinity),
        (.u64, 18_446_744_073_709_551_616), (.u64, -1), (.s64, 9_223_372_036_854_775_808), (.f32, 1e300), (.s64, .nan),
    ]

    @Test("Values that do not fit are refused", arguments: misfits)
    func refused(type: RegisterType, value: Double) {
        #expect(type.encode(value, order: .highWordFirst) == nil)
    }

    @Test("Integers are rounded to the nearest, halves away from zero")
    func rounding() {
        #expect(RegisterType.u16.encode(2.5, order: .highWordFirst) == [3])
        #expect(RegisterType.s16.encode(-2.5, order: .highWordFirst) == [0xFFFD])
        #expect(RegisterType.u16.encode(-0.4, order: .highWordFirst) == [0])
        #expect(RegisterType.u16.encode(65535.4, order: .highWordFirst) == [65535])
    }

    @Test("Not a number and infinity pass through floating-point registers")
    func specials() throws {
        let nan = try #require(RegisterType.f32.encode(.nan, order: .highWordFirst))
        #expect(RegisterType.f32.decode(nan, order: .highWordFirst)?.double.isNaN == true)
        #expect(RegisterType.f32.decode([0x7F80, 0], order: .highWordFirst)?.double == .infinity)
        #expect(RegisterType.f32.encode(-.infinity, order: .highWordFirst) == [0xFF80, 0])
    }

    @Test("A number of another kind does not fit")
    func kinds() {
        #expect(RegisterType.u16.encode(.signed(1), order: .highWordFirst) == nil)
        #expect(RegisterType.s16.encode(.float(1), order: .highWordFirst) == nil)
        #expect(RegisterType.f32.encode(.unsigned(1), order: .highWordFirst) == nil)
        #expect(RegisterType.u16.encode(.unsigned(65536), order: .highWordFirst) == nil)
    }
}
