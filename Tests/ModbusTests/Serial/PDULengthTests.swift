// SPDX-License-Identifier: Apache-2.0

import Modbus
import TestSupport
import Testing

@Suite("Lengths that function codes tell")
struct PDULengthTests {
    static let requests: [[UInt8]] = [
        [1, 0, 0, 0, 9], [2, 0, 0, 0, 9], [3, 0, 0, 0, 9], [4, 0, 0, 0, 9], [5, 0, 0, 0xFF, 0], [6, 0, 0, 1, 2], [7],
        [8, 0, 1, 0xFF, 0], [8, 0, 3, 13, 0], [8, 0, 10, 0, 0], [8, 0, 18, 0, 0], [8, 0, 20, 0, 0], [11], [12],
        [15, 0, 0, 0, 9, 2, 1, 1], [16, 0, 0, 0, 1, 2, 0, 7], [17], [20, 7, 6, 0, 1, 0, 0, 0, 1],
        [21, 9, 6, 0, 1, 0, 0, 0, 1, 0, 5], [22, 0, 0, 0, 0xF2, 0, 0x25], [23, 0, 0, 0, 1, 0, 2, 0, 1, 2, 0, 9],
        [24, 4, 0xDE], [43, 14, 1, 0],
        [16, 0, 0, 0, 123, 246] + [UInt8](repeating: 0xAA, count: 246),
    ]
    static let responses: [[UInt8]] = [
        [1, 2, 1, 1], [2, 1, 7], [3, 2, 0, 7], [4, 4, 0, 7, 0, 8], [5, 0, 0, 0xFF, 0], [6, 0, 0, 1, 2], [7, 0x6D],
        [8, 0, 11, 0, 9], [11, 0xFF, 0xFF, 1, 8], [12, 8, 0, 0, 1, 8, 1, 0x21, 0x20, 0], [15, 0, 0, 0, 9],
        [16, 0, 0, 0, 1], [17, 3, 9, 0xFF, 1], [20, 4, 3, 6, 0, 1], [21, 9, 6, 0, 1, 0, 0, 0, 1, 0, 5],
        [22, 0, 0, 0, 0xF2, 0, 0x25], [23, 2, 0, 9], [24, 0, 6, 0, 2, 1, 0xB8, 0x12, 0x84],
        [43, 14, 1, 1, 0, 0, 3, 0, 2, 65, 66, 1, 0, 2, 1, 67], [43, 14, 1, 1, 0, 0, 0],
        [0x83, 2], [0x80, 1], [0xFF, 1],
        // Byte counts above 127 are not negative.
        [3, 250] + [UInt8](repeating: 0x55, count: 250), [1, 250] + [UInt8](repeating: 0x55, count: 250),
    ]

    private func check(_ pdu: [UInt8], _ direction: MessageDirection) {
        #expect(PDULength(of: pdu.span, direction) == .exactly(pdu.count))
        #expect(PDULength(of: (pdu + [1, 2, 3]).span, direction) == .exactly(pdu.count))
        var least = 0
        for count in 0..<pdu.count {
            switch PDULength(of: Array(pdu[..<count]).span, direction) {
            case .exactly(let length): #expect(length == pdu.count)
            case .atLeast(let length):
                #expect(length > count && length <= pdu.count && length >= least)
                least = length
            case .untilSilence, .impossible: Issue.record("\(count) bytes of \(pdu)")
            }
        }
    }

    @Test("Modbus checklist 10.20: every public request tells its length", arguments: requests)
    func request(pdu: [UInt8]) { check(pdu, .request) }

    @Test("Modbus checklist 10.20: every public response and every exception tells its length", arguments: responses)
    func response(pdu: [UInt8]) { check(pdu, .response) }

    @Test("Modbus checklist 10.9, 10.20: what has no rule ends by silence")
    func unknown() {
        for direction in MessageDirection.allCases {
            for function in [9, 10, 13, 14, 18, 19, 25, 42, 44, 65, 72, 100, 110, 127] as [UInt8] {
                #expect(PDULength(of: [function].span, direction) == .untilSilence)
            }
            #expect(PDULength(of: [8, 0, 0].span, direction) == .untilSilence)
            #expect(PDULength(of: [8, 0, 21].span, direction) == .untilSilence)
            #expect(PDULength(of: [43, 13].span, direction) == .untilSilence)
        }
        #expect(PDULength(of: [0x83].span, .request) == .untilSilence)
        #expect(PDULength(of: [0].span, .request) == .untilSilence)
        #expect(PDULength(of: [0].span, .response) == .impossible)
    }

    @Test("Modbus checklist 1.2, 10.20: a PDU of more than 253 bytes cannot be announced")
    func tooLong() {
        #expect(PDULength(of: [3, 252].span, .response) == .impossible)
        #expect(PDULength(of: [3, 251].span, .response) == .exactly(253))
        #expect(PDULength(of: [16, 0, 0, 0, 1, 248].span, .request) == .impossible)
        #expect(PDULength(of: [23, 0, 0, 0, 1, 0, 2, 0, 1, 244].span, .request) == .impossible)
        #expect(PDULength(of: [20, 252].span, .request) == .impossible)
        #expect(PDULength(of: [24, 0xFF, 0xFF].span, .response) == .impossible)
        #expect(PDULength(of: [43, 14, 1, 1, 0, 0, 1, 0, 245].span, .response) == .impossible)
        let empty = [43, 14, 1, 1, 0, 0, 255] + [UInt8](repeating: 0, count: 246)
        #expect(PDULength(of: empty.span, .response) == .impossible)
    }

    @Test("Modbus checklist 8.40: functions of an application have the lengths it says")
    func userFunctions() {
        var functions = UserFunctions()
        functions.set(FunctionCode(rawValue: 65), request: .exactly(3), response: .counted(at: 2))
        functions.set(FunctionCode(rawValue: 110), request: .countedByWord(at: 1), response: .exactly(1))
        func length(_ pdu: [UInt8], _ direction: MessageDirection) -> PDULength {
            PDULength(of: pdu.span, direction, user: functions)
        }
        #expect(length([65], .request) == .exactly(3))
        #expect(length([65, 0], .response) == .atLeast(3))
        #expect(length([65, 0, 250], .response) == .exactly(253))
        #expect(length([65, 0, 251], .response) == .impossible)
        #expect(length([110, 0], .request) == .atLeast(3))
        #expect(length([110, 0, 7], .request) == .exactly(10))
        #expect(length([110, 255, 255], .request) == .impossible)
        #expect(length([110], .response) == .exactly(1))
        #expect(length([66], .request) == .untilSilence)
        #expect(length([0xC1], .response) == .exactly(2), "exceptions have their own length")
    }
}
