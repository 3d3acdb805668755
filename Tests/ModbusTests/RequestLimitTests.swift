// SPDX-License-Identifier: Apache-2.0

import Modbus
import Testing

/// What a server refuses for its structure, and what a client refuses to send.
@Suite("Limits of requests")
struct RequestLimitTests {
    private static func zeros(_ count: Int) -> [UInt8] { Array(repeating: 0, count: count) }

    /// Bytes that break their function's rule by a little.
    private static let broken: [[UInt8]] =
        [
            // Reads: quantities 0, 2001 and 126, and lengths.
            [1, 0, 0, 0, 0], [1, 0, 0, 7, 0xD1], [1, 0, 0, 0xFF, 0xFF], [1, 0, 0, 0], [1, 0, 0, 0, 1, 0], [1],
            [2, 0, 0, 0, 0], [2, 0, 0, 7, 0xD1], [2, 0, 0, 0], [2, 0, 0, 0, 1, 0],
            [3, 0, 0, 0, 0], [3, 0, 0, 0, 126], [4, 0, 0, 0, 0], [4, 0, 0, 0, 126], [4, 0, 0],
            // Single writes: values that are neither on nor off, and lengths.
            [5, 0, 0, 0, 1], [5, 0, 0, 0xFF, 1], [5, 0, 0, 0xFF, 0xFF], [5, 0, 0, 1, 0], [5, 0, 0, 0xFF],
            [5, 0, 0, 0xFF, 0, 0], [6, 0, 0, 0], [6, 0, 0, 0, 0, 0], [6],
            // Functions without data.
            [7, 0], [11, 0], [12, 0], [17, 0],
            // Diagnostics: sub-function and whole words.
            [8], [8, 0], [8, 0, 0, 1], [8, 0, 0] + zeros(251),
            // Coils: quantity, byte count, length.
            [15, 0, 0, 0, 0, 0], [15, 0, 0, 0, 1, 0], [15, 0, 0, 0, 1, 2, 0, 0], [15, 0, 0, 0, 9, 1, 0],
            [15, 0, 0, 0, 9, 2, 0], [15, 0, 0, 0, 9, 2, 0, 0, 0], [15, 0, 0, 0, 8], [15, 0, 0, 0xFF, 0xFF, 0xFF, 0],
            [15, 0, 0, 7, 0xB1, 247] + zeros(247),
            // Registers.
            [16, 0, 0, 0, 0, 0], [16, 0, 0, 0, 1, 1, 0], [16, 0, 0, 0, 1, 2, 0], [16, 0, 0, 0, 1, 4, 0, 0, 0, 0],
            [16, 0, 0, 0, 124, 248] + zeros(248), [16, 0, 0, 0, 128, 0], [16, 0, 0, 0xFF, 0xFF, 0xFF, 0, 0],
            // Mask.
            [22, 0, 0, 0, 0, 0], [22, 0, 0, 0, 0, 0, 0, 0],
            // Both at once: each quantity, the byte count, the length.
            [23, 0, 0, 0, 0, 0, 0, 0, 1, 2, 0, 0], [23, 0, 0, 0, 126, 0, 0, 0, 1, 2, 0, 0],
            [23, 0, 0, 0, 1, 0, 0, 0, 0, 0], [23, 0, 0, 0, 1, 0, 0, 0, 122, 244] + zeros(244),
            [23, 0, 0, 0, 1, 0, 0, 0, 1, 3, 0, 0], [23, 0, 0, 0, 1, 0, 0, 0, 1, 2, 0], [23, 0, 0, 0, 1, 0, 0, 0, 1],
            [23, 0, 0, 0, 1, 0, 0, 0, 1, 2, 0, 0, 0], [23, 0, 0, 0, 1, 0, 0, 0, 1, 255] + zeros(241),
            // Files: data length 7 to 245 in steps of 7, and 9 to 251 filled by the groups.
            [20], [20, 0], [20, 6, 6, 0, 1, 0, 0, 0], [20, 8, 6, 0, 1, 0, 0, 0, 1, 0],
            [20, 7, 6, 0, 1, 0, 0, 0], [20, 7, 6, 0, 1, 0, 0, 0, 1, 0], [20, 14, 6, 0, 1, 0, 0, 0, 1],
            [20, 252] + zeros(252),
            [21], [21, 0], [21, 7, 6, 0, 1, 0, 0, 0, 0], [21, 8, 6, 0, 1, 0, 0, 0, 1, 0],
            [21, 9, 6, 0, 1, 0, 0, 0, 1, 0], [21, 9, 6, 0, 1, 0, 0, 0, 2, 0, 0],
            [21, 10, 6, 0, 1, 0, 0, 0, 1, 0, 0, 0],
            [21, 252, 6, 0, 1, 0, 0, 0, 122] + zeros(245), [21, 9, 6, 0, 1, 0, 0, 0xFF, 0xFF, 0, 0],
            // Queue and encapsulated interface.
            [24, 0], [24, 0, 0, 0], [43], [43, 14], [43, 14, 1], [43, 14, 1, 0, 0],
            // 1.2: more than a PDU can hold.
            [65] + zeros(253), [43, 13] + zeros(252), [100] + zeros(400),
        ]

