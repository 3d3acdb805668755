// SPDX-License-Identifier: Apache-2.0

/// How a number lies in one to four registers.
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
    /// Four decimal digits a register, 0 to 9999, two registers; see ``mod10u4``.
    case mod10u2
    /// Four decimal digits a register, 0 to 9999, three registers; see ``mod10u4``.
    case mod10u3
    /// Four decimal digits a register, 0 to 9999, four registers.
    ///
    /// "MOD10" or "modulo 10000" in the documents of energy meters: the value is the sum of each register times a power
    /// of 10000. On PowerLogic meters the first register is the lowest one, which is ``ByteOrder/lowWordFirst``; others
    /// begin with the highest. (Schneider Electric, FA212766, "How to convert Mod10 registers to decimal".)
    case mod10u4
    /// As ``mod10u2``, each register -9999 to 9999 in two's complement.
    case mod10s2
    /// As ``mod10u3``, each register -9999 to 9999 in two's complement.
    case mod10s3
    /// As ``mod10u4``, each register -9999 to 9999 in two's complement.
    case mod10s4
    /// Packed binary-coded decimal, four digits, one register.
    case bcd16
    /// Packed binary-coded decimal, eight digits, two registers.
    case bcd32
    /// Packed binary-coded decimal, sixteen digits, four registers.
    case bcd64

    /// What numbers a type holds.
    public enum Kind: Hashable, Sendable {
        /// Whole numbers from zero up: ``RegisterNumber/unsigned(_:)``.
        case unsigned
        /// Whole numbers of both signs: ``RegisterNumber/signed(_:)``.
        case signed
        /// Floating-point numbers: ``RegisterNumber/float(_:)``.
        case float
    }

    /// How the bits of the registers are to be read.
    enum Form {
        case binary
        case float
        case mod10
        case bcd
    }

    /// How many registers a number takes.
    public var registerCount: Int {
        switch self {
        case .u16, .s16, .bcd16: 1
        case .u32, .s32, .f32, .mod10u2, .mod10s2, .bcd32: 2
        case .mod10u3, .mod10s3: 3
        case .u64, .s64, .f64, .mod10u4, .mod10s4, .bcd64: 4
        }
    }

    /// What numbers the type holds.
    public var kind: Kind {
        switch self {
        case .u16, .u32, .u64, .mod10u2, .mod10u3, .mod10u4, .bcd16, .bcd32, .bcd64: .unsigned
        case .s16, .s32, .s64, .mod10s2, .mod10s3, .mod10s4: .signed
        case .f32, .f64: .float
        }
    }

    /// Whether the registers hold decimal digits, so that not every pattern of bits is a number.
    public var isDecimal: Bool {
        switch form {
        case .mod10, .bcd: true
        case .binary, .float: false
        }
    }

    var form: Form {
        switch self {
        case .u16, .s16, .u32, .s32, .u64, .s64: .binary
        case .f32, .f64: .float
        case .mod10u2, .mod10u3, .mod10u4, .mod10s2, .mod10s3, .mod10s4: .mod10
        case .bcd16, .bcd32, .bcd64: .bcd
        }
    }

    /// The largest number of decimal digits.
    var decimalLimit: UInt64 {
        (0..<registerCount).reduce(1) { limit, _ in limit * 10_000 } - 1
    }
}
