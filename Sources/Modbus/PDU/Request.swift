// SPDX-License-Identifier: Apache-2.0

/// What a client asks of a server.
///
/// A value may hold quantities outside the standard's limits, so that a server can be shown what a peer sent; see
/// ``fault``. Functions without a case of their own, the user-defined ones among them, travel as ``other(_:_:)``.
public enum Request: Hashable, Sendable {
    /// Asks for 1 to 2000 coils (function 1).
    case readCoils(address: UInt16, count: UInt16)
    /// Asks for 1 to 2000 discrete inputs (function 2).
    case readDiscreteInputs(address: UInt16, count: UInt16)
    /// Asks for 1 to 125 holding registers (function 3).
    case readHoldingRegisters(address: UInt16, count: UInt16)
    /// Asks for 1 to 125 input registers (function 4).
    case readInputRegisters(address: UInt16, count: UInt16)
    /// Switches one coil (function 5).
    case writeSingleCoil(address: UInt16, value: Bool)
    /// Sets one holding register (function 6).
    case writeSingleRegister(address: UInt16, value: UInt16)
    /// Asks for the eight status bits of a serial device (function 7).
    case readExceptionStatus
    /// Asks a serial device to test or count (function 8).
    case diagnostics(DiagnosticsCode, data: [UInt16])
    /// Asks a serial device how many messages it carried out (function 11).
    case getCommEventCounter
    /// Asks a serial device for its last events (function 12).
    case getCommEventLog
    /// Switches 1 to 1968 coils in a row (function 15).
    case writeMultipleCoils(address: UInt16, values: [Bool])
    /// Sets 1 to 123 holding registers in a row (function 16).
    case writeMultipleRegisters(address: UInt16, values: [UInt16])
    /// Asks a serial device what it is and whether it runs (function 17).
    case reportServerID
    /// Asks for groups of registers from files (function 20).
    case readFileRecord([FileReference])
    /// Sets groups of registers in files (function 21).
    case writeFileRecord([FileRecord])
    /// Changes single bits of a register: (old and `and`) or (`or` and not `and`) (function 22).
    case maskWriteRegister(address: UInt16, and: UInt16, or: UInt16)
    /// Sets 1 to 121 registers, then reads 1 to 125 (function 23).
    case readWriteMultipleRegisters(readAddress: UInt16, readCount: UInt16, writeAddress: UInt16, values: [UInt16])
    /// Asks for the values of a queue without emptying it (function 24).
    case readFIFOQueue(address: UInt16)
    /// Asks for parts of a device's identification (function 43, type 14).
    case readDeviceIdentification(DeviceIdentification.ReadCode, object: UInt8)
    /// Any other type of function 43, with the bytes behind the type; 13 is CANopen.
    case encapsulatedInterface(type: UInt8, data: [UInt8])
    /// Any other function, with the bytes behind the function code.
    case other(FunctionCode, [UInt8])

    /// The function code.
    public var function: FunctionCode {
        switch self {
        case .readCoils: .readCoils
        case .readDiscreteInputs: .readDiscreteInputs
        case .readHoldingRegisters: .readHoldingRegisters
        case .readInputRegisters: .readInputRegisters
        case .writeSingleCoil: .writeSingleCoil
        case .writeSingleRegister: .writeSingleRegister
        case .readExceptionStatus: .readExceptionStatus
        case .diagnostics: .diagnostics
        case .getCommEventCounter: .getCommEventCounter
        case .getCommEventLog: .getCommEventLog
        case .writeMultipleCoils: .writeMultipleCoils
        case .writeMultipleRegisters: .writeMultipleRegisters
        case .reportServerID: .reportServerID
        case .readFileRecord: .readFileRecord
        case .writeFileRecord: .writeFileRecord
        case .maskWriteRegister: .maskWriteRegister
        case .readWriteMultipleRegisters: .readWriteMultipleRegisters
        case .readFIFOQueue: .readFIFOQueue
        case .readDeviceIdentification, .encapsulatedInterface: .encapsulatedInterface
        case .other(let function, _): function
        }
    }

    /// Whether the request changes nothing at the server; what is unknown counts as a write.
    ///
    /// Function 8 counts as a write: some of its parts restart, silence or clear.
    public var isRead: Bool {
        switch self {
        case .readCoils, .readDiscreteInputs, .readHoldingRegisters, .readInputRegisters, .readExceptionStatus,
            .getCommEventCounter, .getCommEventLog, .reportServerID, .readFileRecord, .readFIFOQueue,
            .readDeviceIdentification:
            true
        case .writeSingleCoil, .writeSingleRegister, .diagnostics, .writeMultipleCoils, .writeMultipleRegisters,
            .writeFileRecord, .maskWriteRegister, .readWriteMultipleRegisters, .encapsulatedInterface, .other:
            false
        }
    }
}