    @Test("Modbus checklist 1.2, 3.9, 8.1 to 8.20, 9.9: a wrong structure is a structure error", arguments: broken)
    func structure(bytes: [UInt8]) {
        let function = FunctionCode(rawValue: bytes[0])
        #expect(throws: RequestStructureError.structure(function)) { try Request(decoding: bytes.span) }
        #expect(RequestStructureError.structure(function).exception == .illegalDataValue)
    }

    @Test("Modbus checklist 3.9, 9.1, 9.9: a server answers a wrong structure with exception 3", arguments: broken)
    func structureAnswer(bytes: [UInt8]) {
        var tables = RegisterTables.everything()
        let isServed = tables.functions.contains(FunctionCode(rawValue: bytes[0]))
        let before = tables
        #expect(tables.reply(to: bytes) == [bytes[0] | 0x80, isServed ? 3 : 1])
        tables.serialLine = before.serialLine
        #expect(tables == before)
    }

    @Test("Modbus checklist 8.25, 9.4: a reference type other than 6 is an address error", arguments: [0, 5, 7, 255])
    func referenceType(type: UInt8) {
        let read: [UInt8] = [20, 14, 6, 0, 1, 0, 0, 0, 1, type, 0, 1, 0, 0, 0, 1]
        #expect(throws: RequestStructureError.reference(.readFileRecord)) { try Request(decoding: read.span) }
        let write: [UInt8] = [21, 9, type, 0, 1, 0, 0, 0, 1, 0, 0]
        #expect(throws: RequestStructureError.reference(.writeFileRecord)) { try Request(decoding: write.span) }
        #expect(RequestStructureError.reference(.readFileRecord).exception == .illegalDataAddress)
    }

