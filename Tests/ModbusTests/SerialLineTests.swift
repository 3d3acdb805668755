// SPDX-License-Identifier: Apache-2.0

import Modbus
import Testing

/// The functions that the standard has for serial lines: 7, 8, 11, 12 and 17.
@Suite("Functions of serial lines")
struct SerialLineTests {
    private func unit(allowsListenOnly: Bool = false) -> RegisterTables {
        var tables = RegisterTables()
        tables.holding.set([1, 2, 3], at: 0)
        tables.serialLine = SerialLineFunctions(
            identifier: [0x2A, 0x2B],
            additionalData: [7],
            allowsListenOnly: allowsListenOnly
        )
        return tables
    }

    private let read: [UInt8] = [3, 0, 0, 0, 1]
    private let counter: [UInt8] = [11]

    @Test("Modbus checklist 8.29: without them the functions are refused", arguments: [7, 8, 11, 12, 17] as [UInt8])
    func off(function: UInt8) {
        var tables = unit()
        tables.serialLine = nil
        #expect(tables.reply(to: [function] + (function == 8 ? [0, 0, 0, 0] : [])) == [function | 0x80, 1])
    }

    @Test("Modbus checklist 8.7, 8.13, 8.28: exception status and identifier")
    func status() {
        var tables = unit()
        tables.serialLine?.exceptionStatus = 0x6D
        #expect(tables.reply(to: [7]) == [7, 0x6D])
        #expect(tables.reply(to: [17]) == [17, 4, 0x2A, 0x2B, 0xFF, 7])
        tables.serialLine?.isRunning = false
        #expect(tables.reply(to: [17]) == [17, 4, 0x2A, 0x2B, 0x00, 7])
        tables.serialLine = SerialLineFunctions(identifier: Array(repeating: 1, count: 300), additionalData: [1, 2])
        #expect(tables.reply(to: [17]) == [17, 251] + [UInt8](repeating: 1, count: 250) + [0xFF])
        tables.serialLine?.identifier = [1]
        tables.serialLine?.additionalData = Array(repeating: 2, count: 300)
        #expect(tables.reply(to: [17]) == [17, 251, 1, 0xFF] + [UInt8](repeating: 2, count: 249))
    }

    @Test("Modbus checklist 8.8, 8.30: the echo repeats any data")
    func echo() {
        var tables = unit()
        for data: [UInt8] in [[], [0xA5, 0x37], [0, 0, 1, 2], Array(repeating: 9, count: 250)] {
            #expect(tables.reply(to: [8, 0, 0] + data) == [8, 0, 0] + data)
        }
    }

    @Test("Modbus checklist 8.30, 9.6, 17.5: unknown parts of function 8 are exception 1, wrong data is 3")
    func diagnosticsRefused() {
        var tables = unit()
        for code in [5, 6, 7, 8, 9, 19, 21, 22, 255, 256, 0xFFFF] {
            #expect(tables.reply(to: [8, UInt8(code >> 8), UInt8(code & 0xFF), 0, 0]) == [0x88, 1], "\(code)")
        }
        #expect(tables.reply(to: [8, 0, 1, 0, 0]) == [0x88, 1])
        #expect(tables.reply(to: [8, 0, 4, 0, 0]) == [0x88, 1])
        for code in [2, 10, 11, 12, 13, 14, 15, 16, 17, 18, 20] as [UInt8] {
            #expect(tables.reply(to: [8, 0, code, 0, 1]) == [0x88, 3], "\(code)")
            #expect(tables.reply(to: [8, 0, code]) == [0x88, 3], "\(code)")
            #expect(tables.reply(to: [8, 0, code, 0, 0, 0, 0]) == [0x88, 3], "\(code)")
        }
        #expect(tables.reply(to: [8, 0, 3, 0x0D, 1]) == [0x88, 3])
        #expect(tables.reply(to: [8, 0, 3]) == [0x88, 3])
        var listening = unit(allowsListenOnly: true)
        #expect(listening.reply(to: [8, 0, 1, 0, 1]) == [0x88, 3])
        #expect(listening.reply(to: [8, 0, 1, 0xFF, 1]) == [0x88, 3])
        #expect(listening.reply(to: [8, 0, 4, 0, 1]) == [0x88, 3])
        #expect(!listening.isListenOnly)
    }

    @Test("Modbus checklist 8.30: the register, the delimiter and the counters, and what clears them")
    func diagnosticsServed() {
        var tables = unit()
        tables.serialLine?.diagnosticRegister = 0x0102
        #expect(tables.reply(to: [8, 0, 2, 0, 0]) == [8, 0, 2, 1, 2])
        #expect(tables.serialLine?.asciiDelimiter == 0x0A)
        #expect(tables.reply(to: [8, 0, 3, 0x0D, 0]) == [8, 0, 3, 0x0D, 0])
        #expect(tables.serialLine?.asciiDelimiter == 0x0D)
        #expect(tables.reply(to: [8, 0, 10, 0, 0]) == [8, 0, 10, 0, 0])
        #expect(tables.reply(to: [8, 0, 2, 0, 0]) == [8, 0, 2, 0, 0])
    }

