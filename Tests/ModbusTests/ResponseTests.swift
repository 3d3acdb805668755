// SPDX-License-Identifier: Apache-2.0

import Modbus
import TestSupport
import Testing

@Suite("Responses")
struct ResponseTests {
    private static let table: [(Request, Response, [UInt8])] = [
        (.readHoldingRegisters(address: 9, count: 2), .readHoldingRegisters([1, 0x0203]), [3, 4, 0, 1, 2, 3]),
        (.readInputRegisters(address: 9, count: 1), .readInputRegisters([0xFFFE]), [4, 2, 0xFF, 0xFE]),
        (
            .writeSingleRegister(address: 1, value: 0x0203), .writeSingleRegister(address: 1, value: 0x0203),
            [6, 0, 1, 2, 3]
        ),
        (
            .writeMultipleRegisters(address: 1, values: [7, 8]), .writeMultipleRegisters(address: 1, count: 2),
            [16, 0, 1, 0, 2]
        ),
        (.readInputRegisters(address: 9, count: 1), .exception(.readInputRegisters, .illegalDataAddress), [0x84, 2]),
        (.other(FunctionCode(rawValue: 65), []), .other(FunctionCode(rawValue: 65), [1, 9]), [65, 1, 9]),
    ]

    @Test("Modbus checklist 6.1, 6.2: responses have the standard's bytes", arguments: table)
    func bytes(request: Request, response: Response, bytes: [UInt8]) throws {
        #expect(response.encoded == bytes)
        #expect(try Response(decoding: bytes.span, answering: request) == response)
    }

    @Test("Modbus checklist 6.2: exception codes without a name come through as numbers")
    func unknownException() throws {
        let bytes: [UInt8] = [0x83, 200]
        let response = try Response(decoding: bytes.span, answering: .readHoldingRegisters(address: 0, count: 1))
        #expect(response == .exception(.readHoldingRegisters, ExceptionCode(rawValue: 200)))
        #expect(ExceptionCode(rawValue: 200).description == "exception 200")
        #expect(ExceptionCode.illegalDataAddress.description == "illegal data address (2)")
    }

    private static let read = Request.readHoldingRegisters(address: 0, count: 2)
    private static let set = Request.writeSingleRegister(address: 1, value: 2)
    private static let setMany = Request.writeMultipleRegisters(address: 1, values: [1, 2])
    private static let bad: [(Request, [UInt8], ResponseFault)] = [
        (read, [], .empty),
        (read, [4, 4, 0, 0, 0, 0], .function(expected: .readHoldingRegisters, actual: .readInputRegisters)),
        (read, [0x84, 1], .function(expected: .readHoldingRegisters, actual: FunctionCode(rawValue: 0x84))),
        (read, [0x83], .length(expected: 2, actual: 1)),
        (read, [0x83, 1, 1], .length(expected: 2, actual: 3)),
        (read, [3], .length(expected: 6, actual: 1)),
        (read, [3, 4, 0, 0, 0], .length(expected: 6, actual: 5)),
        (read, [3, 2, 0, 0], .length(expected: 6, actual: 4)),
        (read, [3, 4, 0, 0, 0, 0, 0], .length(expected: 6, actual: 7)),
        (read, [3, 6, 0, 0, 0, 0], .byteCount(expected: 4, actual: 6)),
        (set, [6, 0, 1, 0], .length(expected: 5, actual: 4)),
        (set, [6, 0, 1, 0, 3], .echo),
        (set, [6, 0, 2, 0, 2], .echo),
        (setMany, [16, 0, 1, 0, 1], .echo),
        (setMany, [16, 0, 1, 0, 2, 0], .length(expected: 5, actual: 6)),
    ]

    @Test("Modbus checklist 6.3 to 6.7: an answer that does not fit the request is a fault", arguments: bad)
    func faults(request: Request, bytes: [UInt8], fault: ResponseFault) {
        #expect(throws: fault) { try Response(decoding: bytes.span, answering: request) }
    }

    @Test("Arbitrary bytes give a fault or a response that encodes to the same bytes")
    func arbitraryBytes() {
        var generator = SeededGenerator(seed: 3)
        let requests = ResponseTests.table.map(\.0) + [ResponseTests.read, ResponseTests.setMany]
        for round in 0..<20_000 {
            let bytes = generator.pdu()
            let request = requests[round % requests.count]
            guard let response = try? Response(decoding: bytes.span, answering: request) else { continue }
            #expect(response.encoded == bytes)
        }
    }

    @Test("Modbus checklist 9.15, 9.16: an exception response always has the top bit set")
    func exceptionBit() {
        for code in UInt8.min ... .max {
            let bytes = Response.exception(FunctionCode(rawValue: code), .illegalFunction).encoded
            #expect(bytes == [code | 0x80, 1])
        }
    }

    @Test("Answers that a PDU cannot hold are told apart")
    func fits() {
        #expect(Response.readHoldingRegisters(Array(repeating: 0, count: 125)).fits)
        #expect(!Response.readHoldingRegisters(Array(repeating: 0, count: 126)).fits)
        #expect(Response.other(FunctionCode(rawValue: 65), Array(repeating: 0, count: 252)).fits)
        #expect(!Response.other(FunctionCode(rawValue: 65), Array(repeating: 0, count: 253)).fits)
    }
}
