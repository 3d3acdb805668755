// SPDX-License-Identifier: Apache-2.0

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
