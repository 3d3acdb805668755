// SPDX-License-Identifier: Apache-2.0

/// Some neighbouring bits of a register or of a longer number, such as one flag of a status word.
public struct BitField: Hashable, Sendable {
    /// The bits of the number, counted from the lowest, which is bit 0.
    public let bits: Range<Int>

    /// Creates a field; `nil` when it is empty or reaches beyond 64 bits.
    public init?(bits: Range<Int>) {
        guard !bits.isEmpty, bits.lowerBound >= 0, bits.upperBound <= 64 else { return nil }
        self.bits = bits
    }

    /// Creates a field of one bit; `nil` when there is no such bit.
    public init?(bit: Int) {
        guard (0..<64).contains(bit) else { return nil }
        self.init(bits: bit..<bit + 1)
    }

    /// The largest value that fits.
    public var limit: UInt64 { .max >> UInt64(64 - bits.count) }

    /// The field of a number.
    public func value(in number: UInt64) -> UInt64 {
        number >> UInt64(bits.lowerBound) & limit
    }

    /// A number with another value in the field; `nil` when the value does not fit.
    public func setting(_ value: UInt64, in number: UInt64) -> UInt64? {
        guard value <= limit else { return nil }
        let place = UInt64(bits.lowerBound)
        return number & ~(limit << place) | value << place
    }

    /// The masks of a request that sets the field of one register and leaves its other bits (function 22).
    ///
    /// - Returns: `nil` when the field is not within the register or the value does not fit.
    public func masks(setting value: UInt64) -> (and: UInt16, or: UInt16)? {
        guard bits.upperBound <= 16, value <= limit else { return nil }
        let place = UInt64(bits.lowerBound)
        return (~UInt16(limit << place), UInt16(value << place))
    }
}
