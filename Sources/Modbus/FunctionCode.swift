// SPDX-License-Identifier: Apache-2.0

/// What a request asks for: the first byte of a PDU.
///
/// Valid requests use 1 to 127 (application protocol, section 4.1); every other byte can still be held, so that what a
/// peer sent is never lost.
public struct FunctionCode: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
    /// The byte on the wire.
    public let rawValue: UInt8

    /// Holds any byte.
    public init(rawValue: UInt8) { self.rawValue = rawValue }

    /// Read Holding Registers (3; application protocol, section 6.3).
    public static let readHoldingRegisters = FunctionCode(rawValue: 3)
    /// Read Input Registers (4; section 6.4).
    public static let readInputRegisters = FunctionCode(rawValue: 4)
    /// Write Single Register (6; section 6.6).
    public static let writeSingleRegister = FunctionCode(rawValue: 6)
    /// Write Multiple Registers (16; section 6.12).
    public static let writeMultipleRegisters = FunctionCode(rawValue: 16)

    /// The bit that turns a function code into that of an exception response.
    public static let exceptionBit: UInt8 = 0x80

    /// Whether this is the code of an exception response (128 to 255).
    public var isException: Bool { rawValue & FunctionCode.exceptionBit != 0 }

    /// The byte that opens an exception response to this function; never below 128, whatever the code (9.15, 9.16).
    public var exceptionByte: UInt8 { rawValue | FunctionCode.exceptionBit }

    /// The name and the number, such as "read holding registers (3)".
    public var description: String {
        switch self {
        case .readHoldingRegisters: "read holding registers (3)"
        case .readInputRegisters: "read input registers (4)"
        case .writeSingleRegister: "write single register (6)"
        case .writeMultipleRegisters: "write multiple registers (16)"
        default: "function \(rawValue)"
        }
    }
}
