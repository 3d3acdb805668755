// SPDX-License-Identifier: Apache-2.0

extension RegisterType {
    /// The registers for a value; integers are rounded to the nearest, halves away from zero.
    ///
    /// - Returns: ``registerCount`` registers in order of address; `nil` when the value does not fit: out of range, or
    ///   not a number in an integer type.
    public func encode(_ value: Double, order: ByteOrder) -> [UInt16]? {
        let rounded = value.rounded(.toNearestOrAwayFromZero)
        return switch kind {
        case .unsigned: UInt64(exactly: rounded).flatMap { encode(.unsigned($0), order: order) }
        case .signed: Int64(exactly: rounded).flatMap { encode(.signed($0), order: order) }
        case .float: encode(.float(value), order: order)
        }
    }

    /// The registers for a number, exactly.
    ///
    /// - Returns: `nil` when the number is of another kind than the type or out of its range. A finite number is rounded
    ///   to the precision of ``f32`` and does not fit when that gives infinity.
    public func encode(_ number: RegisterNumber, order: ByteOrder) -> [UInt16]? {
        packed(number).map { bits in
            let count = registerCount
            var words = [UInt16](repeating: 0, count: count)
            for part in 0..<count {
                let word = UInt16(truncatingIfNeeded: bits >> UInt64(16 * (count - 1 - part)))
                words[order.index(ofPart: part, count: count)] = order.ordered(word)
            }
            return words
        }
    }

    /// The registers of a number in one, the highest part at the top.
    private func packed(_ number: RegisterNumber) -> UInt64? {
        switch (form, kind, number) {
        case (.binary, .unsigned, .unsigned(let value)) where value <= limit: value
        case (.binary, .signed, .signed(let value)) where value <= limit >> 1 && value >= -1 - Int64(limit >> 1):
            UInt64(bitPattern: value) & limit
        case (.float, _, .float(let value)): registerCount == 4 ? value.bitPattern : single(value)
        case (.mod10, .unsigned, .unsigned(let value)) where value <= decimalLimit:
            packedDecimal(Int64(value)) { UInt16($0) }
        case (.mod10, .signed, .signed(let value)) where value.magnitude <= decimalLimit:
            packedDecimal(value) { UInt16(bitPattern: Int16($0)) }
        case (.bcd, _, .unsigned(let value)) where value <= decimalLimit:
            packedDecimal(Int64(value)) { RegisterType.digits(of: UInt16($0)) }
        default: nil
        }
    }

    /// The bits that the registers have.
    private var limit: UInt64 { .max >> UInt64(64 - 16 * registerCount) }

    private func single(_ value: Double) -> UInt64? {
        let single = Float(value)
        guard single.isFinite || !value.isFinite else { return nil }
        return UInt64(single.bitPattern)
    }

    /// Four decimal digits, -9999 to 9999, in each register.
    private func packedDecimal(_ value: Int64, _ register: (Int64) -> UInt16) -> UInt64 {
        var rest = value
        var bits: UInt64 = 0
        for part in 0..<registerCount {
            bits |= UInt64(register(rest % 10_000)) << UInt64(16 * part)
            rest /= 10_000
        }
        return bits
    }

    /// Four packed digits.
    private static func digits(of value: UInt16) -> UInt16 {
        (value / 1000) << 12 | (value / 100 % 10) << 8 | (value / 10 % 10) << 4 | value % 10
    }
}
