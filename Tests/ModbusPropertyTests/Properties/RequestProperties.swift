// SPDX-License-Identifier: Apache-2.0

import Modbus

/// A unit with something of everything, and gaps.
private let unit: RegisterTables = {
    var tables = RegisterTables()
    tables.holding.set((0..<140).map { UInt16($0) &* 257 }, at: 0)
    tables.holding.set([7, 8, 9], at: 0xFFFD)
    tables.holding.makeReadOnly(50...59)
    tables.input.set([1, 2, 3], at: 0xFFFD)
    tables.coils.set((0..<40).map { $0 % 3 == 0 }, at: 0)
    tables.coils.set([true], at: 0xFFFF)
    tables.discreteInputs.set([true, false, true], at: 8)
    tables.holding.set(Array(repeating: 0, count: 10), at: 20)
    tables.writeLimits = [.init(addresses: 20...29, values: 0...1000)]
    var file = RegisterTable()
    file.set([1, 2, 3, 4, 5], at: 0)
    file.set([6], at: 9999)
    file.makeReadOnly(4...4)
    tables.files = [1: file, 0xFFFF: file]
    tables.queues = [0: [], 1: [1, 2], 2: [UInt16](0..<31), 3: [UInt16](0..<32)]
    var identification = DeviceIdentification(vendor: "V", productCode: "P", revision: "R")
    identification[4] = Array(repeating: 65, count: 200)
    identification[0x80] = Array(repeating: 200, count: 100)
    tables.identification = identification
    tables.serialLine = SerialLineFunctions(identifier: [1])
    return tables
}()

/// The first byte says whether the unit may be silenced; requests follow, each behind its length.
func checkRequests(_ input: inout Input) throws(Violation) {
    var tables = unit
    tables.serialLine?.allowsListenOnly = input.byte() & 1 == 1
    for _ in 0..<16 {
        guard !input.isEmpty else { return }
        try checkRequest(input.block(), &tables)
    }
}

private func checkRequest(_ pdu: [UInt8], _ tables: inout RegisterTables) throws(Violation) {
    let before = tables
    var answer: [UInt8] = [0xEE]
    tables.answer(pdu.span, into: &answer)
    try require(answer.first == 0xEE, "what was there is gone")
    answer.removeFirst()
    guard let function = pdu.first else {
        try require(answer.isEmpty, "an answer to nothing")
        return
    }
    if answer.isEmpty {
        let mayBeSilent = before.isListenOnly || tables.isListenOnly
        try require(mayBeSilent, "no answer to \(pdu)")
    } else {
        try require(!before.isListenOnly, "an answer in listen-only mode to \(pdu)")
        try require((2...Limits.pduCount).contains(answer.count), "an answer of \(answer.count) bytes")
        try require(answer[0] | 0x80 == function | 0x80, "an answer to another function")
    }
    try checkGuards(before, tables, pdu)
    let isRefused = answer.isEmpty || answer[0] & 0x80 != 0
    if isRefused {
        var counted = tables
        counted.serialLine = before.serialLine
        try require(counted == before, "a refused request changed something: \(pdu)")
    }
    if !answer.isEmpty, isRefused {
        try require(answer.count == 2 && (1...4).contains(answer[1]), "\(answer) is no exception of the tables")
    }
    let request: Request
    do throws(RequestStructureError) {
        request = try Request(decoding: pdu.span)
    } catch {
        try require(isRefused, "a wrong structure was carried out: \(pdu)")
        return
    }
    try checkDecoded(request, pdu)
    var asValue = before
    let response = asValue.answer(request)
    try require(response?.encoded ?? [] == answer, "as a value: \(String(describing: response)), as bytes: \(answer)")
    try require(asValue == tables, "as a value it changed something else: \(request)")
}

