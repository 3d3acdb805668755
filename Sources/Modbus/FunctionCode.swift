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

    /// Read Coils (1; application protocol, section 6.1).
    public static let readCoils = FunctionCode(rawValue: 1)
    /// Read Discrete Inputs (2; section 6.2).
    public static let readDiscreteInputs = FunctionCode(rawValue: 2)
    /// Read Holding Registers (3; section 6.3).
    public static let readHoldingRegisters = FunctionCode(rawValue: 3)
    /// Read Input Registers (4; section 6.4).
    public static let readInputRegisters = FunctionCode(rawValue: 4)
    /// Write Single Coil (5; section 6.5).
    public static let writeSingleCoil = FunctionCode(rawValue: 5)
    /// Write Single Register (6; section 6.6).
    public static let writeSingleRegister = FunctionCode(rawValue: 6)
    /// Read Exception Status (7; section 6.7, serial lines).
    public static let readExceptionStatus = FunctionCode(rawValue: 7)
    /// Diagnostics (8; section 6.8, serial lines).
    public static let diagnostics = FunctionCode(rawValue: 8)
    /// Get Comm Event Counter (11; section 6.9, serial lines).
    public static let getCommEventCounter = FunctionCode(rawValue: 11)
    /// Get Comm Event Log (12; section 6.10, serial lines).
    public static let getCommEventLog = FunctionCode(rawValue: 12)
    /// Write Multiple Coils (15; section 6.11).
    public static let writeMultipleCoils = FunctionCode(rawValue: 15)
    /// Write Multiple Registers (16; section 6.12).
    public static let writeMultipleRegisters = FunctionCode(rawValue: 16)
    /// Report Server ID (17; section 6.13, serial lines).
    public static let reportServerID = FunctionCode(rawValue: 17)
    /// Read File Record (20; section 6.14).
    public static let readFileRecord = FunctionCode(rawValue: 20)
    /// Write File Record (21; section 6.15).
    public static let writeFileRecord = FunctionCode(rawValue: 21)
    /// Mask Write Register (22; section 6.16).
    public static let maskWriteRegister = FunctionCode(rawValue: 22)
    /// Read/Write Multiple Registers (23; section 6.17).
    public static let readWriteMultipleRegisters = FunctionCode(rawValue: 23)
    /// Read FIFO Queue (24; section 6.18).
    public static let readFIFOQueue = FunctionCode(rawValue: 24)
    /// Encapsulated Interface Transport (43; section 6.19): CANopen and device identification.
    public static let encapsulatedInterface = FunctionCode(rawValue: 43)

    /// The bit that turns a function code into that of an exception response.
    public static let exceptionBit: UInt8 = 0x80

    /// Whether this is the code of an exception response (128 to 255).
    public var isException: Bool { rawValue & FunctionCode.exceptionBit != 0 }

    /// The byte that opens an exception response to this function; never below 128, whatever the code (9.15, 9.16).
    public var exceptionByte: UInt8 { rawValue | FunctionCode.exceptionBit }

    /// Whether the standard leaves this code to applications (65 to 72 and 100 to 110; 8.40).
    public var isUserDefined: Bool { (65...72).contains(rawValue) || (100...110).contains(rawValue) }

    /// The name and the number, such as "read holding registers (3)".
    public var description: String {
        FunctionCode.names[rawValue].map { "\($0) (\(rawValue))" } ?? "function \(rawValue)"
    }

    private static let names: [UInt8: String] = [
        1: "read coils", 2: "read discrete inputs", 3: "read holding registers", 4: "read input registers",
        5: "write single coil", 6: "write single register", 7: "read exception status", 8: "diagnostics",
        11: "get comm event counter", 12: "get comm event log", 15: "write multiple coils",
        16: "write multiple registers", 17: "report server id", 20: "read file record", 21: "write file record",
        22: "mask write register", 23: "read/write multiple registers", 24: "read FIFO queue",
        43: "encapsulated interface transport",
    ]
}
