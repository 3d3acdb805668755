// SPDX-License-Identifier: Apache-2.0

import Modbus

/// Type, order and four registers; then a number; then a text.
func checkValues(_ input: inout Input) throws(Violation) {
    let type = RegisterType.allCases[Int(input.byte()) % RegisterType.allCases.count]
    let order = ByteOrder.allCases[Int(input.byte()) % ByteOrder.allCases.count]
    let data = input.bytes(8)
    try checkRegisters(type, order, data)
    let bits = (0..<4).reduce(UInt64(0)) { bits, _ in bits << 16 | UInt64(input.word()) }
    try checkNumber(type, order, Double(bitPattern: bits))
    try checkNumber(type, order, Double(Int64(bitPattern: bits)))
    try checkNumber(type, order, Double(Int64(bitPattern: bits) >> 40) / 7)
    try checkField(bits, lower: Int(input.byte() & 63), count: Int(input.byte() & 63), value: UInt64(input.word()))
    try checkText(Array(input.remainder().prefix(250)))
}

private func same(_ left: RegisterNumber?, _ right: RegisterNumber?) -> Bool {
    if case .float(let left) = left, case .float(let right) = right, left.isNaN, right.isNaN { return true }
    return left == right
}

private func checkRegisters(_ type: RegisterType, _ order: ByteOrder, _ data: [UInt8]) throws(Violation) {
    let number = type.decode(data.span, order: order)
    if data.count < 2 * type.registerCount { try require(number == nil, "a number from \(data.count) bytes") }
    guard let number else { return }
    let words = (0..<type.registerCount).map { UInt16(data[2 * $0]) << 8 | UInt16(data[2 * $0 + 1]) }
    try require(same(type.decode(words, order: order), number), "\(words) differ from their bytes")
    try require(type.decode(words + [0], order: order) == nil, "a number from too many registers")
    guard let encoded = type.encode(number, order: order) else {
        throw Violation(description: "\(number) from \(words) does not fit \(type) again")
    }
    try require(same(type.decode(encoded, order: order), number), "\(number) becomes \(encoded)")
    if !type.isDecimal, !number.double.isNaN { try require(encoded == words, "\(words) become \(encoded)") }
}

private func checkNumber(_ type: RegisterType, _ order: ByteOrder, _ value: Double) throws(Violation) {
    guard let words = type.encode(value, order: order) else { return }
    try require(words.count == type.registerCount, "\(value) takes \(words.count) registers")
    guard let number = type.decode(words, order: order) else {
        throw Violation(description: "\(value) as \(type) is not read back")
    }
    switch type.kind {
    case .unsigned, .signed:
        try require(number.double == value.rounded(.toNearestOrAwayFromZero), "\(value) is read as \(number)")
    case .float:
        let isNear = number.double == value || number.double == Double(Float(value)) || value.isNaN
        try require(isNear, "\(value) is read as \(number)")
    }
}

private func checkField(_ number: UInt64, lower: Int, count: Int, value: UInt64) throws(Violation) {
    guard let field = BitField(bits: lower..<lower + count) else { return }
    try require(field.value(in: number) <= field.limit, "a value above \(field.limit)")
    guard let changed = field.setting(value, in: number) else {
        try require(value > field.limit, "\(value) does not fit \(field)")
        return
    }
    try require(field.value(in: changed) == value, "\(value) is read as \(field.value(in: changed))")
    try require(field.setting(field.value(in: number), in: changed) == number, "other bits changed")
    if let masks = field.masks(setting: value) {
        let old = UInt16(truncatingIfNeeded: number)
        let new = (old & masks.and) | (masks.or & ~masks.and)
        try require(UInt64(new) == field.setting(value, in: UInt64(old)), "the masks set something else")
    }
}

private func checkText(_ bytes: [UInt8]) throws(Violation) {
    var words = Input(bytes)
    let registers = words.words(bytes.count / 2)
    for form in [RegisterText.Form.highByteFirst, .lowByteFirst, .onePerRegister] {
        for padding in [RegisterText.Padding.zeros, .blanks] {
            let place = RegisterText(form, padding: padding)
            let text = place.decode(registers)
            try require(place.decode(bytes.span, registers: 0..<registers.count) == text, "the bytes read otherwise")
            try require(text.utf8.allSatisfy { (0x20...0x7E).contains($0) }, "\(text) is not printable")
            guard let encoded = place.encode(text, registers: registers.count) else {
                throw Violation(description: "\(text) does not fit again")
            }
            try require(place.decode(encoded) == text, "\(text) is not read back")
        }
    }
}
