// SPDX-License-Identifier: Apache-2.0

extension Response {
    /// Reads the PDU that answers a request, the way a client does: everything the request lets it know is compared.
    ///
    /// - Throws: ``ResponseFault`` when the PDU cannot be the answer to this request (6.3 to 6.9).
    public init(decoding pdu: Span<UInt8>, answering request: Request) throws(ResponseFault) {
        guard pdu.count > 0 else { throw .empty }
        let function = request.function
        guard pdu[0] == function.rawValue else {
            self = try Response.exception(in: pdu, answering: function)
            return
        }
        switch request {
        case .readCoils(_, let count):
            self = .readCoils(try Response.bits(in: pdu, count: Int(count)))
        case .readDiscreteInputs(_, let count):
            self = .readDiscreteInputs(try Response.bits(in: pdu, count: Int(count)))
        case .readHoldingRegisters(_, let count):
            self = .readHoldingRegisters(try Response.registers(in: pdu, count: Int(count)))
        case .readInputRegisters(_, let count):
            self = .readInputRegisters(try Response.registers(in: pdu, count: Int(count)))
        case .readWriteMultipleRegisters(_, let count, _, _):
            self = .readWriteMultipleRegisters(try Response.registers(in: pdu, count: Int(count)))
        case .writeSingleCoil(let address, let value):
            try Response.checkEcho(pdu, of: address, PDUStructure.coil(value))
            self = .writeSingleCoil(address: address, value: value)
        case .writeSingleRegister(let address, let value):
            try Response.checkEcho(pdu, of: address, value)
            self = .writeSingleRegister(address: address, value: value)
        case .writeMultipleCoils(let address, let values):
            let count = UInt16(truncatingIfNeeded: values.count)
            try Response.checkEcho(pdu, of: address, count)
            self = .writeMultipleCoils(address: address, count: count)
        case .writeMultipleRegisters(let address, let values):
            let count = UInt16(truncatingIfNeeded: values.count)
            try Response.checkEcho(pdu, of: address, count)
            self = .writeMultipleRegisters(address: address, count: count)
        case .maskWriteRegister(let address, let and, let or):
            try Response.checkEcho(pdu, of: request)
            self = .maskWriteRegister(address: address, and: and, or: or)
        case .writeFileRecord(let records):
            try Response.checkEcho(pdu, of: request)
            self = .writeFileRecord(records)
        case .readExceptionStatus:
            try Response.check(pdu, count: 2)
            self = .readExceptionStatus(pdu[1])
        case .diagnostics(let code, let data):
            self = .diagnostics(code, data: try Response.diagnostics(in: pdu, answering: code, data))
        case .getCommEventCounter:
            try Response.check(pdu, count: 5)
            self = .getCommEventCounter(status: pdu.word(at: 1), count: pdu.word(at: 3))
        case .getCommEventLog:
            self = .getCommEventLog(try CommEventLog(decoding: pdu))
        case .reportServerID:
            try Response.checkByteCount(pdu)
            self = .reportServerID(pdu.bytes(from: 2))
        case .readFileRecord(let references):
            self = .readFileRecord(try Response.fileGroups(in: pdu, answering: references))
        case .readFIFOQueue:
            self = .readFIFOQueue(try Response.queue(in: pdu))
        case .readDeviceIdentification(let code, _):
            self = .readDeviceIdentification(try DeviceIdentification.Page(decoding: pdu, code))
        case .encapsulatedInterface(let type, _):
            guard pdu.count >= 2, pdu[1] == type else { throw .echo }
            self = .encapsulatedInterface(type: type, data: pdu.bytes(from: 2))
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
        try check(pdu, count: 2)
        return .exception(function, ExceptionCode(rawValue: pdu[1]))
    }

    private static func bits(in pdu: Span<UInt8>, count: Int) throws(ResponseFault) -> [Bool] {
        try check(pdu, data: (count + 7) / 8)
        return pdu.bits(from: 2, count: count)
    }

    private static func registers(in pdu: Span<UInt8>, count: Int) throws(ResponseFault) -> [UInt16] {
        try check(pdu, data: 2 * count)
        return pdu.words(from: 2)
    }

    private static func diagnostics(
        in pdu: Span<UInt8>,
        answering code: DiagnosticsCode,
        _ data: [UInt16]
    ) throws(ResponseFault) -> [UInt16] {
        guard pdu.count >= 3, pdu.count % 2 == 1 else { throw .length(expected: 3 + 2 * data.count, actual: pdu.count) }
        guard pdu.word(at: 1) == code.rawValue else { throw .echo }
        let answer = pdu.words(from: 3)
        guard !code.isEchoed || answer == data else { throw .echo }
        if code.givesOneWord { try check(pdu, count: 5) }
        return answer
    }

    private static func fileGroups(
        in pdu: Span<UInt8>,
        answering references: [FileReference]
    ) throws(ResponseFault) -> [[UInt16]] {
        try check(pdu, data: FileReference.answerCount(references) - 2)
        var groups: [[UInt16]] = []
        var offset = 2
        for reference in references {
            let count = 2 * Int(reference.count)
            guard Int(pdu[offset]) == 1 + count, pdu[offset + 1] == FileReference.type else {
                throw .content("a group of registers has another length or type than was asked for")
            }
            groups.append(pdu.extracting(offset + 2..<offset + 2 + count).words(from: 0))
            offset += 2 + count
        }
        return groups
    }

    private static func queue(in pdu: Span<UInt8>) throws(ResponseFault) -> [UInt16] {
        guard pdu.count >= 5 else { throw .length(expected: 5, actual: pdu.count) }
        let count = Int(pdu.word(at: 3))
        guard count <= Limits.fifoValues else { throw .content("a queue of \(count) values; at most 31 can be sent") }
        guard Int(pdu.word(at: 1)) == 2 + 2 * count else {
            throw .byteCount(expected: 2 + 2 * count, actual: Int(pdu.word(at: 1)))
        }
        try check(pdu, count: 5 + 2 * count)
        return pdu.words(from: 5)
    }

    // MARK: Checks

    private static func check(_ pdu: Span<UInt8>, count: Int) throws(ResponseFault) {
        guard pdu.count == count else { throw .length(expected: count, actual: pdu.count) }
    }

    /// Checks an answer whose second byte announces this many bytes behind it.
    private static func check(_ pdu: Span<UInt8>, data count: Int) throws(ResponseFault) {
        try check(pdu, count: 2 + count)
        guard Int(pdu[1]) == count else { throw .byteCount(expected: count, actual: Int(pdu[1])) }
    }

    /// Checks an answer whose length only its own byte count gives.
    fileprivate static func checkByteCount(_ pdu: Span<UInt8>) throws(ResponseFault) {
        guard pdu.count >= 2 else { throw .length(expected: 2, actual: pdu.count) }
        guard pdu.count == 2 + Int(pdu[1]) else { throw .byteCount(expected: pdu.count - 2, actual: Int(pdu[1])) }
    }

    private static func checkEcho(
        _ pdu: Span<UInt8>,
        of first: UInt16,
        _ second: UInt16
    ) throws(ResponseFault) {
        try check(pdu, count: 5)
        guard pdu.word(at: 1) == first, pdu.word(at: 3) == second else { throw .echo }
    }

    /// Checks an answer that repeats the whole request.
    private static func checkEcho(_ pdu: Span<UInt8>, of request: Request) throws(ResponseFault) {
        let expected = request.encoded
        try check(pdu, count: expected.count)
        for index in expected.indices where pdu[index] != expected[index] { throw .echo }
    }
}

extension CommEventLog {
    fileprivate init(decoding pdu: Span<UInt8>) throws(ResponseFault) {
        try Response.checkByteCount(pdu)
        let events = Int(pdu[1]) - 6
        guard (0...Limits.commEvents).contains(events) else {
            throw .content("a log of \(events) events; 0 to 64 can be sent")
        }
        self.init(
            status: pdu.word(at: 2),
            eventCount: pdu.word(at: 4),
            messageCount: pdu.word(at: 6),
            events: pdu.bytes(from: 8)
        )
    }
}

extension DeviceIdentification.Page {
    /// Reads an answer to function 43, type 14 (6.9).
    fileprivate init(decoding pdu: Span<UInt8>, _ code: DeviceIdentification.ReadCode) throws(ResponseFault) {
        let head = DeviceIdentification.Page.headCount
        guard pdu.count >= head else { throw .length(expected: head, actual: pdu.count) }
        guard pdu[1] == DeviceIdentification.interfaceType, pdu[2] == code.rawValue else { throw .echo }
        guard DeviceIdentification.Page.conformities.contains(pdu[3]) else {
            throw .content("the conformity level is \(pdu[3])")
        }
        guard pdu[4] == 0 || pdu[4] == 0xFF else { throw .content("\"more follows\" is \(pdu[4]) instead of 0 or 255") }
        self.init(code: code, conformity: pdu[3], next: pdu[4] == 0 ? nil : pdu[5], objects: [])
        var offset = head
        for _ in 0..<pdu[6] {
            guard offset + 2 <= pdu.count, offset + 2 + Int(pdu[offset + 1]) <= pdu.count else {
                throw .content("the objects do not fit the answer")
            }
            let end = offset + 2 + Int(pdu[offset + 1])
            objects.append(
                DeviceIdentification.Object(id: pdu[offset], value: pdu.extracting(offset + 2..<end).bytes(from: 0))
            )
            offset = end
        }
        guard offset == pdu.count else { throw .content("bytes follow the last object") }
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
    /// The byte count differs from the data asked for.
    case byteCount(expected: Int, actual: Int)
    /// The answer repeats another address, value or quantity than the request has; a write may have happened.
    case echo
    /// A field holds what it must not hold; says which.
    case content(String)

    /// What is wrong with the answer.
    public var description: String {
        switch self {
        case .empty: "the answer has no function code"
        case .function(let expected, let actual):
            "unexpected function code \(actual.rawValue) in the answer to \(expected)"
        case .length(let expected, let actual): "the answer has \(actual) bytes instead of \(expected)"
        case .byteCount(let expected, let actual): "the answer announces \(actual) bytes of data instead of \(expected)"
        case .echo: "the answer does not repeat the request; the write may have happened"
        case .content(let text): text
        }
    }
}
