// SPDX-License-Identifier: Apache-2.0

/// What a server answers.
public enum Response: Hashable, Sendable {
    /// The states asked for, in order of address (function 1).
    case readCoils([Bool])
    /// The states asked for, in order of address (function 2).
    case readDiscreteInputs([Bool])
    /// The values asked for, in order of address (function 3).
    case readHoldingRegisters([UInt16])
    /// The values asked for, in order of address (function 4).
    case readInputRegisters([UInt16])
    /// The coil was switched; address and value repeat the request (function 5).
    case writeSingleCoil(address: UInt16, value: Bool)
    /// The register was set; address and value repeat the request (function 6).
    case writeSingleRegister(address: UInt16, value: UInt16)
    /// Eight bits whose meaning is the device's (function 7).
    case readExceptionStatus(UInt8)
    /// The result of a diagnostic; what it holds depends on the code (function 8).
    case diagnostics(DiagnosticsCode, data: [UInt16])
    /// Whether the device is busy (0xFFFF) and how many messages it carried out (function 11).
    case getCommEventCounter(status: UInt16, count: UInt16)
    /// The last events of a serial device (function 12).
    case getCommEventLog(CommEventLog)
    /// The coils were switched; address and quantity repeat the request (function 15).
    case writeMultipleCoils(address: UInt16, count: UInt16)
    /// The registers were set; address and quantity repeat the request (function 16).
    case writeMultipleRegisters(address: UInt16, count: UInt16)
    /// Identifier, run indicator (0x00 or 0xFF) and more, laid out as the device likes (function 17; 8.28).
    case reportServerID([UInt8])
    /// The registers of each group, in the order they were asked for (function 20).
    case readFileRecord([[UInt16]])
    /// The groups were set; all of them repeat the request (function 21).
    case writeFileRecord([FileRecord])
    /// The register was changed; everything repeats the request (function 22).
    case maskWriteRegister(address: UInt16, and: UInt16, or: UInt16)
    /// The values asked for, read after the write (function 23).
    case readWriteMultipleRegisters([UInt16])
    /// The values in the queue, oldest first (function 24).
    case readFIFOQueue([UInt16])
    /// Parts of the device's identification (function 43, type 14).
    case readDeviceIdentification(DeviceIdentification.Page)
    /// The answer to any other type of function 43, with the bytes behind the type.
    case encapsulatedInterface(type: UInt8, data: [UInt8])
    /// The server refused a request of this function.
    case exception(FunctionCode, ExceptionCode)
    /// The answer to any other function, with the bytes behind the function code.
    case other(FunctionCode, [UInt8])

    /// The function of the request that this answers.
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
        case .exception(let function, _), .other(let function, _): function
        }
    }

    /// Whether the answer can be sent: its fields hold it and the PDU has at most 253 bytes.
    ///
    /// A server that is handed another one by its responder answers ``ExceptionCode/serverDeviceFailure`` instead.
    public var fits: Bool {
        switch self {
        case .readCoils(let values), .readDiscreteInputs(let values):
            values.count <= Limits.readBits
        case .readHoldingRegisters(let values), .readInputRegisters(let values),
            .readWriteMultipleRegisters(let values):
            values.count <= Limits.readRegisters
        case .diagnostics(_, let data): 3 + 2 * data.count <= Limits.pduCount
        case .getCommEventLog(let log): log.events.count <= Limits.commEvents
        case .reportServerID(let bytes): bytes.count <= Limits.serverID
        case .readFileRecord(let groups):
            groups.reduce(2) { $0 + 2 + 2 * $1.count } <= Limits.pduCount
        case .writeFileRecord(let records): FileRecord.dataCount(records) <= FileRecord.dataCounts.upperBound
        case .readFIFOQueue(let values): values.count <= Limits.fifoValues
        case .readDeviceIdentification(let page): page.pduCount <= Limits.pduCount
        case .encapsulatedInterface(_, let data): 2 + data.count <= Limits.pduCount
        case .other(_, let data): data.count < Limits.pduCount
        case .writeSingleCoil, .writeSingleRegister, .readExceptionStatus, .getCommEventCounter, .writeMultipleCoils,
            .writeMultipleRegisters, .maskWriteRegister, .exception:
            true
        }
    }
}

/// The last events of a serial device (function 12).
public struct CommEventLog: Hashable, Sendable {
    /// 0xFFFF while an earlier command is still being carried out, else 0.
    public var status: UInt16
    /// How many messages were carried out.
    public var eventCount: UInt16
    /// How many messages the device saw, the same as function 8, code 11.
    public var messageCount: UInt16
    /// The events, newest first, at most 64 (17.2).
    public var events: [UInt8]

    /// Creates a log.
    public init(status: UInt16, eventCount: UInt16, messageCount: UInt16, events: [UInt8]) {
        self.status = status
        self.eventCount = eventCount
        self.messageCount = messageCount
        self.events = events
    }
}
