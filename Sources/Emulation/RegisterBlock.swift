// SPDX-License-Identifier: Apache-2.0
internal import Modbus

/// A row of registers under construction, high word first.
struct RegisterBlock {
    let start: UInt16
    private(set) var words: [UInt16]

    /// Begins with every register holding the same word.
    init(start: UInt16, count: Int, filler: UInt16) {
        self.start = start
        words = Array(repeating: filler, count: count)
    }

    /// Puts a number at an address; one beyond the type's range becomes the type's nearest.
    mutating func put(_ value: Double, as type: RegisterType, at address: Int) {
        guard let encoded = type.encode(type.clamp(value), order: .highWordFirst) else { return }
        put(encoded, at: address)
    }

    /// Puts numbers of one type in a row.
    mutating func put(_ values: [Double], as type: RegisterType, at address: Int) {
        for (index, value) in values.enumerated() { put(value, as: type, at: address + index * type.registerCount) }
    }

    /// Puts two characters into each register and zeros behind them; what is too long is cut off.
    ///
    /// Characters outside ASCII become question marks.
    mutating func put(text: String, at address: Int, count: Int) {
        var bytes = text.unicodeScalars.prefix(2 * count).map { $0.isASCII ? UInt8(truncatingIfNeeded: $0.value) : 63 }
        bytes += Array(repeating: 0, count: 2 * count - bytes.count)
        put((0..<count).map { UInt16(bytes[2 * $0]) << 8 | UInt16(bytes[2 * $0 + 1]) }, at: address)
    }

    /// Puts words in a row.
    mutating func put(_ new: [UInt16], at address: Int) {
        for (offset, word) in new.enumerated() { words[address - Int(start) + offset] = word }
    }
}

extension RegisterTable {
    mutating func add(_ block: RegisterBlock) { set(block.words, at: block.start) }
}

extension RegisterType {
    fileprivate func clamp(_ value: Double) -> Double {
        switch self {
        case .u16: min(max(value, 0), Double(UInt16.max))
        case .s16: min(max(value, Double(Int16.min)), Double(Int16.max))
        case .u32: min(max(value, 0), Double(UInt32.max))
        case .s32: min(max(value, Double(Int32.min)), Double(Int32.max))
        case .u64: max(value, 0)
        default: value
        }
    }
}
