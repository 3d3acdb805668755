// SPDX-License-Identifier: Apache-2.0

/// How a number lies in one, two or four registers.
public enum RegisterType: String, Hashable, Sendable, CaseIterable {
    /// Unsigned, one register.
    case u16
    /// Two's complement, one register.
    case s16
    /// Unsigned, two registers.
    case u32
    /// Two's complement, two registers.
    case s32
    /// Unsigned, four registers.
    case u64
    /// Two's complement, four registers.
    case s64
    /// IEEE 754 single precision, two registers.
    case f32
    /// IEEE 754 double precision, four registers.
    case f64

    /// How many registers a number takes.
    public var registerCount: Int {
        switch self {
        case .u16, .s16: 1
        case .u32, .s32, .f32: 2
        case .u64, .s64, .f64: 4
        }
    }

    /// The number in some registers.
    ///
    /// - Parameters:
    ///   - words: Exactly ``registerCount`` registers in order of address.
    ///   - order: Which of them is the high one.
    /// - Returns: `nil` when the number of registers differs.
    public func decode(_ words: some Collection<UInt16>, order: WordOrder) -> RegisterNumber? {
        guard words.count == registerCount else { return nil }
        var bits: UInt64 = 0
        var shift = order == .highWordFirst ? 16 * (registerCount - 1) : 0
        for word in words {
            bits |= UInt64(word) << UInt64(shift)
            shift += order == .highWordFirst ? -16 : 16
        }
        return number(bits)
    }

    /// The registers for a value; integers are rounded to the nearest, halves away from zero.
    ///
    /// - Returns: ``registerCount`` registers in order of address; `nil` when the value does not fit: out of range, or
    ///   not a number in an integer type.
    public func encode(_ value: Double, order: WordOrder) -> [UInt16]? {
        let rounded = value.rounded(.toNearestOrAwayFromZero)
        switch self {
        case .u16, .u32, .u64:
            return UInt64(exactly: rounded).flatMap { encode(.unsigned($0), order: order) }
        case .s16, .s32, .s64:
            return Int64(exactly: rounded).flatMap { encode(.signed($0), order: order) }
        case .f32, .f64:
            return encode(.float(value), order: order)
        }
    }

    /// The registers for a number, exactly.
    ///
    /// - Returns: `nil` when the number is of another kind than the type or out of its range. A finite number is rounded
    ///   to the precision of ``f32`` and does not fit when that gives infinity.
    public func encode(_ number: RegisterNumber, order: WordOrder) -> [UInt16]? {
        bits(number).map { bits in
            (0..<registerCount).map { index in
                let place = order == .highWordFirst ? registerCount - 1 - index : index
                return UInt16(truncatingIfNeeded: bits >> UInt64(16 * place))
            }
        }
    }

    private func number(_ bits: UInt64) -> RegisterNumber {
        switch self {
        case .u16, .u32, .u64: .unsigned(bits)
        case .s16: .signed(Int64(Int16(truncatingIfNeeded: bits)))
        case .s32: .signed(Int64(Int32(truncatingIfNeeded: bits)))
        case .s64: .signed(Int64(bitPattern: bits))
        case .f32: .float(Double(Float(bitPattern: UInt32(truncatingIfNeeded: bits))))
        case .f64: .float(Double(bitPattern: bits))
        }
    }

    private func bits(_ number: RegisterNumber) -> UInt64? {
        switch (self, number) {
        case (.u16, .unsigned(let value)): UInt16(exactly: value).map { UInt64($0) }
        case (.u32, .unsigned(let value)): UInt32(exactly: value).map { UInt64($0) }
        case (.u64, .unsigned(let value)): value
        case (.s16, .signed(let value)): Int16(exactly: value).map { UInt64(UInt16(bitPattern: $0)) }
        case (.s32, .signed(let value)): Int32(exactly: value).map { UInt64(UInt32(bitPattern: $0)) }
        case (.s64, .signed(let value)): UInt64(bitPattern: value)
        case (.f32, .float(let value)): single(value)
        case (.f64, .float(let value)): value.bitPattern
        default: nil
        }
    }

    private func single(_ value: Double) -> UInt64? {
        let single = Float(value)
        guard single.isFinite || !value.isFinite else { return nil }
        return UInt64(single.bitPattern)
    }
}
