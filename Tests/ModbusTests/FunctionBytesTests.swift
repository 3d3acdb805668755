// SPDX-License-Identifier: Apache-2.0

import Modbus
import Testing

/// The exchanges that the application protocol gives as examples, and the largest ones.
@Suite("Bytes of all functions")
struct FunctionBytesTests {
    struct Exchange: Sendable, CustomTestStringConvertible {
        let request: Request
        let requestBytes: [UInt8]
        let response: Response
        let responseBytes: [UInt8]

        init(_ request: Request, _ requestBytes: [UInt8], _ response: Response, _ responseBytes: [UInt8]) {
            self.request = request
            self.requestBytes = requestBytes
            self.response = response
            self.responseBytes = responseBytes
        }

        var testDescription: String { request.function.description }
    }

    private static let coils = [0xCD, 0x6B, 0x05].flatMap { byte in (0..<8).map { byte >> $0 & 1 == 1 } }
    private static let inputs = [0xAC, 0xDB, 0x35].flatMap { byte in (0..<8).map { byte >> $0 & 1 == 1 } }
    private static let switched = [0xCD, 0x01].flatMap { byte in (0..<8).map { byte >> $0 & 1 == 1 } }

    private static let tables: [Exchange] = [
        Exchange(
            .readCoils(address: 0x13, count: 19),
            [1, 0, 0x13, 0, 0x13],
            .readCoils(Array(coils.prefix(19))),
            [1, 3, 0xCD, 0x6B, 0x05]
        ),
        Exchange(
            .readDiscreteInputs(address: 0xC4, count: 22),
            [2, 0, 0xC4, 0, 0x16],
            .readDiscreteInputs(Array(inputs.prefix(22))),
            [2, 3, 0xAC, 0xDB, 0x35]
        ),
        Exchange(
            .readHoldingRegisters(address: 0x6B, count: 3),
            [3, 0, 0x6B, 0, 3],
            .readHoldingRegisters([0x022B, 0, 0x64]),
            [3, 6, 2, 0x2B, 0, 0, 0, 0x64]
        ),
        Exchange(
            .readInputRegisters(address: 8, count: 1),
            [4, 0, 8, 0, 1],
            .readInputRegisters([10]),
            [4, 2, 0, 10]
        ),
        Exchange(
            .writeSingleCoil(address: 0xAC, value: true),
            [5, 0, 0xAC, 0xFF, 0],
            .writeSingleCoil(address: 0xAC, value: true),
            [5, 0, 0xAC, 0xFF, 0]
        ),
        Exchange(
            .writeSingleCoil(address: 0xFFFF, value: false),
            [5, 0xFF, 0xFF, 0, 0],
            .writeSingleCoil(address: 0xFFFF, value: false),
            [5, 0xFF, 0xFF, 0, 0]
        ),
        Exchange(
            .writeSingleRegister(address: 1, value: 3),
            [6, 0, 1, 0, 3],
            .writeSingleRegister(address: 1, value: 3),
            [6, 0, 1, 0, 3]
        ),
        Exchange(
            .writeMultipleCoils(address: 0x13, values: Array(switched.prefix(10))),
            [15, 0, 0x13, 0, 10, 2, 0xCD, 1],
            .writeMultipleCoils(address: 0x13, count: 10),
            [15, 0, 0x13, 0, 10]
        ),
        Exchange(
            .writeMultipleRegisters(address: 1, values: [10, 0x0102]),
            [16, 0, 1, 0, 2, 4, 0, 10, 1, 2],
            .writeMultipleRegisters(address: 1, count: 2),
            [16, 0, 1, 0, 2]
        ),
        Exchange(
            .maskWriteRegister(address: 4, and: 0xF2, or: 0x25),
            [22, 0, 4, 0, 0xF2, 0, 0x25],
            .maskWriteRegister(address: 4, and: 0xF2, or: 0x25),
            [22, 0, 4, 0, 0xF2, 0, 0x25]
        ),
        Exchange(
            .readWriteMultipleRegisters(readAddress: 3, readCount: 6, writeAddress: 14, values: [255, 255, 255]),
            [23, 0, 3, 0, 6, 0, 14, 0, 3, 6, 0, 0xFF, 0, 0xFF, 0, 0xFF],
            .readWriteMultipleRegisters([0xFE, 0x0ACD, 1, 3, 13, 0xFF]),
            [23, 12, 0, 0xFE, 0x0A, 0xCD, 0, 1, 0, 3, 0, 13, 0, 0xFF]
        ),
    ]

