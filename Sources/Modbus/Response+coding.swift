// SPDX-License-Identifier: Apache-2.0

extension Response {
    /// Appends the PDU: the function code and the data.
    ///
    /// Meant for answers that ``fits`` allows.
    public func encode(into bytes: inout [UInt8]) {
        switch self {
        case .readHoldingRegisters(let values), .readInputRegisters(let values):
            bytes.append(function.rawValue)
            bytes.append(UInt8(truncatingIfNeeded: 2 * values.count))
            for value in values { bytes.append(word: value) }
        case .writeSingleRegister(let address, let second), .writeMultipleRegisters(let address, let second):
            bytes.append(function.rawValue)
            bytes.append(word: address)
            bytes.append(word: second)
        case .exception(let function, let code):
            bytes.append(function.exceptionByte)
            bytes.append(code.rawValue)
        case .other(let function, let data):
            bytes.append(function.rawValue)
            bytes.append(contentsOf: data)
        }
    }

    /// The PDU: the function code and the data.
    public var encoded: [UInt8] {
        var bytes: [UInt8] = []
        encode(into: &bytes)
        return bytes
    }

    /// Reads the PDU that answers a request, the way a client does: everything the request lets it know is compared.
    ///
    /// - Throws: ``ResponseFault`` when the PDU cannot be the answer to this request (6.3 to 6.7).
    public init(decoding pdu: Span<UInt8>, answering request: Request) throws(ResponseFault) {
        guard pdu.count > 0 else { throw .empty }
        let function = request.function
        guard pdu[0] == function.rawValue else {
            self = try Response.exception(in: pdu, answering: function)
            return
        }
        switch request {
        case .readHoldingRegisters(_, let count):
            self = .readHoldingRegisters(try Response.registers(in: pdu, count: Int(count)))
        case .readInputRegisters(_, let count):
            self = .readInputRegisters(try Response.registers(in: pdu, count: Int(count)))
        case .writeSingleRegister(let address, let value):
            try Response.checkEcho(pdu, of: address, value)
            self = .writeSingleRegister(address: address, value: value)
        case .writeMultipleRegisters(let address, let values):
            let count = UInt16(truncatingIfNeeded: values.count)
            try Response.checkEcho(pdu, of: address, count)
            self = .writeMultipleRegisters(address: address, count: count)
        case .other:
            self = .other(function, pdu.bytes(from: 1))
        }
    }

    private static func exception(
        in pdu: Span<UInt8>,
        answering function: FunctionCode
    ) throws(ResponseFault) -> Response {
        guard pdu[0] == function.exceptionByte else {
            throw .function(expected: function, actual: FunctionCode(rawValue: pdu[0]))
        }
        guard pdu.count == 2 else { throw .length(expected: 2, actual: pdu.count) }
        return .exception(function, ExceptionCode(rawValue: pdu[1]))
    }

    private static func registers(in pdu: Span<UInt8>, count: Int) throws(ResponseFault) -> [UInt16] {
        guard pdu.count == 2 + 2 * count else { throw .length(expected: 2 + 2 * count, actual: pdu.count) }
        guard Int(pdu[1]) == 2 * count else { throw .byteCount(expected: 2 * count, actual: Int(pdu[1])) }
        return pdu.words(from: 2)
    }

    private static func checkEcho(
        _ pdu: Span<UInt8>,
        of first: UInt16,
        _ second: UInt16
    ) throws(ResponseFault) {
        guard pdu.count == 5 else { throw .length(expected: 5, actual: pdu.count) }
        guard pdu.word(at: 1) == first, pdu.word(at: 3) == second else { throw .echo }
    }
}

/// Why bytes are not the answer to a request.
public enum ResponseFault: Error, Hashable, Sendable, CustomStringConvertible {
    /// There is no function code (length field 1).
    case empty
    /// The answer is to another function; it belongs to another request.
    case function(expected: FunctionCode, actual: FunctionCode)
    /// The PDU has another number of bytes than the request implies.
    case length(expected: Int, actual: Int)
    /// The byte count differs from the registers asked for.
    case byteCount(expected: Int, actual: Int)
    /// The answer to a write repeats another address, value or quantity; the write may have happened.
    case echo

    /// What is wrong with the answer.
    public var description: String {
        switch self {
        case .empty: "the answer has no function code"
        case .function(let expected, let actual):
            "unexpected function code \(actual.rawValue) in the answer to \(expected)"
        case .length(let expected, let actual): "the answer has \(actual) bytes instead of \(expected)"
        case .byteCount(let expected, let actual): "the answer announces \(actual) bytes of data instead of \(expected)"
        case .echo: "the answer does not repeat the request; the write may have happened"
        }
    }
}