/// What no client may change is as it was.
private func checkGuards(_ before: RegisterTables, _ after: RegisterTables, _ pdu: [UInt8]) throws(Violation) {
    let isSame =
        after.input == before.input && after.discreteInputs == before.discreteInputs && after.queues == before.queues
        && after.identification == before.identification && after.files[1]?[4] == before.files[1]?[4]
        && after.holding.read(address: 50, count: 10) == before.holding.read(address: 50, count: 10)
    try require(isSame, "something changed that is only read: \(pdu)")
    let limited = after.holding.read(address: 20, count: 10) ?? []
    try require(limited.count == 10 && limited.allSatisfy { $0 <= 1000 }, "beyond the limit: \(pdu)")
    let hasGaps = after.holding[140] == nil && after.holding[0xFFFC] == nil && after.coils[40] == nil
    try require(hasGaps && after.files[1]?[5] == nil, "registers came to exist: \(pdu)")
}

private func checkDecoded(_ request: Request, _ pdu: [UInt8]) throws(Violation) {
    var encoded = request.encoded
    try require(encoded.count == pdu.count, "\(request) has \(encoded.count) bytes")
    // Bits that pad the last byte may be anything when they come.
    if case .writeMultipleCoils(_, let values) = request, values.count % 8 > 0, let last = pdu.last {
        encoded[encoded.count - 1] |= last & (0xFF << UInt8(values.count % 8))
    }
    try require(encoded == pdu, "\(request) is encoded as \(encoded)")
    switch PDULength(of: pdu.span, .request) {
    case .exactly(let count):
        // A serial frame of diagnostics has one word, also where the server would refuse more.
        let isOther = request.function == .diagnostics && count != pdu.count
        try require(count == pdu.count || isOther, "the length rule says \(count) for \(pdu)")
    case .untilSilence: break
    case .atLeast, .impossible: throw Violation(description: "the length rule does not know \(pdu)")
    }
}

/// A request behind its length, and bytes that answer it or not.
func checkResponses(_ input: inout Input) throws(Violation) {
    let requestBytes = input.block()
    let bytes = input.remainder()
    let request: Request
    do throws(RequestStructureError) {
        request = try Request(decoding: requestBytes.span)
    } catch {
        return
    }
    guard request.fault == nil else { return }
    let response: Response
    do throws(ResponseFault) {
        response = try Response(decoding: bytes.span, answering: request)
    } catch {
        try require(!error.description.isEmpty, "a fault without a text")
        return
    }
    try checkAccepted(response, bytes, request)
}

private func checkAccepted(_ response: Response, _ bytes: [UInt8], _ request: Request) throws(Violation) {
    try require(response.function == request.function, "\(response) answers \(request)")
    let encoded = response.encoded
    try require(encoded.count == bytes.count, "\(response) has \(encoded.count) bytes")
    try require(encoded == meaningful(bytes, request), "\(response) is encoded as \(encoded)")
    if bytes.count <= Limits.pduCount { try require(response.fits, "\(response) does not fit") }
    let again: Response
    do throws(ResponseFault) {
        again = try Response(decoding: encoded.span, answering: request)
    } catch {
        throw Violation(description: "\(response) is not decoded again: \(error)")
    }
    try require(again == response, "\(response) is decoded as \(again)")
    guard request.function != .diagnostics, bytes.count <= Limits.pduCount else { return }
    switch PDULength(of: bytes.span, .response) {
    case .exactly(let count): try require(count == bytes.count, "the length rule says \(count) for \(bytes)")
    case .untilSilence: break
    case .atLeast, .impossible: throw Violation(description: "the length rule does not know \(bytes)")
    }
}

/// An answer with zeros for what does not matter: bits that pad the last byte, and the next object where none follows.
private func meaningful(_ bytes: [UInt8], _ request: Request) -> [UInt8] {
    var bytes = bytes
    switch request {
    case .readCoils(_, let count) where bytes.count > 2 && count % 8 > 0,
        .readDiscreteInputs(_, let count) where bytes.count > 2 && count % 8 > 0:
        bytes[bytes.count - 1] &= ~(0xFF << UInt8(count % 8))
    case .readDeviceIdentification where bytes.count > 5 && bytes[4] == 0: bytes[5] = 0
    default: break
    }
    return bytes
}
