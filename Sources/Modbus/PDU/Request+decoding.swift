// SPDX-License-Identifier: Apache-2.0

extension Request {
    /// Reads the PDU of a request, the way a server does.
    ///
    /// - Throws: ``RequestStructureError`` when the PDU is empty, or when its length, quantity or byte count breaks its
    ///   function's rule (3.9, 9.9). The address range is not looked at; that is the tables' matter.
    public init(decoding pdu: Span<UInt8>) throws(RequestStructureError) {
        guard pdu.count > 0 else { throw .empty }
        let function = FunctionCode(rawValue: pdu[0])
        guard pdu.count <= Limits.pduCount, let request = try Request.decode(function, pdu) else {
            throw .structure(function)
        }
        self = request
    }

    /// - Returns: `nil` when the structure is wrong.
    private static func decode(_ function: FunctionCode, _ pdu: Span<UInt8>) throws(RequestStructureError) -> Request? {
        switch function {
        case .readCoils, .readDiscreteInputs, .readHoldingRegisters, .readInputRegisters:
            return decodeRead(function, pdu)
        case .writeSingleCoil, .writeSingleRegister, .writeMultipleCoils, .writeMultipleRegisters, .maskWriteRegister,
            .readWriteMultipleRegisters:
            return decodeWrite(function, pdu)
        case .readFileRecord: return try decodeReadFile(pdu)
        case .writeFileRecord: return try FileRecord.decode(pdu, .writeFileRecord).map(Request.writeFileRecord)
        case .readFIFOQueue: return pdu.count == 3 ? .readFIFOQueue(address: pdu.word(at: 1)) : nil
        case .encapsulatedInterface: return decodeInterface(pdu)
        case .diagnostics:
            guard pdu.count >= 3, pdu.count % 2 == 1 else { return nil }
            return .diagnostics(DiagnosticsCode(rawValue: pdu.word(at: 1)), data: pdu.words(from: 3))
        case .readExceptionStatus: return pdu.count == 1 ? .readExceptionStatus : nil
        case .getCommEventCounter: return pdu.count == 1 ? .getCommEventCounter : nil
        case .getCommEventLog: return pdu.count == 1 ? .getCommEventLog : nil
        case .reportServerID: return pdu.count == 1 ? .reportServerID : nil
        default: return .other(function, pdu.bytes(from: 1))
        }
    }

    private static func decodeRead(_ function: FunctionCode, _ pdu: Span<UInt8>) -> Request? {
        let isBits = function == .readCoils || function == .readDiscreteInputs
        guard let items = PDUStructure.read(pdu, limit: isBits ? Limits.readBits : Limits.readRegisters) else {
            return nil
        }
        let count = UInt16(items.count)
        return switch function {
        case .readCoils: .readCoils(address: items.address, count: count)
        case .readDiscreteInputs: .readDiscreteInputs(address: items.address, count: count)
        case .readHoldingRegisters: .readHoldingRegisters(address: items.address, count: count)
        default: .readInputRegisters(address: items.address, count: count)
        }
    }

    private static func decodeWrite(_ function: FunctionCode, _ pdu: Span<UInt8>) -> Request? {
        switch function {
        case .writeSingleCoil:
            return PDUStructure.writeCoil(pdu).map { .writeSingleCoil(address: $0.address, value: $0.value) }
        case .writeSingleRegister:
            guard pdu.count == 5 else { return nil }
            return .writeSingleRegister(address: pdu.word(at: 1), value: pdu.word(at: 3))
        case .writeMultipleCoils:
            guard let items = PDUStructure.write(pdu, limit: Limits.writeBits, bitsPerItem: 1) else { return nil }
            return .writeMultipleCoils(address: items.address, values: pdu.bits(from: 6, count: items.count))
        case .writeMultipleRegisters:
            guard let items = PDUStructure.write(pdu, limit: Limits.writeRegisters, bitsPerItem: 16) else { return nil }
            return .writeMultipleRegisters(address: items.address, values: pdu.words(from: 6))
        case .maskWriteRegister:
            guard pdu.count == 7 else { return nil }
            return .maskWriteRegister(address: pdu.word(at: 1), and: pdu.word(at: 3), or: pdu.word(at: 5))
        default:
            guard let (read, write) = PDUStructure.readWrite(pdu) else { return nil }
            return .readWriteMultipleRegisters(
                readAddress: read.address,
                readCount: UInt16(read.count),
                writeAddress: write.address,
                values: pdu.words(from: 10)
            )
        }
    }

    private static func decodeReadFile(_ pdu: Span<UInt8>) throws(RequestStructureError) -> Request? {
        guard pdu.count >= 2 else { return nil }
        let count = Int(pdu[1])
        guard count % FileReference.count == 0, (1...FileReference.limit).contains(count / FileReference.count),
            pdu.count == 2 + count
        else { return nil }
        var references: [FileReference] = []
        for offset in stride(from: 2, to: pdu.count, by: FileReference.count) {
            guard pdu[offset] == FileReference.type else { throw .reference(.readFileRecord) }
            references.append(FileReference(decoding: pdu, at: offset))
        }
        return .readFileRecord(references)
    }

    private static func decodeInterface(_ pdu: Span<UInt8>) -> Request? {
        guard pdu.count >= 2 else { return nil }
        guard pdu[1] == DeviceIdentification.interfaceType else {
            return .encapsulatedInterface(type: pdu[1], data: pdu.bytes(from: 2))
        }
        guard pdu.count == 4 else { return nil }
        return .readDeviceIdentification(DeviceIdentification.ReadCode(rawValue: pdu[2]), object: pdu[3])
    }
}

extension FileReference {
    /// Reads the seven bytes at an offset.
    fileprivate init(decoding pdu: Span<UInt8>, at offset: Int) {
        self.init(file: pdu.word(at: offset + 1), record: pdu.word(at: offset + 3), count: pdu.word(at: offset + 5))
    }
}

extension FileRecord {
    /// Reads the groups of function 21, request or answer.
    ///
    /// - Returns: `nil` when the groups do not fill the announced length exactly.
    static func decode(
        _ pdu: Span<UInt8>,
        _ function: FunctionCode
    ) throws(RequestStructureError) -> [FileRecord]? {
        guard pdu.count >= 2, dataCounts.contains(Int(pdu[1])), pdu.count == 2 + Int(pdu[1]) else { return nil }
        var records: [FileRecord] = []
        var offset = 2
        while offset < pdu.count {
            guard offset + FileReference.count <= pdu.count else { return nil }
            guard pdu[offset] == FileReference.type else { throw .reference(function) }
            let reference = FileReference(decoding: pdu, at: offset)
            let end = offset + FileReference.count + 2 * Int(reference.count)
            guard end <= pdu.count else { return nil }
            let values = pdu.extracting(offset + FileReference.count..<end).words(from: 0)
            records.append(FileRecord(file: reference.file, record: reference.record, values: values))
            offset = end
        }
        return records
    }
}

/// Why bytes are not a request.
public enum RequestStructureError: Error, Hashable, Sendable {
    /// There is no function code (length field 1).
    case empty
    /// Length, quantity or byte count breaks the rule of this function.
    case structure(FunctionCode)
    /// A group of a file request has a reference type other than 6.
    case reference(FunctionCode)

    /// What a server answers: illegal data value, or illegal data address for a wrong reference type (9.4).
    public var exception: ExceptionCode {
        switch self {
        case .empty, .structure: .illegalDataValue
        case .reference: .illegalDataAddress
        }
    }
}
