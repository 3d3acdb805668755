// SPDX-License-Identifier: Apache-2.0

extension Request {
    /// Appends the PDU: the function code and the data.
    ///
    /// Meant for requests without a ``fault``; with one, what is written is what the fields hold, cut to their width.
    public func encode(into bytes: inout [UInt8]) {
        bytes.append(function.rawValue)
        switch self {
        case .readCoils(let first, let second), .readDiscreteInputs(let first, let second),
            .readHoldingRegisters(let first, let second), .readInputRegisters(let first, let second),
            .writeSingleRegister(let first, let second):
            bytes.append(word: first)
            bytes.append(word: second)
        case .writeSingleCoil(let address, let value):
            bytes.append(word: address)
            bytes.append(word: PDUStructure.coil(value))
        case .readExceptionStatus, .getCommEventCounter, .getCommEventLog, .reportServerID:
            break
        case .diagnostics(let code, let data):
            bytes.append(word: code.rawValue)
            bytes.append(words: data)
        case .writeMultipleCoils(let address, let values):
            bytes.append(word: address)
            bytes.append(word: UInt16(truncatingIfNeeded: values.count))
            bytes.append(UInt8(truncatingIfNeeded: (values.count + 7) / 8))
            bytes.append(bits: values)
        case .writeMultipleRegisters(let address, let values):
            bytes.append(writing: values, at: address)
        case .readFileRecord(let references):
            bytes.append(UInt8(truncatingIfNeeded: references.count * FileReference.count))
            for reference in references { reference.encode(into: &bytes) }
        case .writeFileRecord(let records):
            FileRecord.encode(records, into: &bytes)
        case .maskWriteRegister(let address, let and, let or):
            bytes.append(word: address)
            bytes.append(word: and)
            bytes.append(word: or)
        case .readWriteMultipleRegisters(let readAddress, let readCount, let writeAddress, let values):
            bytes.append(word: readAddress)
            bytes.append(word: readCount)
            bytes.append(writing: values, at: writeAddress)
        case .readFIFOQueue(let address):
            bytes.append(word: address)
        case .readDeviceIdentification(let code, let object):
            bytes.append(DeviceIdentification.interfaceType)
            bytes.append(code.rawValue)
            bytes.append(object)
        case .encapsulatedInterface(let type, let data):
            bytes.append(type)
            bytes.append(contentsOf: data)
        case .other(_, let data):
            bytes.append(contentsOf: data)
        }
    }

    /// The PDU: the function code and the data.
    public var encoded: [UInt8] {
        var bytes: [UInt8] = []
        encode(into: &bytes)
        return bytes
    }
}

extension [UInt8] {
    /// Appends address, quantity, byte count and values.
    fileprivate mutating func append(writing values: [UInt16], at address: UInt16) {
        append(word: address)
        append(word: UInt16(truncatingIfNeeded: values.count))
        append(UInt8(truncatingIfNeeded: 2 * values.count))
        append(words: values)
    }
}
