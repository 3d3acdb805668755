// SPDX-License-Identifier: Apache-2.0

extension Response {
    /// Appends the PDU: the function code and the data.
    ///
    /// Meant for answers that ``fits`` allows.
    public func encode(into bytes: inout [UInt8]) {
        if case .exception(let function, let code) = self {
            bytes.append(function.exceptionByte)
            bytes.append(code.rawValue)
            return
        }
        bytes.append(function.rawValue)
        switch self {
        case .readCoils(let values), .readDiscreteInputs(let values):
            bytes.append(UInt8(truncatingIfNeeded: (values.count + 7) / 8))
            bytes.append(bits: values)
        case .readHoldingRegisters(let values), .readInputRegisters(let values),
            .readWriteMultipleRegisters(let values):
            bytes.append(UInt8(truncatingIfNeeded: 2 * values.count))
            bytes.append(words: values)
        case .writeSingleCoil(let address, let value):
            bytes.append(word: address)
            bytes.append(word: PDUStructure.coil(value))
        case .writeSingleRegister(let first, let second), .writeMultipleCoils(let first, let second),
            .writeMultipleRegisters(let first, let second), .getCommEventCounter(let first, let second):
            bytes.append(word: first)
            bytes.append(word: second)
        case .maskWriteRegister(let address, let and, let or):
            bytes.append(words: [address, and, or])
        case .readExceptionStatus(let status):
            bytes.append(status)
        case .diagnostics(let code, let data):
            bytes.append(word: code.rawValue)
            bytes.append(words: data)
        case .getCommEventLog(let log):
            bytes.append(UInt8(truncatingIfNeeded: 6 + log.events.count))
            bytes.append(words: [log.status, log.eventCount, log.messageCount])
            bytes.append(contentsOf: log.events)
        case .reportServerID(let data):
            bytes.append(UInt8(truncatingIfNeeded: data.count))
            bytes.append(contentsOf: data)
        case .readFileRecord(let groups):
            bytes.append(UInt8(truncatingIfNeeded: groups.reduce(0) { $0 + 2 + 2 * $1.count }))
            for group in groups {
                bytes.append(UInt8(truncatingIfNeeded: 1 + 2 * group.count))
                bytes.append(FileReference.type)
                bytes.append(words: group)
            }
        case .writeFileRecord(let records):
            FileRecord.encode(records, into: &bytes)
        case .readFIFOQueue(let values):
            bytes.append(word: UInt16(truncatingIfNeeded: 2 + 2 * values.count))
            bytes.append(word: UInt16(truncatingIfNeeded: values.count))
            bytes.append(words: values)
        case .readDeviceIdentification(let page):
            page.encode(into: &bytes)
        case .encapsulatedInterface(let type, let data):
            bytes.append(type)
            bytes.append(contentsOf: data)
        case .other(_, let data):
            bytes.append(contentsOf: data)
        case .exception:
            break
        }
    }

    /// The PDU: the function code and the data.
    public var encoded: [UInt8] {
        var bytes: [UInt8] = []
        encode(into: &bytes)
        return bytes
    }
}

extension DeviceIdentification.Page {
    /// Appends everything behind the function code.
    fileprivate func encode(into bytes: inout [UInt8]) {
        bytes += [DeviceIdentification.interfaceType, code.rawValue, conformity, next == nil ? 0 : 0xFF, next ?? 0]
        bytes.append(UInt8(truncatingIfNeeded: objects.count))
        for object in objects {
            bytes.append(object.id)
            bytes.append(UInt8(truncatingIfNeeded: object.value.count))
            bytes.append(contentsOf: object.value)
        }
    }
}