    private static let others: [Exchange] = [
        Exchange(.readExceptionStatus, [7], .readExceptionStatus(0x6D), [7, 0x6D]),
        Exchange(
            .diagnostics(.returnQueryData, data: [0xA537]),
            [8, 0, 0, 0xA5, 0x37],
            .diagnostics(.returnQueryData, data: [0xA537]),
            [8, 0, 0, 0xA5, 0x37]
        ),
        Exchange(
            .getCommEventCounter,
            [11],
            .getCommEventCounter(status: 0xFFFF, count: 0x0108),
            [11, 0xFF, 0xFF, 1, 8]
        ),
        Exchange(
            .getCommEventLog,
            [12],
            .getCommEventLog(CommEventLog(status: 0, eventCount: 0x0108, messageCount: 0x0121, events: [0x20, 0])),
            [12, 8, 0, 0, 1, 8, 1, 0x21, 0x20, 0]
        ),
        Exchange(.reportServerID, [17], .reportServerID([0x2A, 0xFF, 1]), [17, 3, 0x2A, 0xFF, 1]),
        Exchange(
            .readFileRecord([
                FileReference(file: 4, record: 1, count: 2), FileReference(file: 3, record: 9, count: 2),
            ]),
            [20, 14, 6, 0, 4, 0, 1, 0, 2, 6, 0, 3, 0, 9, 0, 2],
            .readFileRecord([[0x0DFE, 0x20], [0x33CD, 0x40]]),
            [20, 12, 5, 6, 0x0D, 0xFE, 0, 0x20, 5, 6, 0x33, 0xCD, 0, 0x40]
        ),
        // 8.26: one register makes four bytes of data, three less than the text's table allows.
        Exchange(
            .readFileRecord([FileReference(file: 0xFFFF, record: 9999, count: 1)]),
            [20, 7, 6, 0xFF, 0xFF, 0x27, 0x0F, 0, 1],
            .readFileRecord([[0x0102]]),
            [20, 4, 3, 6, 1, 2]
        ),
        Exchange(
            .writeFileRecord([FileRecord(file: 4, record: 7, values: [0x06AF, 0x04BE, 0x100D])]),
            [21, 13, 6, 0, 4, 0, 7, 0, 3, 6, 0xAF, 4, 0xBE, 0x10, 0x0D],
            .writeFileRecord([FileRecord(file: 4, record: 7, values: [0x06AF, 0x04BE, 0x100D])]),
            [21, 13, 6, 0, 4, 0, 7, 0, 3, 6, 0xAF, 4, 0xBE, 0x10, 0x0D]
        ),
        Exchange(
            .readFIFOQueue(address: 0x04DE),
            [24, 4, 0xDE],
            .readFIFOQueue([0x01B8, 0x1284]),
            [24, 0, 6, 0, 2, 1, 0xB8, 0x12, 0x84]
        ),
        Exchange(
            .encapsulatedInterface(type: 13, data: [1, 2, 3]),
            [43, 13, 1, 2, 3],
            .encapsulatedInterface(type: 13, data: [9]),
            [43, 13, 9]
        ),
        Exchange(
            .readDeviceIdentification(.basic, object: 0),
            [43, 14, 1, 0],
            .readDeviceIdentification(
                .init(
                    code: .basic,
                    conformity: 1,
                    next: 2,
                    objects: [.init(id: 0, value: Array("Company".utf8)), .init(id: 1, value: Array("X1".utf8))]
                )
            ),
            [43, 14, 1, 1, 0xFF, 2, 2, 0, 7] + Array("Company".utf8) + [1, 2] + Array("X1".utf8)
        ),
        Exchange(
            .readDeviceIdentification(.individual, object: 2),
            [43, 14, 4, 2],
            .readDeviceIdentification(
                .init(code: .individual, conformity: 0x81, objects: [.init(id: 2, value: [0x31])])
            ),
            [43, 14, 4, 0x81, 0, 0, 1, 2, 1, 0x31]
        ),
        Exchange(
            .other(FunctionCode(rawValue: 110), [1, 2]),
            [110, 1, 2],
            .other(FunctionCode(rawValue: 110), []),
            [110]
        ),
    ]

