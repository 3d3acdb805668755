// SPDX-License-Identifier: Apache-2.0

import Modbus
import TestSupport
import Testing

@testable import ModbusSerial

@Suite("What a server hears on a line")
struct RTUReceiverTests {
    private let read: [UInt8] = [3, 0, 1, 0, 2]

    private func heard(_ bytes: [UInt8], silence: Bool = true) -> [Heard] {
        var receiver = RTUReceiver(units: [5])
        receiver.receive(bytes)
        var heard: [Heard] = []
        while let next = receiver.next() { heard.append(next) }
        if silence, let last = receiver.fallSilent() { heard.append(last) }
        #expect(!silence || !receiver.awaitsSilence)
        return heard
    }

    @Test("Modbus checklist 10.9: a request is whole before the silence after it")
    func request() {
        #expect(heard(Line.frame(5, read), silence: false) == [.frame(unit: 5, pdu: read)])
        let two = Line.frame(5, read) + Line.frame(5, [6, 0, 1, 0, 2])
        #expect(heard(two, silence: false) == [.frame(unit: 5, pdu: read), .frame(unit: 5, pdu: [6, 0, 1, 0, 2])])
    }

    @Test("Modbus checklist 10.12: answers of others are recognised, and a request right behind them is heard")
    func others() {
        let answers: [[UInt8]] = [
            [3, 4, 0, 1, 0, 2], [3, 2, 0, 1], [0x83, 2], [6, 0, 1, 0, 2], [16, 0, 1, 0, 2], [1, 1, 7],
            [17, 3, 1, 0xFF, 2], [43, 14, 1, 1, 0, 0, 1, 0, 2, 65, 66],
        ]
        for answer in answers {
            let bytes = Line.frame(9, read) + Line.frame(9, answer) + Line.frame(5, read)
            let expected: [Heard] = [
                .frame(unit: 9, pdu: read), .frame(unit: 9, pdu: answer), .frame(unit: 5, pdu: read),
            ]
            #expect(heard(bytes, silence: false) == expected)
        }
    }

    @Test("Modbus checklist 10.11: what is no frame is passed over up to the next silence")
    func faults() {
        var broken = Line.frame(5, read)
        broken[4] ^= 1
        #expect(heard(broken + Line.frame(5, read)) == [.fault])
        #expect(heard(Array(Line.frame(5, read).dropLast())) == [.fault])
        #expect(heard([0xFF]) == [.fault])
        // A wrong length, although the checksum fits.
        #expect(heard(Line.frame(5, [3, 0, 1])) == [.fault])
        #expect(heard(Line.frame(5, [3, 0, 1, 0, 2, 0])) == [.fault])
    }

    @Test("Modbus checklist 10.9, 10.20: an unknown function is whole at the silence")
    func unknown() {
        let pdu: [UInt8] = [100, 1, 2, 3]
        #expect(heard(Line.frame(5, pdu), silence: false) == [])
        #expect(heard(Line.frame(5, pdu)) == [.frame(unit: 5, pdu: pdu)])
        #expect(heard(Line.frame(9, pdu)) == [.frame(unit: 9, pdu: pdu)])
    }

    @Test("Modbus checklist 10.11, 18.1: after any bytes and a silence the next request is heard", arguments: 1...3)
    func anything(seed: Int) {
        var generator = SeededGenerator(seed: UInt64(seed))
        var receiver = RTUReceiver(units: [5, 6])
        for _ in 0..<2_000 {
            for _ in 0..<Int.random(in: 1...4, using: &generator) {
                let count = Int.random(in: 0...200, using: &generator)
                receiver.receive((0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) })
                while receiver.next() != nil {}
            }
            _ = receiver.fallSilent()
            #expect(!receiver.awaitsSilence)
            receiver.receive(Line.frame(6, read))
            #expect(receiver.next() == .frame(unit: 6, pdu: read))
        }
    }

    @Test("Modbus checklist 8.40: a frame with a function of the application ends by the length it says")
    func userFunctions() {
        var functions = UserFunctions()
        functions.set(FunctionCode(rawValue: 65), request: .counted(at: 1), response: .exactly(2))
        var receiver = RTUReceiver(units: [5], functions: functions)
        receiver.receive(Line.frame(5, [65, 2, 7, 8]) + Line.frame(5, read) + Line.frame(9, [65, 1]))
        #expect(receiver.next() == .frame(unit: 5, pdu: [65, 2, 7, 8]))
        #expect(receiver.next() == .frame(unit: 5, pdu: read))
        #expect(receiver.next() == .frame(unit: 9, pdu: [65, 1]), "the answer of another unit")
        #expect(!receiver.awaitsSilence)
    }
}
