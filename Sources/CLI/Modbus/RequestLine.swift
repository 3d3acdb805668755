// SPDX-License-Identifier: Apache-2.0

import Modbus

extension Request {
    /// The request for a log: "read 2 holding registers from 100".
    var line: String {
        switch self {
        case .readCoils(let address, let count): "read \(count) coils from \(address)"
        case .readDiscreteInputs(let address, let count): "read \(count) discrete inputs from \(address)"
        case .readHoldingRegisters(let address, let count): "read \(count) holding registers from \(address)"
        case .readInputRegisters(let address, let count): "read \(count) input registers from \(address)"
        case .writeSingleCoil(let address, let value): "write coil \(address) = \(value ? 1 : 0)"
        case .writeSingleRegister(let address, let value): "write register \(address) = \(value)"
        case .writeMultipleCoils(let address, let values):
            "write \(values.count) coils from \(address) = \(values.map { $0 ? "1" : "0" }.joined())"
        case .writeMultipleRegisters(let address, let values):
            "write \(values.count) registers from \(address) = \(values.joined)"
        case .maskWriteRegister(let address, let and, let or):
            "change register \(address), keeping \(and.hexadecimal), setting \(or.hexadecimal)"
        case .readWriteMultipleRegisters(let readAddress, let count, let address, let values):
            "write \(values.count) registers from \(address) = \(values.joined), then read \(count) from \(readAddress)"
        case .readFIFOQueue(let address): "read the queue at \(address)"
        case .readFileRecord(let references): "read \(references.count) groups of registers from files"
        case .writeFileRecord(let records): "write \(records.count) groups of registers to files"
        case .diagnostics(let code, let data): "diagnostics, \(code), data \(data.joined)"
        case .readDeviceIdentification(let code, let object):
            "read device identification, code \(code.rawValue) from object \(object)"
        case .encapsulatedInterface(let type, let data): "encapsulated interface \(type) with \(data.count) bytes"
        case .readExceptionStatus, .getCommEventCounter, .getCommEventLog, .reportServerID: "\(function)"
        case .other(let function, let bytes): "\(function) with \(bytes.count) bytes"
        }
    }
}

extension Response {
    /// The response for a log.
    var line: String {
        switch self {
        case .readCoils(let values), .readDiscreteInputs(let values): values.map { $0 ? "1" : "0" }.joined()
        case .readHoldingRegisters(let values), .readInputRegisters(let values), .readFIFOQueue(let values),
            .readWriteMultipleRegisters(let values), .diagnostics(_, let values):
            values.joined
        case .readExceptionStatus(let status): String(status, radix: 2)
        case .getCommEventCounter(_, let count): "\(count) events"
        case .getCommEventLog(let log): "\(log.eventCount) events, \(log.messageCount) messages"
        case .reportServerID(let bytes): "\(bytes.count) bytes"
        case .readFileRecord(let groups): groups.map(\.joined).joined(separator: "; ")
        case .readDeviceIdentification(let page):
            page.objects.map { "\($0.id) \"\(String(decoding: $0.value, as: UTF8.self))\"" }.joined(separator: ", ")
        case .exception(_, let code): "\(code)"
        case .writeSingleCoil, .writeSingleRegister, .writeMultipleCoils, .writeMultipleRegisters, .writeFileRecord,
            .maskWriteRegister, .encapsulatedInterface, .other:
            "done"
        }
    }
}

extension [UInt16] {
    fileprivate var joined: String { map(String.init).joined(separator: " ") }
}

extension UInt16 {
    fileprivate var hexadecimal: String { "0x" + String(self, radix: 16, uppercase: true) }
}
