// SPDX-License-Identifier: Apache-2.0

import Modbus
import TestSupport
import Testing

@Suite("Requests")
struct RequestTests {
    private static let table: [(Request, [UInt8])] = [
        (.readHoldingRegisters(address: 0x006B, count: 3), [3, 0x00, 0x6B, 0, 3]),
        (.readInputRegisters(address: 8, count: 1), [4, 0, 8, 0, 1]),
        (.writeSingleRegister(address: 1, value: 0x0203), [6, 0, 1, 2, 3]),
        (.writeMultipleRegisters(address: 1, values: [10, 0x0102]), [16, 0, 1, 0, 2, 4, 0, 10, 1, 2]),
        (.other(FunctionCode(rawValue: 65), [14, 1, 0]), [65, 14, 1, 0]),
        (.other(FunctionCode(rawValue: 100), []), [100]),
    ]

    @Test("Modbus checklist 1.1, 8.3, 8.4, 8.6, 8.12: requests have the standard's bytes", arguments: table)
    func bytes(request: Request, bytes: [UInt8]) throws {
        #expect(request.encoded == bytes)
        #expect(try Request(decoding: bytes.span) == request)
        #expect(request.encoded.count <= Limits.pduCount)
        #expect(request.function.rawValue == bytes[0])
    }

    @Test("Decoding is the inverse of encoding for every quantity")
    func inverse() throws {
        var generator = SeededGenerator(seed: 1)
        for count in 1...125 {
            let address = UInt16.random(in: 0...(65535 - 125), using: &generator)
            let values = (0..<min(count, 123)).map { _ in UInt16.random(in: .min ... .max, using: &generator) }
            let requests: [Request] = [
                .readHoldingRegisters(address: address, count: UInt16(count)),
                .readInputRegisters(address: address, count: UInt16(count)),
                .writeMultipleRegisters(address: address, values: values),
                .writeSingleRegister(address: address, value: values[0]),
            ]
            for request in requests {
                #expect(request.fault == nil)
                #expect(try Request(decoding: request.encoded.span) == request)
            }
        }
    }

    @Test("Decoding arbitrary bytes gives a request that encodes to the same bytes, or a structure error")
    func arbitraryBytes() {
        var generator = SeededGenerator(seed: 2)
        for _ in 0..<20_000 {
            let bytes = generator.pdu()
            do throws(RequestStructureError) {
                #expect(try Request(decoding: bytes.span).encoded == bytes)
            } catch {
                #expect(error == (bytes.isEmpty ? .empty : .structure(FunctionCode(rawValue: bytes[0]))))
            }
        }
    }

    @Test(
        "Modbus checklist 3.9, 8.3, 8.12, 9.9: wrong lengths, quantities and byte counts are structure errors",
        arguments: [
            [3], [3, 0, 0, 0], [3, 0, 0, 0, 1, 0], [3, 0, 0, 0, 0], [3, 0, 0, 0, 126], [4, 0, 0, 0xFF, 0xFF],
            [4, 0, 0, 0, 0], [6, 0, 1, 0], [6, 0, 1, 0, 0, 0], [16], [16, 0, 0, 0, 1, 2], [16, 0, 0, 0, 0, 0],
            [16, 0, 0, 0, 1, 2, 0], [16, 0, 0, 0, 1, 2, 0, 0, 0], [16, 0, 0, 0, 2, 2, 0, 0], [16, 0, 0, 0, 1, 3, 0, 0],
            [16, 0, 0, 0, 124, 248] + [UInt8](repeating: 0, count: 247),
        ] as [[UInt8]]
    )
    func structure(bytes: [UInt8]) {
        #expect(throws: RequestStructureError.structure(FunctionCode(rawValue: bytes[0]))) {
            try Request(decoding: bytes.span)
        }
    }

    @Test("Modbus checklist 1.3, 1.8, 5.1: requests outside the limits have a fault")
    func faults() {
        let write: (Int) -> Request = { .writeMultipleRegisters(address: 0, values: Array(repeating: 0, count: $0)) }
        #expect(Request.readHoldingRegisters(address: 0, count: 0).fault == .quantity(0, limit: 125))
        #expect(Request.readInputRegisters(address: 0, count: 126).fault == .quantity(126, limit: 125))
        #expect(Request.readInputRegisters(address: 65535, count: 1).fault == nil)
        #expect(Request.readInputRegisters(address: 65535, count: 2).fault == .range(address: 65535, count: 2))
        #expect(Request.writeSingleRegister(address: 65535, value: 0).fault == nil)
        #expect(write(0).fault == .quantity(0, limit: 123))
        #expect(write(123).fault == nil)
        #expect(write(123).encoded.count == 252)
        #expect(write(124).fault == .quantity(124, limit: 123))
        #expect(write(1000).fault == .quantity(1000, limit: 123))
        #expect(Request.other(FunctionCode(rawValue: 0), []).fault == .function(FunctionCode(rawValue: 0)))
        #expect(Request.other(FunctionCode(rawValue: 128), []).fault == .function(FunctionCode(rawValue: 128)))
        let long = [UInt8](repeating: 0, count: 253)
        #expect(Request.other(FunctionCode(rawValue: 65), long).fault == .tooLong(254))
        #expect(Request.other(FunctionCode(rawValue: 65), Array(long.dropLast())).fault == nil)
    }
}

extension SeededGenerator {
    /// Bytes that are often close to a PDU.
    mutating func pdu() -> [UInt8] {
        let functions: [UInt8] = [3, 4, 6, 16, 0x83, 0x90, 65]
        let count = Int.random(in: 0...(Bool.random(using: &self) ? 9 : 253), using: &self)
        var bytes = (0..<count).map { _ in UInt8.random(in: 0...(Bool.random(using: &self) ? 4 : 255), using: &self) }
        if !bytes.isEmpty, let function = functions.randomElement(using: &self) { bytes[0] = function }
        return bytes
    }
}
