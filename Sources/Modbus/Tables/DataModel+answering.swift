// SPDX-License-Identifier: Apache-2.0

extension DataModel {
    /// Answers the PDU of a request with the PDU of a response.
    ///
    /// The first check that fails decides: function (1), then structure and quantity (3), then address (2), then the
    /// model (9.1 to 9.6). Requests on the four tables are carried out on their bytes, without memory of their own.
    ///
    /// - Parameters:
    ///   - pdu: Any bytes; nothing to say to none at all.
    ///   - bytes: Gets the answer; nothing when there is none.
    @specialized(where Self == RegisterTables)
    public mutating func answer(_ pdu: Span<UInt8>, into bytes: inout [UInt8]) {
        guard pdu.count > 0 else { return }
        let function = FunctionCode(rawValue: pdu[0])
        let start = bytes.count
        // A restart ends the mode and is not answered either (8.30).
        let isListenOnly = isListenOnly
        noteRequest(of: function)
        guard !isListenOnly || function == .diagnostics else {
            noteOutcome(of: function, .silent)
            return
        }
        var outcome: RequestOutcome
        do throws(ExceptionCode) {
            try carryOut(function, pdu, into: &bytes)
            outcome = bytes.count > start ? .answered : .silent
        } catch {
            bytes.cut(to: start)
            bytes.append(function.exceptionByte)
            bytes.append(error.rawValue)
            outcome = .refused(error)
        }
        if isListenOnly {
            bytes.cut(to: start)
            outcome = .silent
        }
        noteOutcome(of: function, outcome)
    }

    /// Answers a request as a value; see ``answer(_:into:)``.
    ///
    /// - Returns: `nil` for a request that gets no answer.
    public mutating func answer(_ request: Request) -> Response? {
        guard request.fault == nil || request.isAddressFault else { return refuse(request.function) }
        var bytes: [UInt8] = []
        answer(request.encoded.span, into: &bytes)
        guard !bytes.isEmpty else { return nil }
        do throws(ResponseFault) {
            return try Response(decoding: bytes.span, answering: request)
        } catch {
            // Answers are checked before they get here.
            return .exception(request.function, .serverDeviceFailure)
        }
    }

    /// Answers what could not even be encoded.
    private mutating func refuse(_ function: FunctionCode) -> Response? {
        noteRequest(of: function)
        guard !isListenOnly else {
            noteOutcome(of: function, .silent)
            return nil
        }
        let exception: ExceptionCode = functions.contains(function) ? .illegalDataValue : .illegalFunction
        noteOutcome(of: function, .refused(exception))
        return .exception(function, exception)
    }

    private mutating func carryOut(
        _ function: FunctionCode,
        _ pdu: Span<UInt8>,
        into bytes: inout [UInt8]
    ) throws(ExceptionCode) {
        guard functions.contains(function) else { throw .illegalFunction }
        switch function {
        case .readHoldingRegisters: try read(.holdingRegisters, pdu, into: &bytes)
        case .readInputRegisters: try read(.inputRegisters, pdu, into: &bytes)
        case .readCoils: try read(.coils, pdu, into: &bytes)
        case .readDiscreteInputs: try read(.discreteInputs, pdu, into: &bytes)
        case .writeSingleCoil: try writeCoil(pdu, into: &bytes)
        case .writeSingleRegister: try writeRegister(pdu, into: &bytes)
        case .writeMultipleCoils: try write(.coils, pdu, into: &bytes)
        case .writeMultipleRegisters: try write(.holdingRegisters, pdu, into: &bytes)
        case .maskWriteRegister: try maskWrite(pdu, into: &bytes)
        case .readWriteMultipleRegisters: try readWrite(pdu, into: &bytes)
        default: try respond(pdu, into: &bytes)
        }
    }

    // MARK: Tables

    private func read(_ table: DataTable, _ pdu: Span<UInt8>, into bytes: inout [UInt8]) throws(ExceptionCode) {
        let limit = table.holdsBits ? Limits.readBits : Limits.readRegisters
        guard let items = PDUStructure.read(pdu, limit: limit) else { throw .illegalDataValue }
        let range = try items.range()
        bytes.append(pdu[0])
        bytes.append(UInt8(truncatingIfNeeded: table.byteCount(items.count)))
        try checkedRead(table, range, into: &bytes)
    }

    /// Reads, and looks whether the model gave as much as it was asked for.
    private func checkedRead(
        _ table: DataTable,
        _ range: ItemRange,
        into bytes: inout [UInt8]
    ) throws(ExceptionCode) {
        let end = bytes.count + table.byteCount(range.count)
        try read(table, range, into: &bytes)
        guard bytes.count == end else { throw .serverDeviceFailure }
    }

