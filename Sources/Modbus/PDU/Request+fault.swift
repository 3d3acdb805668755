// SPDX-License-Identifier: Apache-2.0

extension Request {
    /// What keeps a request from being sent, or `nil` for a good one.
    ///
    /// Checks the quantity first and then whether the range passes address 65535 (1.8, 5.1).
    public var fault: RequestFault? {
        switch self {
        case .readCoils(let address, let count), .readDiscreteInputs(let address, let count):
            Request.fault(address: address, count: Int(count), limit: Limits.readBits)
        case .readHoldingRegisters(let address, let count), .readInputRegisters(let address, let count):
            Request.fault(address: address, count: Int(count), limit: Limits.readRegisters)
        case .writeMultipleCoils(let address, let values):
            Request.fault(address: address, count: values.count, limit: Limits.writeBits)
        case .writeMultipleRegisters(let address, let values):
            Request.fault(address: address, count: values.count, limit: Limits.writeRegisters)
        case .readWriteMultipleRegisters(let readAddress, let readCount, let writeAddress, let values):
            Request.fault(address: readAddress, count: Int(readCount), limit: Limits.readRegisters)
                ?? Request.fault(address: writeAddress, count: values.count, limit: Limits.readWriteRegisters)
        case .diagnostics(_, let data):
            Request.fault(count: 3 + 2 * data.count)
        case .readFileRecord(let references):
            FileReference.fault(references)
        case .writeFileRecord(let records):
            FileRecord.fault(records)
        case .encapsulatedInterface(_, let data):
            Request.fault(count: 2 + data.count)
        case .other(let function, let bytes):
            if function.rawValue == 0 || function.isException {
                .function(function)
            } else {
                Request.fault(count: 1 + bytes.count)
            }
        case .writeSingleCoil, .writeSingleRegister, .readExceptionStatus, .getCommEventCounter, .getCommEventLog,
            .reportServerID, .maskWriteRegister, .readFIFOQueue, .readDeviceIdentification:
            nil
        }
    }

    private static func fault(address: UInt16, count: Int, limit: Int) -> RequestFault? {
        guard (1...limit).contains(count) else { return .quantity(count, limit: limit) }
        guard Int(address) + count <= Limits.tableCount else { return .range(address: address, count: count) }
        return nil
    }

    private static func fault(count: Int) -> RequestFault? {
        count > Limits.pduCount ? .tooLong(count) : nil
    }
}

/// Why a request cannot be sent.
public enum RequestFault: Error, Hashable, Sendable, CustomStringConvertible {
    /// The quantity is zero or above the standard's limit; ask for less at a time.
    case quantity(Int, limit: Int)
    /// The range passes address 65535; there is no wrap-around.
    case range(address: UInt16, count: Int)
    /// The function code is not 1 to 127.
    case function(FunctionCode)
    /// The PDU would have more than 253 bytes; this many.
    case tooLong(Int)
    /// A file number, record number or length that no file can have.
    case record(FileReference)
    /// There is nothing in the request, or more parts than it can carry; this many.
    case parts(Int, limit: Int)
    /// The PDU of the answer would have more than 253 bytes; ask for less at a time.
    case answerTooLong(Int)

    /// What is wrong and what would be right.
    public var description: String {
        switch self {
        case .quantity(let count, let limit): "\(count) items; a request carries 1 to \(limit)"
        case .range(let address, let count): "\(count) items from address \(address) pass address 65535"
        case .function(let function): "function code \(function.rawValue); requests use 1 to 127"
        case .tooLong(let count): "a PDU of \(count) bytes; at most \(Limits.pduCount)"
        case .record(let reference):
            "file \(reference.file), record \(reference.record), \(reference.count) registers; files are 1 to 65535, "
                + "records 0 to \(Limits.fileRecord), and the last register of a group is at most there"
        case .parts(let count, let limit): "\(count) groups; a request carries 1 to \(limit)"
        case .answerTooLong(let count): "the answer would have \(count) bytes; at most \(Limits.pduCount)"
        }
    }
}
