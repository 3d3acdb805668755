// SPDX-License-Identifier: Apache-2.0

/// Which of several registers holds the high part of a number.
///
/// The standard fixes the order of the bytes in a register and leaves that of the registers to the device.
public enum WordOrder: String, Hashable, Sendable, CaseIterable {
    /// The register with the lowest address holds the highest 16 bits.
    case highWordFirst
    /// The register with the lowest address holds the lowest 16 bits.
    case lowWordFirst
}

/// A number as registers hold it, before any scale or unit.
public enum RegisterNumber: Hashable, Sendable {
    /// An unsigned integer.
    case unsigned(UInt64)
    /// A two's complement integer.
    case signed(Int64)
    /// A floating-point number; not a number and infinity come through.
    case float(Double)

    /// The closest floating-point number.
    public var double: Double {
        switch self {
        case .unsigned(let value): Double(value)
        case .signed(let value): Double(value)
        case .float(let value): value
        }
    }
}