    private mutating func writeCoil(_ pdu: Span<UInt8>, into bytes: inout [UInt8]) throws(ExceptionCode) {
        guard let (address, value) = PDUStructure.writeCoil(pdu) else { throw .illegalDataValue }
        let bits: InlineArray<1, UInt8> = [value ? 1 : 0]
        try checkedWrite(.coils, PDUStructure.Items(address: address, count: 1), bits.span)
        bytes.append(contentsOf: pdu, count: 5)
    }

    private mutating func writeRegister(_ pdu: Span<UInt8>, into bytes: inout [UInt8]) throws(ExceptionCode) {
        guard pdu.count == 5 else { throw .illegalDataValue }
        let items = PDUStructure.Items(address: pdu.word(at: 1), count: 1)
        try checkedWrite(.holdingRegisters, items, pdu.extracting(3..<5))
        bytes.append(contentsOf: pdu, count: 5)
    }

    private mutating func write(
        _ table: DataTable,
        _ pdu: Span<UInt8>,
        into bytes: inout [UInt8]
    ) throws(ExceptionCode) {
        let limit = table.holdsBits ? Limits.writeBits : Limits.writeRegisters
        guard let items = PDUStructure.write(pdu, limit: limit, bitsPerItem: table.holdsBits ? 1 : 16) else {
            throw .illegalDataValue
        }
        try checkedWrite(table, items, pdu.extracting(6..<pdu.count))
        bytes.append(contentsOf: pdu, count: 5)
    }

    private mutating func checkedWrite(
        _ table: DataTable,
        _ items: PDUStructure.Items,
        _ values: Span<UInt8>
    ) throws(ExceptionCode) {
        let range = try items.range()
        try checkWrite(table, range, values)
        try write(table, range, values)
    }

    private mutating func maskWrite(_ pdu: Span<UInt8>, into bytes: inout [UInt8]) throws(ExceptionCode) {
        guard pdu.count == 7 else { throw .illegalDataValue }
        let items = PDUStructure.Items(address: pdu.word(at: 1), count: 1)
        let start = bytes.count
        try checkedRead(.holdingRegisters, try items.range(), into: &bytes)
        let old = bytes.span.word(at: start)
        bytes.removeLast(2)
        let and = pdu.word(at: 3)
        let new = old & and | pdu.word(at: 5) & ~and
        let values: InlineArray<2, UInt8> = [UInt8(truncatingIfNeeded: new >> 8), UInt8(truncatingIfNeeded: new)]
        try checkedWrite(.holdingRegisters, items, values.span)
        bytes.append(contentsOf: pdu, count: 7)
    }

    /// Both halves are checked before the first register changes (8.22).
    private mutating func readWrite(_ pdu: Span<UInt8>, into bytes: inout [UInt8]) throws(ExceptionCode) {
        guard let (readItems, writeItems) = PDUStructure.readWrite(pdu) else { throw .illegalDataValue }
        let range = try readItems.range()
        let start = bytes.count
        try checkedRead(.holdingRegisters, range, into: &bytes)
        bytes.cut(to: start)
        try checkedWrite(.holdingRegisters, writeItems, pdu.extracting(10..<pdu.count))
        bytes.append(pdu[0])
        bytes.append(UInt8(truncatingIfNeeded: 2 * range.count))
        try checkedRead(.holdingRegisters, range, into: &bytes)
    }

    // MARK: Other functions

    private mutating func respond(_ pdu: Span<UInt8>, into bytes: inout [UInt8]) throws(ExceptionCode) {
        let request: Request
        do throws(RequestStructureError) {
            request = try Request(decoding: pdu)
        } catch {
            throw error.exception
        }
        guard let response = try answerOther(request) else { return }
        if case .exception(request.function, let code) = response { throw code }
        let start = bytes.count
        guard response.fits, response.function == request.function else { throw .serverDeviceFailure }
        response.encode(into: &bytes)
        do throws(ResponseFault) {
            _ = try Response(decoding: bytes.span.extracting(start..<bytes.count), answering: request)
        } catch {
            throw .serverDeviceFailure
        }
    }
}

extension DataTable {
    /// The bytes that some items take on the wire.
    func byteCount(_ count: Int) -> Int { holdsBits ? (count + 7) / 8 : 2 * count }
}

extension Request {
    /// Whether only the addresses are wrong, which a server finds itself.
    fileprivate var isAddressFault: Bool {
        switch fault {
        case .range, .record: true
        default: false
        }
    }
}

extension [UInt8] {
    /// Takes away what was appended; a model may have taken away more.
    fileprivate mutating func cut(to count: Int) { removeLast(Swift.max(0, self.count - count)) }

    /// Appends the first bytes of a PDU.
    fileprivate mutating func append(contentsOf pdu: Span<UInt8>, count: Int) {
        append(addingCapacity: count) { (output: inout OutputSpan<UInt8>) in
            for index in 0..<count { output.append(pdu[index]) }
        }
    }
}
