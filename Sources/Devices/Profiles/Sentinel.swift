// SPDX-License-Identifier: Apache-2.0
internal import Documents
internal import Modbus

/// The bit patterns by which devices say "not available".
enum Sentinel {
    /// Patterns that have a name in profile files, because they differ only in width.
    enum Name: String, CaseIterable {
        /// Every bit set: the usual one of unsigned types.
        case allOnes = "all_ones"
        /// Only the sign bit set: the usual one of two's complement types.
        case lowest
        /// Every bit but the sign bit set: overflow on many meters.
        case highest
        /// Zero: counters that were never implemented.
        case zero
    }

    /// The usual patterns of a type; not-a-number and infinity need no list.
    static func defaults(for type: RegisterType) -> [UInt64] {
        // Decimal types need none either: such patterns are no digits.
        switch type.kind {
        case .unsigned: type.isDecimal ? [] : [bits(.allOnes, type)]
        case .signed: type.isDecimal ? [] : [bits(.lowest, type)]
        case .float: []
        }
    }

    /// The bits that a type has.
    static func mask(_ type: RegisterType) -> UInt64 {
        let width = UInt64(type.registerCount * 16)
        return width == 64 ? .max : (1 << width) - 1
    }

    /// A named pattern in the width of a type.
    static func bits(_ name: Name, _ type: RegisterType) -> UInt64 {
        let mask = mask(type)
        return switch name {
        case .allOnes: mask
        case .lowest: mask ^ (mask >> 1)
        case .highest: mask >> 1
        case .zero: 0
        }
    }

    /// Reads a list of names and raw numbers.
    static func read(_ nodes: [Node], type: RegisterType, faults: FaultCollector) -> [UInt64] {
        nodes.compactMap { node in
            if case .scalar(let scalar) = node.content, scalar.text.first?.isLetter == true {
                return ValueReading.choice(node, of: Name.self, faults: faults).map { bits($0, type) }
            }
            let range = -0x8000_0000...0xFFFF_FFFF
            return ValueReading.integer(node, in: range, faults: faults).map {
                UInt64(bitPattern: Int64($0)) & mask(type)
            }
        }
    }
}