    @Test("Modbus checklist 5.1, 1.8, 8.1 to 8.20: what breaks a limit is not sent")
    func faults() {
        let bits: (Int) -> [Bool] = { Array(repeating: true, count: $0) }
        let words: (Int) -> [UInt16] = { Array(repeating: 0, count: $0) }
        func file(_ number: UInt16, _ record: UInt16, _ count: UInt16) -> FileReference {
            FileReference(file: number, record: record, count: count)
        }
        let faults: [(Request, RequestFault?)] = [
            (.readCoils(address: 0, count: 0), .quantity(0, limit: 2000)),
            (.readCoils(address: 0, count: 2001), .quantity(2001, limit: 2000)),
            (.readCoils(address: 63536, count: 2000), nil),
            (.readCoils(address: 63537, count: 2000), .range(address: 63537, count: 2000)),
            (.readDiscreteInputs(address: 0, count: 2001), .quantity(2001, limit: 2000)),
            (.readDiscreteInputs(address: 65535, count: 2), .range(address: 65535, count: 2)),
            (.writeMultipleCoils(address: 0, values: []), .quantity(0, limit: 1968)),
            (.writeMultipleCoils(address: 0, values: bits(1969)), .quantity(1969, limit: 1968)),
            (.writeMultipleCoils(address: 65535, values: bits(2)), .range(address: 65535, count: 2)),
            (read(0, 126, 0, words(1)), .quantity(126, limit: 125)), (read(0, 1, 0, []), .quantity(0, limit: 121)),
            (read(0, 1, 0, words(122)), .quantity(122, limit: 121)),
            (read(65535, 2, 0, words(1)), .range(address: 65535, count: 2)),
            (read(0, 1, 65535, words(2)), .range(address: 65535, count: 2)), (read(65535, 1, 65535, words(1)), nil),
            (.diagnostics(.returnQueryData, data: words(126)), .tooLong(255)),
            (.readFileRecord([]), .parts(0, limit: 35)),
            (.readFileRecord(Array(repeating: file(1, 0, 1), count: 36)), .parts(36, limit: 35)),
            (.readFileRecord([file(0, 0, 1)]), .record(file(0, 0, 1))),
            (.readFileRecord([file(1, 10_000, 1)]), .record(file(1, 10_000, 1))),
            (.readFileRecord([file(1, 9999, 2)]), .record(file(1, 9999, 2))),
            (.readFileRecord([file(1, 0, 0)]), .record(file(1, 0, 0))), (.readFileRecord([file(1, 9999, 1)]), nil),
            (.readFileRecord([file(1, 0, 124)]), nil), (.readFileRecord([file(1, 0, 125)]), .answerTooLong(254)),
            (.readFileRecord([file(1, 0, 62), file(1, 0, 61)]), nil),
            (.readFileRecord([file(1, 0, 62), file(1, 0, 62)]), .answerTooLong(254)),
            (.writeFileRecord([]), .parts(0, limit: 27)),
            (.writeFileRecord([FileRecord(file: 1, record: 0, values: words(123))]), .tooLong(255)),
            (.writeFileRecord([FileRecord(file: 1, record: 0, values: words(70_000))]), .tooLong(140_009)),
            (.writeFileRecord([FileRecord(file: 0, record: 0, values: [1])]), .record(file(0, 0, 1))),
            (.writeFileRecord([FileRecord(file: 1, record: 9999, values: [1, 2])]), .record(file(1, 9999, 2))),
            (.encapsulatedInterface(type: 13, data: Array(repeating: 0, count: 252)), .tooLong(254)),
            (.maskWriteRegister(address: 0xFFFF, and: 0, or: 0), nil), (.readFIFOQueue(address: 0xFFFF), nil),
        ]
        for (request, fault) in faults {
            #expect(request.fault == fault, "\(request.function)")
            if let fault { #expect(!fault.description.isEmpty) }
        }
    }

    private func read(_ from: UInt16, _ count: UInt16, _ to: UInt16, _ values: [UInt16]) -> Request {
        .readWriteMultipleRegisters(readAddress: from, readCount: count, writeAddress: to, values: values)
    }

    @Test("What changes nothing at the server counts as a read")
    func reads() {
        let reads: [UInt8] = [1, 2, 3, 4, 7, 11, 12, 17, 20, 24]
        let requests: [Request] = [
            .readCoils(address: 0, count: 1), .readDiscreteInputs(address: 0, count: 1),
            .readHoldingRegisters(address: 0, count: 1), .readInputRegisters(address: 0, count: 1),
            .writeSingleCoil(address: 0, value: true), .writeSingleRegister(address: 0, value: 0), .readExceptionStatus,
            .diagnostics(.returnQueryData, data: []), .getCommEventCounter, .getCommEventLog,
            .writeMultipleCoils(address: 0, values: [true]), .writeMultipleRegisters(address: 0, values: [1]),
            .reportServerID, .readFileRecord([]), .writeFileRecord([]), .maskWriteRegister(address: 0, and: 0, or: 0),
            read(0, 1, 0, [1]), .readFIFOQueue(address: 0), .encapsulatedInterface(type: 13, data: []),
            .other(FunctionCode(rawValue: 65), []),
        ]
        for request in requests { #expect(request.isRead == reads.contains(request.function.rawValue)) }
        #expect(Request.readDeviceIdentification(.basic, object: 0).isRead)
    }
}
