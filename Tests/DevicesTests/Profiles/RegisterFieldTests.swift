// SPDX-License-Identifier: Apache-2.0
import Devices
import Modbus
import Testing

@Suite("Register fields")
struct RegisterFieldTests {
    private static func value(
        _ words: [UInt16],
        _ type: RegisterType,
        _ order: ByteOrder = .highWordFirst,
        scale: RegisterField.Scale = .factor(1),
        sentinels: [UInt64]? = nil
    ) -> FieldValue {
        var image = RegisterImage()
        image.add(words, at: 100)
        let field = RegisterField(address: 100, type: type, scale: scale, sentinels: sentinels)
        return field.value(in: image, order: order)
    }

    @Test(
        "The usual sentinel of each type is missing in both word orders, and its neighbour is a number",
        arguments: [
            (RegisterType.u16, [UInt16(0xFFFF)], [UInt16(0xFFFE)], 65_534.0),
            (.s16, [0x8000], [0x8001], -32_767),
            (.u32, [0xFFFF, 0xFFFF], [0xFFFF, 0xFFFE], 4_294_967_294),
            (.s32, [0x8000, 0], [0x8000, 1], -2_147_483_647),
            (.u64, [0xFFFF, 0xFFFF, 0xFFFF, 0xFFFF], [0, 0, 1, 0], 65_536),
            (.s64, [0x8000, 0, 0, 0], [0xFFFF, 0xFFFF, 0xFFFF, 0xFFFE], -2),
            (.f32, [0x7FC0, 0], [0x4120, 0], 10),
            (.f32, [0xFFFF, 0xFFFF], [0xC120, 0], -10),
            (.f32, [0x7F80, 0], [0, 0], 0),
            (.f32, [0xFF80, 0], [0x7F7F, 0xFFFF], 3.4028234663852886e38),
            (.f64, [0x7FF8, 0, 0, 0], [0x4024, 0, 0, 0], 10),
            (.f64, [0x7FF0, 0, 0, 0], [0xC024, 0, 0, 0], -10),
        ]
    )
    func usualSentinels(type: RegisterType, sentinel: [UInt16], words: [UInt16], value: Double) {
        #expect(Self.value(sentinel, type) == .missing)
        #expect(Self.value(sentinel.reversed(), type, .lowWordFirst) == .missing)
        #expect(Self.value(words, type) == .number(value))
        #expect(Self.value(words.reversed(), type, .lowWordFirst) == .number(value))
    }

    @Test("Sentinels of a profile replace the usual ones")
    func ownSentinels() {
        #expect(Self.value([0x7FFF, 0xFFFF], .s32, sentinels: [0x7FFF_FFFF]) == .missing)
        #expect(Self.value([0x8000, 0], .s32, sentinels: [0x7FFF_FFFF]) == .number(-2_147_483_648))
        #expect(Self.value([0xFFFF, 0xFFFF], .s32, scale: .factor(10), sentinels: []) == .number(-10))
        #expect(Self.value([0xFFFF, 0xFFFF], .s32, sentinels: [0xFFFF_FFFF]) == .missing)
        #expect(Self.value([0, 0], .u32, sentinels: [0]) == .missing)
    }

    @Test("A floating-point value is never infinite after its scale")
    func overflow() {
        #expect(Self.value([0x7FEF, 0xFFFF, 0xFFFF, 0xFFFF], .f64, scale: .factor(1000)) == .missing)
    }

    @Test(
        "A scale factor register moves the decimal point, and one that is no exponent makes the value missing",
        arguments: [
            (UInt16(bitPattern: -2), FieldValue.number(12.34)), (UInt16(bitPattern: -10), .number(0.0000001234)),
            (0, .number(1234)), (1, .number(12_340)), (10, .number(12_340_000_000_000)), (0x8000, .missing),
            (11, .missing), (UInt16(bitPattern: -11), .missing), (0xFFFF, .number(123.4)),
        ]
    )
    func scaleFactor(exponent: UInt16, expected: FieldValue) {
        var image = RegisterImage()
        image.add([1234, 0, 0, exponent], at: 3)
        let field = RegisterField(address: 3, type: .s16, scale: .exponent(address: 6, factor: 1))
        #expect(field.span == 3..<7)
        #expect(field.value(in: image, order: .highWordFirst) == expected)
    }

    @Test("Frequencies in thousandths of a hertz become hertz")
    func milliHertz() {
        #expect(Self.value([0, 50_012], .u32, scale: .factor(0.001)) == .number(50.012))
    }

    @Test("A value that no single request brought whole is missing")
    func torn() {
        var image = RegisterImage()
        image.add([1], at: 100)
        image.add([2], at: 101)
        let field = RegisterField(address: 100, type: .u32)
        #expect(field.value(in: image, order: .highWordFirst) == .missing)
        #expect(field.value(in: RegisterImage(), order: .highWordFirst) == .missing)
    }

    @Test("A field's own order of bytes counts before that of the profile")
    func ownOrder() {
        var image = RegisterImage()
        image.add([4567, 123, 0, 0], at: 100)
        let field = RegisterField(address: 100, type: .mod10u4, order: .lowWordFirst)
        #expect(field.value(in: image, order: .highWordFirst) == .number(1_234_567))
    }

    @Test("What is no decimal digit is missing, whatever its sentinels")
    func noDigits() {
        #expect(Self.value([0xFFFF, 0xFFFF], .mod10u2) == .missing)
        #expect(Self.value([0xFFFF], .bcd16, sentinels: []) == .missing)
        #expect(Self.value([0x1234], .bcd16) == .number(1234))
    }

    @Test("Of the four orders of bytes and words exactly one gives a plausible mains voltage")
    func wordOrders() {
        let words: [UInt16] = [0x4367, 0x6666]
        let swapped = words.map(\.byteSwapped)
        let plausible = [words, words.reversed(), swapped, swapped.reversed()].filter { words in
            guard case .number(let volts) = Self.value(words, .f32) else { return false }
            return (180...270).contains(volts)
        }
        #expect(plausible == [words])
    }
}