    @Test("Modbus checklist 10.19, 17.3: each counter has its sub-function, and 10 clears them all")
    func counters() {
        var tables = unit()
        tables.serialLine?.counters.busMessages = 1000
        tables.serialLine?.counters.busCommunicationErrors = 12
        tables.serialLine?.counters.exceptions = 13
        tables.serialLine?.counters.serverMessages = 1400
        tables.serialLine?.counters.noResponses = 15
        tables.serialLine?.counters.negativeAcknowledgements = 16
        tables.serialLine?.counters.busy = 17
        tables.serialLine?.counters.overruns = 18
        func word(_ code: UInt8) -> Int {
            let answer = tables.reply(to: [8, 0, code, 0, 0])
            guard answer.count == 5, answer.prefix(3) == [8, 0, code] else { return -1 }
            return Int(answer[3]) << 8 | Int(answer[4])
        }
        // Every request that is answered counts itself.
        #expect((11...18).map { word($0) } == [1001, 12, 13, 1404, 15, 16, 17, 18])
        #expect(tables.reply(to: [8, 0, 20, 0, 0]) == [8, 0, 20, 0, 0])
        #expect(word(18) == 0)
        #expect(word(17) == 17)
        #expect(tables.reply(to: [8, 0, 10, 0, 0]) == [8, 0, 10, 0, 0])
        #expect((12...18).filter { $0 != 14 }.map { word($0) } == [0, 0, 0, 0, 0, 0])
        #expect(tables.serialLine?.counters.busMessages == 6)
    }

    @Test("Modbus checklist 10.19, 17.3: exceptions, messages and busy answers are counted")
    func counting() {
        var tables = unit()
        tables.holding.makeReadOnly(2...2, exception: .serverDeviceBusy)
        _ = tables.reply(to: read)
        _ = tables.reply(to: [3, 9, 9, 0, 1])
        _ = tables.reply(to: [99])
        _ = tables.reply(to: [6, 0, 2, 0, 0])
        #expect(tables.serialLine?.counters.busMessages == 4)
        #expect(tables.serialLine?.counters.serverMessages == 4)
        #expect(tables.serialLine?.counters.exceptions == 3)
        #expect(tables.serialLine?.counters.busy == 1)
        #expect(tables.serialLine?.counters.noResponses == 0)
        tables.serialLine?.counters.serverMessages = 0xFFFF
        _ = tables.reply(to: read)
        #expect(tables.serialLine?.counters.serverMessages == 0)
    }

    @Test("Modbus checklist 8.9, 17.1: the event counter counts successes, not exceptions, not its own reads")
    func eventCounter() {
        var tables = unit()
        #expect(tables.reply(to: counter) == [11, 0, 0, 0, 0])
        _ = tables.reply(to: read)
        _ = tables.reply(to: [6, 0, 0, 0, 9])
        #expect(tables.reply(to: counter) == [11, 0, 0, 0, 2])
        _ = tables.reply(to: [3, 0, 9, 0, 1])
        _ = tables.reply(to: [99])
        _ = tables.answer(.readHoldingRegisters(address: 0, count: 0))
        #expect(tables.reply(to: counter) == [11, 0, 0, 0, 2])
        _ = tables.reply(to: [8, 0, 10, 0, 0])
        #expect(tables.reply(to: counter) == [11, 0, 0, 0, 0])
    }

    @Test("Modbus checklist 8.10, 17.2: the log has the newest event first")
    func log() {
        var tables = unit()
        _ = tables.reply(to: read)
        _ = tables.reply(to: [3, 9, 9, 0, 1])
        let answer = tables.reply(to: [12])
        // Received and about to be answered: the log itself; before it an exception 2, before that a success.
        #expect(answer == [12, 11, 0, 0, 0, 1, 0, 3, 0x80, 0x41, 0x80, 0x40, 0x80])
        #expect(tables.reply(to: [12]).dropFirst(8).prefix(3) == [0x80, 0x40, 0x80])
    }

    @Test("Modbus checklist 17.2: each kind of exception has its bit in a send event")
    func sendEvents() {
        let kinds: [(ExceptionCode, UInt8)] = [
            (.illegalFunction, 0x41), (.illegalDataAddress, 0x41), (.illegalDataValue, 0x41),
            (.serverDeviceFailure, 0x42), (.acknowledge, 0x44), (.serverDeviceBusy, 0x44),
        ]
        for (exception, event) in kinds {
            var tables = unit()
            tables.holding.makeReadOnly(0...0, exception: exception)
            #expect(tables.reply(to: [6, 0, 0, 0, 0]) == [0x86, exception.rawValue])
            #expect(tables.reply(to: [12]).dropFirst(8) == [0x80, event, 0x80], "\(exception)")
        }
    }

