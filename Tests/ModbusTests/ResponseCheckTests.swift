// SPDX-License-Identifier: Apache-2.0

import Modbus
import Testing

/// What a client does not take for the answer to its request (section 6), for all functions.
@Suite("Checks of responses")
struct ResponseCheckTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let request: Request
        let good: [UInt8]
        let bad: [[UInt8]]
        var testDescription: String { request.function.description }
    }

    private static let group = FileReference(file: 4, record: 1, count: 2)

    private static let cases: [Case] = [
        // 6.6: byte counts.
        Case(
            request: .readCoils(address: 0, count: 9),
            good: [1, 2, 1, 1],
            bad: [[1], [1, 2], [1, 2, 1], [1, 1, 1], [1, 2, 1, 1, 1], [1, 3, 1, 1, 1], [1, 1, 1, 1], [1, 0]]
        ),
        Case(
            request: .readDiscreteInputs(address: 0, count: 8),
            good: [2, 1, 0xFF],
            bad: [[2, 1], [2, 2, 1, 1], [2, 2, 1], [2, 0], [2, 1, 1, 1]]
        ),
        Case(
            request: .readHoldingRegisters(address: 0, count: 1),
            good: [3, 2, 0, 0],
            bad: [[3, 2, 0], [3, 4, 0, 0, 0, 0], [3, 2, 0, 0, 0], [3, 1, 0, 0], [3, 0]]
        ),
        Case(
            request: .readInputRegisters(address: 0, count: 2),
            good: [4, 4, 0, 0, 0, 0],
            bad: [[4, 2, 0, 0], [4, 4, 0, 0, 0], [4, 6, 0, 0, 0, 0, 0, 0], [4, 2, 0, 0, 0, 0]]
        ),
        Case(
            request: .readWriteMultipleRegisters(readAddress: 0, readCount: 1, writeAddress: 0, values: [1, 2]),
            good: [23, 2, 0, 1],
            bad: [[23, 4, 0, 1, 0, 2], [23, 2, 0], [23, 1, 0, 1], [23, 0, 0, 0, 2], [23]]
        ),
        // 6.7: echoes.
        Case(
            request: .writeSingleCoil(address: 3, value: true),
            good: [5, 0, 3, 0xFF, 0],
            bad: [[5, 0, 3, 0, 0], [5, 0, 4, 0xFF, 0], [5, 0, 3, 0xFF, 1], [5, 0, 3, 0xFF], [5, 0, 3, 0xFF, 0, 0]]
        ),
        Case(
            request: .writeSingleRegister(address: 3, value: 9),
            good: [6, 0, 3, 0, 9],
            bad: [[6, 0, 3, 0, 8], [6, 1, 3, 0, 9], [6, 0, 3, 0], [6, 0, 3, 0, 9, 0]]
        ),
        Case(
            request: .writeMultipleCoils(address: 3, values: [true, true]),
            good: [15, 0, 3, 0, 2],
            bad: [[15, 0, 3, 0, 1], [15, 0, 4, 0, 2], [15, 0, 3, 0], [15, 0, 3, 0, 2, 1]]
        ),
        Case(
            request: .writeMultipleRegisters(address: 3, values: [7, 7]),
            good: [16, 0, 3, 0, 2],
            bad: [[16, 0, 3, 0, 3], [16, 0, 2, 0, 2], [16], [16, 0, 3, 0, 2, 4]]
        ),
        Case(
            request: .maskWriteRegister(address: 3, and: 1, or: 2),
            good: [22, 0, 3, 0, 1, 0, 2],
            bad: [[22, 0, 3, 0, 1, 0, 3], [22, 0, 3, 0, 2, 0, 2], [22, 0, 1, 0, 1, 0, 2], [22, 0, 3, 0, 1, 0]]
        ),
        Case(
            request: .writeFileRecord([FileRecord(file: 4, record: 7, values: [1])]),
            good: [21, 9, 6, 0, 4, 0, 7, 0, 1, 0, 1],
            bad: [
                [21, 9, 6, 0, 4, 0, 7, 0, 1, 0, 2], [21, 9, 6, 0, 4, 0, 8, 0, 1, 0, 1],
                [21, 9, 6, 0, 4, 0, 7, 0, 1, 0],
                [21, 8, 6, 0, 4, 0, 7, 0, 1, 0, 1], [21, 9, 7, 0, 4, 0, 7, 0, 1, 0, 1], [21],
            ]
        ),
        // 6.8: queue, files, event log.
        Case(
            request: .readFIFOQueue(address: 1),
            good: [24, 0, 4, 0, 1, 0, 9],
            bad: [
                [24, 0, 4, 0, 1, 0], [24, 0, 4, 0, 2, 0, 9], [24, 0, 2, 0, 1, 0, 9], [24, 0, 4, 0, 1, 0, 9, 0], [24],
                [24, 0, 66, 0, 32] + [UInt8](repeating: 0, count: 64), [24, 0, 4, 0], [24, 1, 4, 0, 1, 0, 9],
            ]
        ),
        Case(
            request: .readFileRecord([group, FileReference(file: 3, record: 9, count: 1)]),
            good: [20, 10, 5, 6, 0, 1, 0, 2, 3, 6, 0, 3],
            bad: [
                [20, 10, 3, 6, 0, 3, 5, 6, 0, 1, 0, 2], [20, 10, 5, 7, 0, 1, 0, 2, 3, 6, 0, 3],
                [20, 6, 5, 6, 0, 1, 0, 2],
                [20, 9, 5, 6, 0, 1, 0, 2, 3, 6, 0, 3], [20, 10, 5, 6, 0, 1, 0, 2, 3, 6, 0], [20, 0], [20],
                [20, 10, 4, 6, 0, 1, 0, 2, 4, 6, 0, 3], [20, 12, 5, 6, 0, 1, 0, 2, 5, 6, 0, 3, 0, 4],
            ]
        ),
        Case(
            request: .getCommEventLog,
            good: [12, 7, 0, 0, 0, 1, 0, 2, 0x20],
            bad: [
                [12, 5, 0, 0, 0, 1, 0], [12, 7, 0, 0, 0, 1, 0, 2], [12, 6, 0, 0, 0, 1, 0, 2, 0x20], [12], [12, 0],
                [12, 71] + [UInt8](repeating: 0, count: 71),
            ]
        ),
        // 6.9: device identification.
        Case(
            request: .readDeviceIdentification(.basic, object: 0),
            good: [43, 14, 1, 0x81, 0, 0, 1, 0, 1, 65],
            bad: [
                [43, 13, 1, 0x81, 0, 0, 1, 0, 1, 65], [43, 14, 2, 0x81, 0, 0, 1, 0, 1, 65],
                [43, 14, 1, 0, 0, 0, 1, 0, 1, 65], [43, 14, 1, 4, 0, 0, 1, 0, 1, 65],
                [43, 14, 1, 0x80, 0, 0, 1, 0, 1, 65],
                [43, 14, 1, 0x84, 0, 0, 1, 0, 1, 65], [43, 14, 1, 1, 1, 0, 1, 0, 1, 65],
                [43, 14, 1, 1, 0xFE, 0, 1, 0, 1, 65],
                [43, 14, 1, 1, 0, 0, 2, 0, 1, 65], [43, 14, 1, 1, 0, 0, 0, 0, 1, 65],
                [43, 14, 1, 1, 0, 0, 1, 0, 2, 65],
                [43, 14, 1, 1, 0, 0, 1, 0, 0, 65], [43, 14, 1, 1, 0, 0, 1, 0], [43, 14, 1, 1, 0, 0], [43, 14], [43],
                [43, 14, 1, 1, 0, 0, 255, 0, 1, 65],
            ]
        ),
        Case(
            request: .encapsulatedInterface(type: 13, data: [1]),
            good: [43, 13, 7],
            bad: [[43], [43, 14, 7], [43, 0]]
        ),
        // Functions of serial lines.
        Case(request: .readExceptionStatus, good: [7, 1], bad: [[7], [7, 1, 1]]),
        Case(
            request: .getCommEventCounter,
            good: [11, 0, 0, 0, 1],
            bad: [[11, 0, 0, 0], [11, 0, 0, 0, 1, 0], [11]]
        ),
        Case(
            request: .reportServerID,
            good: [17, 2, 9, 0xFF],
            bad: [[17], [17, 2, 9], [17, 1, 9, 0xFF], [17, 0, 1]]
        ),
    ]

    @Test("Modbus checklist 6.1, 6.4 to 6.9: only an answer that fits its request is taken", arguments: cases)
    func checks(each: Case) throws {
        let response = try Response(decoding: each.good.span, answering: each.request)
        #expect(response.encoded == each.good)
        for bytes in each.bad {
            #expect(throws: ResponseFault.self, "\(bytes)") {
                try Response(decoding: bytes.span, answering: each.request)
            }
        }
    }

    @Test("Modbus checklist 6.2 to 6.5: exceptions, other functions and nothing at all", arguments: cases)
    func exceptions(each: Case) throws {
        let function = each.request.function
        let answer = { (bytes: [UInt8]) throws(ResponseFault) in
            try Response(decoding: bytes.span, answering: each.request)
        }
        for code in UInt8.min ... .max {
            #expect(
                try answer([function.rawValue | 0x80, code]) == .exception(function, ExceptionCode(rawValue: code))
            )
        }
        #expect(throws: ResponseFault.empty) { try answer([]) }
        #expect(throws: ResponseFault.length(expected: 2, actual: 1)) { try answer([function.rawValue | 0x80]) }
        #expect(throws: ResponseFault.length(expected: 2, actual: 3)) { try answer([function.rawValue | 0x80, 1, 1]) }
        for other in UInt8.min ... .max where other & 0x7F != function.rawValue {
            let fault = ResponseFault.function(expected: function, actual: FunctionCode(rawValue: other))
            #expect(throws: fault) { try answer([other, 1]) }
            #expect(throws: fault) { try answer([other] + each.good.dropFirst()) }
        }
    }

    @Test("Modbus checklist 6.7: the parts of function 8 that only repeat", arguments: [0, 1, 3, 10, 20] as [UInt16])
    func echoes(code: UInt16) throws {
        let request = Request.diagnostics(DiagnosticsCode(rawValue: code), data: [0x0A00])
        let good = request.encoded
        #expect(try Response(decoding: good.span, answering: request).encoded == good)
        for place in good.indices {
            var bytes = good
            bytes[place] ^= 1
            #expect(throws: ResponseFault.self) { try Response(decoding: bytes.span, answering: request) }
        }
        for bytes in [Array(good.dropLast()), Array(good.dropLast(2)), good + [0], good + [0, 0]] {
            #expect(throws: ResponseFault.self) { try Response(decoding: bytes.span, answering: request) }
        }
    }

    @Test("Modbus checklist 6.1, 8.8: the parts of function 8 that give one word", arguments: [2] + Array(11...18))
    func diagnosticWords(code: UInt16) throws {
        let request = Request.diagnostics(DiagnosticsCode(rawValue: code), data: [0])
        let good: [UInt8] = [8, 0, UInt8(code), 0x12, 0x34]
        let response = Response.diagnostics(DiagnosticsCode(rawValue: code), data: [0x1234])
        #expect(try Response(decoding: good.span, answering: request) == response)
        let bad: [[UInt8]] = [
            [8, 0, UInt8(code)], [8, 0, UInt8(code), 1], good + [0], good + [0, 0],
            [8, 0, UInt8(code) + 1, 0x12, 0x34],
        ]
        for bytes in bad {
            #expect(throws: ResponseFault.self) { try Response(decoding: bytes.span, answering: request) }
        }
    }

    @Test("Modbus checklist 6.7: after a wrong echo the caller is told that the write may have happened")
    func mayHaveHappened() {
        #expect(ResponseFault.echo.description.contains("may have happened"))
    }

    @Test("Modbus checklist 1.7, 6.6: bits that pad the last byte do not matter")
    func padding() throws {
        let bytes: [UInt8] = [2, 1, 0xF1]
        let request = Request.readDiscreteInputs(address: 0, count: 4)
        #expect(
            try Response(decoding: bytes.span, answering: request) == .readDiscreteInputs([true, false, false, false])
        )
    }
}
