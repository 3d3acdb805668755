// SPDX-License-Identifier: Apache-2.0

import Modbus
import TestSupport
import Testing

@Suite("Orders of bytes in registers")
struct ByteOrderTests {
    private static let orders: [(ByteOrder, [UInt16], [UInt16], UInt16)] = [
        (.abcd, [0xAABB, 0xCCDD], [0x1122, 0x3344, 0x5566, 0x7788], 0xAABB),
        (.cdab, [0xCCDD, 0xAABB], [0x7788, 0x5566, 0x3344, 0x1122], 0xAABB),
        (.badc, [0xBBAA, 0xDDCC], [0x2211, 0x4433, 0x6655, 0x8877], 0xBBAA),
        (.dcba, [0xDDCC, 0xBBAA], [0x8877, 0x6655, 0x4433, 0x2211], 0xBBAA),
    ]

    @Test("The letters of an order are the bytes on the wire", arguments: orders)
    func letters(order: ByteOrder, two: [UInt16], four: [UInt16], one: UInt16) {
        #expect(RegisterType.u32.decode(two, order: order) == .unsigned(0xAABB_CCDD))
        #expect(RegisterType.u32.encode(.unsigned(0xAABB_CCDD), order: order) == two)
        #expect(RegisterType.u64.decode(four, order: order) == .unsigned(0x1122_3344_5566_7788))
        #expect(RegisterType.u64.encode(.unsigned(0x1122_3344_5566_7788), order: order) == four)
        #expect(RegisterType.u16.decode([one], order: order) == .unsigned(0xAABB))
        #expect(RegisterType.u16.encode(.unsigned(0xAABB), order: order) == [one])
    }

    @Test("123456.0 in single precision, 0x47F12000, in the four orders")
    func float() {
        #expect(RegisterType.f32.decode([0x47F1, 0x2000], order: .abcd) == .float(123_456))
        #expect(RegisterType.f32.decode([0x2000, 0x47F1], order: .cdab) == .float(123_456))
        #expect(RegisterType.f32.decode([0xF147, 0x0020], order: .badc) == .float(123_456))
        #expect(RegisterType.f32.decode([0x0020, 0xF147], order: .dcba) == .float(123_456))
    }

    @Test("The bytes of a response give the same numbers as its words", arguments: RegisterType.allCases)
    func bytes(type: RegisterType) {
        var generator = SeededGenerator(seed: 5)
        for order in ByteOrder.allCases {
            for _ in 0..<500 {
                let words = (0..<6).map { _ in UInt16.random(in: 0...0x2800, using: &generator) }
                let data = words.flatMap { [UInt8($0 >> 8), UInt8($0 & 0xFF)] }
                for register in 0...6 {
                    let own = words.dropFirst(register).prefix(type.registerCount)
                    let number = type.decode(data.span, register: register, order: order)
                    #expect(number == type.decode(own, order: order))
                }
            }
        }
    }

    @Test("Registers outside the bytes are no number")
    func outside() {
        let data = [UInt8](repeating: 0, count: 5)
        for register in [-1, 1, 2, 3, .max, .min] {
            #expect(RegisterType.u32.decode(data.span, register: register, order: .abcd) == nil)
        }
        #expect(RegisterType.u32.decode(data.span, order: .abcd) == .unsigned(0))
        #expect(RegisterType.u16.decode(data.span, register: 2, order: .abcd) == nil)
    }
}
