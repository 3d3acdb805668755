// SPDX-License-Identifier: Apache-2.0

import Modbus
import TestSupport
import Testing

@Suite("Scales of registers")
struct ScaleFactorTests {
    @Test("A power of ten gives the double that the decimal text means")
    func exact() throws {
        var generator = SeededGenerator(seed: 1)
        for _ in 0..<5_000 {
            let digits = Int.random(in: -99_999_999...99_999_999, using: &generator)
            let exponent = Int.random(in: -9...9, using: &generator)
            let text = try #require(Double("\(digits)e\(exponent)"))
            let scale = ScaleFactor.powerOfTen(exponent)
            #expect(scale.applied(to: .signed(Int64(digits))) == text)
            #expect(scale.removed(from: text).rounded() == Double(digits))
        }
        #expect(ScaleFactor.powerOfTen(-1).applied(to: 3) == 0.3)
        #expect(3 * 0.1 != 0.3)
    }

    @Test("A factor that means a power of ten becomes one")
    func recognised() {
        #expect(ScaleFactor(0.001) == .powerOfTen(-3))
        #expect(ScaleFactor(1) == .powerOfTen(0))
        #expect(ScaleFactor(1e6) == .powerOfTen(6))
        #expect(ScaleFactor(1e-22) == .powerOfTen(-22))
        #expect(ScaleFactor(0.25) == .factor(0.25))
        #expect(ScaleFactor(-0.1) == .factor(-0.1))
        #expect(ScaleFactor(0.25).applied(to: .unsigned(6)) == 1.5)
        #expect(ScaleFactor(0.25).removed(from: 1.5) == 6)
        #expect(ScaleFactor.powerOfTen(400).applied(to: 1) == 1e22)
    }
}

@Suite("Bit fields")
struct BitFieldTests {
    @Test("A field takes its bits and leaves the others")
    func field() throws {
        let field = try #require(BitField(bits: 4..<7))
        #expect(field.value(in: 0b1101_0110) == 0b101)
        #expect(field.setting(0b010, in: 0b1101_0110) == 0b1010_0110)
        #expect(field.setting(8, in: 0) == nil)
        let whole = try #require(BitField(bits: 0..<64))
        #expect(whole.limit == .max)
        #expect(whole.setting(7, in: .max) == 7)
        #expect(BitField(bit: 15)?.value(in: 0x8000) == 1)
    }

    @Test("Fields that are no bits of a number are refused")
    func refused() {
        #expect(BitField(bits: 3..<3) == nil)
        #expect(BitField(bits: -1..<3) == nil)
        #expect(BitField(bits: 60..<65) == nil)
        #expect(BitField(bit: 64) == nil)
        #expect(BitField(bit: .max) == nil)
    }

    @Test("Modbus checklist 8.16: the masks of function 22 set the field and nothing else")
    func masks() throws {
        var generator = SeededGenerator(seed: 2)
        for _ in 0..<1_000 {
            let low = Int.random(in: 0..<16, using: &generator)
            let field = try #require(BitField(bits: low..<Int.random(in: low + 1...16, using: &generator)))
            let value = UInt64.random(in: 0...field.limit, using: &generator)
            let old = UInt16.random(in: .min ... .max, using: &generator)
            let masks = try #require(field.masks(setting: value))
            let new = (old & masks.and) | (masks.or & ~masks.and)
            #expect(UInt64(new) == field.setting(value, in: UInt64(old)))
        }
        #expect(BitField(bits: 15..<17)?.masks(setting: 0) == nil)
        #expect(BitField(bit: 0)?.masks(setting: 2) == nil)
    }
}

@Suite("Texts in registers")
struct RegisterTextTests {
    @Test("Characters lie in registers as the form says")
    func forms() {
        #expect(RegisterText().encode("ABC", registers: 3) == [0x4142, 0x4300, 0])
        #expect(RegisterText(padding: .blanks).encode("ABC", registers: 2) == [0x4142, 0x4320])
        #expect(RegisterText(.lowByteFirst).encode("ABC", registers: 2) == [0x4241, 0x0043])
        #expect(RegisterText(.onePerRegister).encode("ABC", registers: 4) == [0x41, 0x42, 0x43, 0])
        #expect(RegisterText().encode("ABC", registers: 1) == nil)
        #expect(RegisterText().encode("Ä", registers: 1) == nil)
    }

    @Test("Reading ends at a zero and leaves blanks and rubbish out")
    func reading() {
        #expect(RegisterText().decode([0x2041, 0x4220, 0x0043]) == "AB")
        #expect(RegisterText().decode([0x41FF, 0x0742, 0x2020]) == "A??B")
        #expect(RegisterText().decode([0x2020, 0x2020]) == "")
        #expect(RegisterText(.onePerRegister).decode([0x141, 0x42]) == "?B")
        #expect(RegisterText().decode([0, 9, 0x41, 0x42, 0x43, 0].span, registers: 1..<3) == "ABC")
        #expect(RegisterText().decode([0, 9, 0x41, 0x42, 0x43, 0].span, registers: 1..<4) == nil)
    }

    @Test("Decoding is the inverse of encoding", arguments: [RegisterText.Padding.zeros, .blanks])
    func inverse(padding: RegisterText.Padding) throws {
        var generator = SeededGenerator(seed: 3)
        for form in [RegisterText.Form.highByteFirst, .lowByteFirst, .onePerRegister] {
            for _ in 0..<500 {
                let count = Int.random(in: 0...20, using: &generator)
                let bytes = (0..<count).map { _ in UInt8.random(in: 0x21...0x7E, using: &generator) }
                let text = String(decoding: bytes, as: UTF8.self)
                let layout = RegisterText(form, padding: padding)
                #expect(layout.decode(try #require(layout.encode(text, registers: 20))) == text)
            }
        }
    }
}
