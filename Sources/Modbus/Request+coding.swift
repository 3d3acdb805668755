// SPDX-License-Identifier: Apache-2.0

extension Request {
    /// Appends the PDU: the function code and the data.
    ///
    /// Meant for requests without a ``fault``; with one, what is written is what the fields hold, cut to their width.
    public func encode(into bytes: inout [UInt8]) {
        bytes.append(function.rawValue)
        switch self {
        case .readHoldingRegisters(let address, let count), .readInputRegisters(let address, let count):
            bytes.append(word: address)
            bytes.append(word: count)
        case .writeSingleRegister(let address, let value):
            bytes.append(word: address)
            bytes.append(word: value)
        case .writeMultipleRegisters(let address, let values):
            bytes.append(word: address)
            bytes.append(word: UInt16(truncatingIfNeeded: values.count))
            bytes.append(UInt8(truncatingIfNeeded: 2 * values.count))
            for value in values { bytes.append(word: value) }
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

    /// Reads the PDU of a request, the way a server does.
    ///
    /// - Throws: ``RequestStructureError`` when the PDU is empty, or when its length, quantity or byte count breaks its
    ///   function's rule (3.9, 9.9): the server answers ``ExceptionCode/illegalDataValue``. The address range is not
    ///   looked at; that is the tables' matter.
    public init(decoding pdu: Span<UInt8>) throws(RequestStructureError) {
        guard pdu.count > 0 else { throw .empty }
        let function = FunctionCode(rawValue: pdu[0])
        switch function {
        case .readHoldingRegisters:
            self = .readHoldingRegisters(address: try Request.checkedRead(pdu), count: pdu.word(at: 3))
        case .readInputRegisters:
            self = .readInputRegisters(address: try Request.checkedRead(pdu), count: pdu.word(at: 3))
        case .writeSingleRegister:
            guard pdu.count == 5 else { throw .structure(function) }
            self = .writeSingleRegister(address: pdu.word(at: 1), value: pdu.word(at: 3))
        case .writeMultipleRegisters:
            self = .writeMultipleRegisters(address: try Request.checkedWrite(pdu), values: pdu.words(from: 6))
        default:
            self = .other(function, pdu.bytes(from: 1))
        }
    }

    /// The address of a read whose length and quantity are right.
    private static func checkedRead(_ pdu: Span<UInt8>) throws(RequestStructureError) -> UInt16 {
        guard pdu.count == 5, (1...Limits.readRegisters).contains(Int(pdu.word(at: 3))) else {
            throw .structure(FunctionCode(rawValue: pdu[0]))
        }
        return pdu.word(at: 1)
    }

    /// The address of a write whose quantity, byte count and length agree.
    private static func checkedWrite(_ pdu: Span<UInt8>) throws(RequestStructureError) -> UInt16 {
        guard pdu.count >= 6 else { throw .structure(.writeMultipleRegisters) }
        let count = Int(pdu.word(at: 3))
        guard (1...Limits.writeRegisters).contains(count), Int(pdu[5]) == 2 * count, pdu.count == 6 + 2 * count else {
            throw .structure(.writeMultipleRegisters)
        }
        return pdu.word(at: 1)
    }
}

/// Why bytes are not a request.
public enum RequestStructureError: Error, Hashable, Sendable {
    /// There is no function code (length field 1).
    case empty
    /// Length, quantity or byte count breaks the rule of this function.
    case structure(FunctionCode)
}