    @Test("Modbus checklist 8.10, 17.2: the log keeps 64 events")
    func logLimit() {
        var tables = unit()
        for _ in 0..<100 { _ = tables.reply(to: read) }
        let answer = tables.reply(to: [12])
        #expect(answer.count == 72)
        #expect(answer.prefix(8) == [12, 70, 0, 0, 0, 100, 0, 101])
        #expect(Array(answer.dropFirst(8)) == (0..<64).map { $0 % 2 == 0 ? 0x80 : 0x40 })
    }

    @Test("Modbus checklist 8.30, 17.2, 17.4: listen-only mode is silent until the restart, and says so in the log")
    func listenOnly() {
        var tables = unit(allowsListenOnly: true)
        #expect(tables.reply(to: [8, 0, 4, 0, 0]).isEmpty)
        #expect(tables.isListenOnly)
        // Nothing else gets an answer or does anything: not even mistakes, nor mistakes in function 8.
        let silent: [[UInt8]] = [
            read, [6, 0, 0, 0, 9], [99], [0x83], [8, 0, 0, 1, 2], [8, 0, 4, 0, 0], [8, 0, 10, 0, 0], [8], [8, 0, 1],
            [8, 0, 1, 0, 1], [8, 0, 1, 0, 0, 0, 0], [8, 0, 99, 0, 0], [11], [12], [17], [7], [3, 0, 0, 0, 0],
        ]
        for request in silent { #expect(tables.reply(to: request).isEmpty, "\(request)") }
        #expect(tables.answer(.readHoldingRegisters(address: 0, count: 1)) == nil)
        #expect(tables.answer(.readHoldingRegisters(address: 0, count: 0)) == nil)
        #expect(tables.answer(.writeMultipleRegisters(address: 9, values: [])) == nil)
        #expect(tables.holding.read(address: 0, count: 3) == [1, 2, 3])
        #expect(tables.serialLine?.counters.noResponses == UInt16(silent.count) + 4)
        #expect(tables.isListenOnly)
        // The restart ends it, without an answer, and begins the counting anew.
        #expect(tables.reply(to: [8, 0, 1, 0, 0]).isEmpty)
        #expect(!tables.isListenOnly)
        let log = tables.reply(to: [12])
        #expect(log.prefix(8) == [12, 31, 0, 0, 0, 0, 0, 1])
        #expect(log.dropFirst(8).prefix(3) == [0x80, 0x00, 0xA0])
        #expect(tables.reply(to: read) == [3, 2, 0, 1])
    }

    @Test("Modbus checklist 17.2: the mode is entered behind the event of the message that asked for it")
    func listenOnlyEvent() {
        var tables = unit(allowsListenOnly: true)
        _ = tables.reply(to: [8, 0, 4, 0, 0])
        _ = tables.reply(to: read)
        _ = tables.reply(to: [8, 0, 1, 0, 0])
        #expect(tables.reply(to: [12]).dropFirst(8) == [0x80, 0x00, 0xA0, 0xA0, 0x04, 0x80])
    }

    @Test("Modbus checklist 8.30, 17.2: a restart is answered first; with 0xFF00 it clears the log too")
    func restart() {
        var tables = unit(allowsListenOnly: true)
        _ = tables.reply(to: read)
        #expect(tables.reply(to: [8, 0, 1, 0, 0]) == [8, 0, 1, 0, 0])
        #expect(tables.reply(to: [12]) == [12, 12, 0, 0, 0, 0, 0, 1, 0x80, 0x00, 0x40, 0x80, 0x40, 0x80])
        #expect(tables.reply(to: [8, 0, 1, 0xFF, 0]) == [8, 0, 1, 0xFF, 0])
        #expect(tables.reply(to: counter) == [11, 0, 0, 0, 0])
        #expect(tables.reply(to: [12]) == [12, 10, 0, 0, 0, 0, 0, 2, 0x80, 0x40, 0x80, 0x00])
    }

    @Test("Modbus checklist 17.5: a unit that does not allow it cannot be silenced")
    func notSilenced() {
        var tables = unit()
        #expect(tables.answer(.diagnostics(.forceListenOnly, data: [0])) == .exception(.diagnostics, .illegalFunction))
        #expect(
            tables.answer(.diagnostics(.restartCommunications, data: [0])) == .exception(.diagnostics, .illegalFunction)
        )
        #expect(tables.reply(to: read) == [3, 2, 0, 1])
    }
}