    @Test(
        "Modbus checklist 1.1, 1.6, 6.1, 8.1 to 8.20, 8.26: requests and answers have the standard's bytes",
        arguments: tables + others
    )
    func bytes(exchange: Exchange) throws {
        #expect(exchange.request.encoded == exchange.requestBytes)
        #expect(exchange.request.fault == nil)
        #expect(try Request(decoding: exchange.requestBytes.span) == exchange.request)
        #expect(exchange.response.encoded == exchange.responseBytes)
        #expect(exchange.response.fits)
        #expect(
            try Response(decoding: exchange.responseBytes.span, answering: exchange.request) == exchange.response
        )
        #expect(exchange.response.function == exchange.request.function)
    }

    @Test("Modbus checklist 1.2, 8.1 to 8.20: the largest requests and answers have the standard's sizes")
    func largest() {
        let words = [UInt16](repeating: 0xABCD, count: 125)
        let requests: [(Request, Int)] = [
            (.readCoils(address: 0, count: 2000), 5),
            (.writeMultipleCoils(address: 0, values: Array(repeating: true, count: 1968)), 6 + 246),
            (.writeMultipleRegisters(address: 0, values: Array(words.prefix(123))), 6 + 246),
            (
                .readWriteMultipleRegisters(
                    readAddress: 0,
                    readCount: 125,
                    writeAddress: 0,
                    values: Array(words.prefix(121))
                ), 10 + 242
            ),
            (.diagnostics(.returnQueryData, data: words), 253),
            (.readFileRecord(Array(repeating: FileReference(file: 1, record: 0, count: 1), count: 35)), 2 + 245),
            (.writeFileRecord([FileRecord(file: 1, record: 0, values: Array(words.prefix(122)))]), 253),
            (.encapsulatedInterface(type: 13, data: Array(repeating: 0, count: 251)), 253),
        ]
        for (request, count) in requests {
            #expect(request.fault == nil, "\(request.function)")
            #expect(request.encoded.count == count, "\(request.function)")
        }
        let log = CommEventLog(status: 0, eventCount: 0, messageCount: 0, events: Array(repeating: 0, count: 64))
        let object = DeviceIdentification.Object(id: 0, value: Array(repeating: 65, count: 244))
        let responses: [(Response, Int)] = [
            (.readCoils(Array(repeating: true, count: 2000)), 252), (.readHoldingRegisters(words), 252),
            (.readWriteMultipleRegisters(words), 252), (.getCommEventLog(log), 72),
            (.reportServerID(Array(repeating: 1, count: 251)), 253), (.readFIFOQueue(Array(words.prefix(31))), 67),
            (.readFileRecord([Array(words.prefix(124))]), 252),
            (.readFileRecord([Array(words.prefix(123)), [1]]), 254),
            (.readDeviceIdentification(.init(code: .basic, conformity: 1, objects: [object])), 253),
            (.readCoils(Array(repeating: true, count: 2001)), 253), (.readFileRecord([words]), 254),
            (.readFIFOQueue(Array(words.prefix(32))), 69), (.diagnostics(.returnQueryData, data: words), 253),
            (.reportServerID(Array(repeating: 1, count: 252)), 254),
            (.getCommEventLog(CommEventLog(status: 0, eventCount: 0, messageCount: 0, events: log.events + [0])), 73),
        ]
        for (response, count) in responses {
            #expect(response.encoded.count == count, "\(response.function)")
            let isTooLarge =
                [254, 69, 73].contains(count) || response == .readCoils(Array(repeating: true, count: 2001))
            #expect(response.fits == !isTooLarge, "\(response.function)")
        }
    }

    @Test("Modbus checklist 1.6, 1.7: padding bits are sent as zeros and ignored on reception")
    func padding() throws {
        #expect(Response.readCoils([true, true, true]).encoded == [1, 1, 0b111])
        #expect(Request.writeMultipleCoils(address: 0, values: [true]).encoded == [15, 0, 0, 0, 1, 1, 1])
        let request = Request.readCoils(address: 0, count: 3)
        #expect(
            try Response(decoding: ([1, 1, 0xFD] as [UInt8]).span, answering: request)
                == .readCoils([true, false, true])
        )
        let write: [UInt8] = [15, 0, 0, 0, 1, 1, 0xFE]
        #expect(try Request(decoding: write.span) == .writeMultipleCoils(address: 0, values: [false]))
    }

    @Test("Modbus checklist 8.40: the codes left to applications are 65 to 72 and 100 to 110")
    func userDefined() {
        let codes = (UInt8.min ... .max).filter { FunctionCode(rawValue: $0).isUserDefined }
        #expect(codes == Array(65...72) + Array(100...110))
    }
}
