// SPDX-License-Identifier: Apache-2.0

import Modbus
import Testing

/// Models other than tables in memory.
@Suite("Data models")
struct DataModelTests {
    /// A clock: registers computed at the moment, one that can be set, a function of its own.
    private struct Clock: DataModel {
        var seconds: UInt32 = 0
        var isLit = false

        let functions: FunctionSet = .registers.union(.coils).union([FunctionCode(rawValue: 65)])

        func read(_ table: DataTable, _ items: ItemRange, into bytes: inout [UInt8]) throws(ExceptionCode) {
            switch table {
            case .holdingRegisters:
                for address in items.addresses {
                    switch address {
                    case 0: bytes.append(register: UInt16(seconds >> 16))
                    case 1: bytes.append(register: UInt16(truncatingIfNeeded: seconds))
                    default: throw .illegalDataAddress
                    }
                }
            case .inputRegisters:
                guard items.isWithin(100...199) else { throw .illegalDataAddress }
                for address in items.addresses { bytes.append(register: UInt16(address * address)) }
            case .coils:
                guard items.isWithin(0...0) else { throw .illegalDataAddress }
                bytes.append(bits: [isLit])
            case .discreteInputs: throw .illegalDataAddress
            }
        }

        func checkWrite(_ table: DataTable, _ items: ItemRange, _ values: Span<UInt8>) throws(ExceptionCode) {
            guard items.isWithin(table == .coils ? 0...0 : 0...1) else { throw .illegalDataAddress }
            guard table == .coils || items.count == 2 else { throw .illegalDataAddress }
            if table == .holdingRegisters, values.register(at: 0) > 0x7FFF { throw .serverDeviceFailure }
        }

        mutating func write(_ table: DataTable, _ items: ItemRange, _ values: Span<UInt8>) throws(ExceptionCode) {
            if table == .coils {
                isLit = values.bit(at: 0)
            } else {
                seconds = UInt32(values.register(at: 0)) << 16 | UInt32(values.register(at: 1))
            }
        }

        mutating func answerOther(_ request: Request) throws(ExceptionCode) -> Response? {
            guard case .other(let function, let data) = request else { throw .illegalFunction }
            // 8.40: the length rule is the application's.
            guard data.count == 2 else { throw .illegalDataValue }
            return .other(function, data.reversed())
        }
    }

    @Test("A model computes its registers and takes writes")
    func computed() {
        var clock = Clock(seconds: 0x0001_0002)
        #expect(clock.reply(to: [3, 0, 0, 0, 2]) == [3, 4, 0, 1, 0, 2])
        #expect(clock.reply(to: [3, 0, 1, 0, 2]) == [0x83, 2])
        #expect(clock.reply(to: [4, 0, 100, 0, 2]) == [4, 4, 0x27, 0x10, 0x27, 0xD9])
        #expect(clock.reply(to: [4, 0, 199, 0, 2]) == [0x84, 2])
        #expect(clock.reply(to: [16, 0, 0, 0, 2, 4, 0, 3, 0, 4]) == [16, 0, 0, 0, 2])
        #expect(clock.seconds == 0x0003_0004)
        #expect(clock.reply(to: [16, 0, 0, 0, 2, 4, 0x80, 0, 0, 0]) == [0x90, 4])
        #expect(clock.reply(to: [6, 0, 0, 0, 2]) == [0x86, 2])
        #expect(clock.reply(to: [23, 0, 1, 0, 1, 0, 0, 0, 2, 4, 0, 9, 0, 8]) == [23, 2, 0, 8])
        #expect(clock.reply(to: [5, 0, 0, 0xFF, 0]) == [5, 0, 0, 0xFF, 0])
        #expect(clock.reply(to: [1, 0, 0, 0, 1]) == [1, 1, 1])
        #expect(clock.reply(to: [15, 0, 0, 0, 1, 1, 0xFE]) == [15, 0, 0, 0, 1])
        #expect(!clock.isLit)
        #expect(clock.reply(to: [2, 0, 0, 0, 1]) == [0x82, 1])
    }

    @Test("Modbus checklist 8.40: a function of the application's own, with its own length rule")
    func userDefined() {
        var clock = Clock()
        #expect(clock.reply(to: [65, 1, 2]) == [65, 2, 1])
        #expect(clock.reply(to: [65, 1]) == [0xC1, 3])
        #expect(clock.reply(to: [66, 1, 2]) == [0xC2, 1])
        #expect(
            clock.answer(.other(FunctionCode(rawValue: 65), [1, 2])) == .other(FunctionCode(rawValue: 65), [2, 1])
        )
        // Codes that the standard reserves and does not name (8.40).
        for code: UInt8 in [9, 10, 13, 14, 41, 42, 90, 91, 125, 126, 127] {
            #expect(clock.reply(to: [code, 0, 0, 0, 1]) == [code | 0x80, 1])
        }
    }

    /// As short as a model can be.
    private struct Thermometer: DataModel {
        var celsius: Double

        func read(_ table: DataTable, _ items: ItemRange, into bytes: inout [UInt8]) throws(ExceptionCode) {
            guard table == .inputRegisters, items.isWithin(0...0) else { throw .illegalDataAddress }
            bytes.append(register: UInt16(clamping: Int(celsius * 10)))
        }
    }

    @Test("Modbus checklist 9.8, 9.10: a model that is only read refuses writes")
    func readOnly() {
        var thermometer = Thermometer(celsius: 21.5)
        #expect(thermometer.reply(to: [4, 0, 0, 0, 1]) == [4, 2, 0, 215])
        #expect(thermometer.reply(to: [3, 0, 0, 0, 1]) == [0x83, 2])
        #expect(thermometer.reply(to: [6, 0, 0, 0, 1]) == [0x86, 2])
        #expect(thermometer.reply(to: [15, 0, 0, 0, 1, 1, 1]) == [0x8F, 2])
        #expect(thermometer.reply(to: [22, 0, 0, 0, 0, 0, 0]) == [0x96, 2])
        #expect(thermometer.reply(to: [7]) == [0x87, 1])
    }

    /// A model that does something else than it should.
    private struct Odd: DataModel {
        var functions: FunctionSet { .tables.union(.files).union([FunctionCode(rawValue: 65)]) }
        var registerBytes = 2
        var response: Response?
        var writes = 0
        var outcomes: [RequestOutcome] = []

        func read(_ table: DataTable, _ items: ItemRange, into bytes: inout [UInt8]) throws(ExceptionCode) {
            if registerBytes < 0 {
                bytes.removeAll()
            } else {
                bytes += Array(repeating: 9, count: registerBytes * items.count)
            }
        }

        func checkWrite(_ table: DataTable, _ items: ItemRange, _ values: Span<UInt8>) throws(ExceptionCode) {}
        mutating func write(_ table: DataTable, _ items: ItemRange, _ values: Span<UInt8>) throws(ExceptionCode) {
            writes += 1
        }
        mutating func answerOther(_ request: Request) throws(ExceptionCode) -> Response? { response }
        mutating func noteOutcome(of function: FunctionCode, _ outcome: RequestOutcome) { outcomes.append(outcome) }
    }

    @Test(
        "Modbus checklist 9.11, 18.1: a model that appends too much, too little or nothing is a failed device",
        arguments: [-1, 0, 1, 3, 100]
    )
    func wrongCount(bytes: Int) {
        var odd = Odd(registerBytes: bytes)
        #expect(odd.reply(to: [3, 0, 0, 0, 5]) == [0x83, 4])
        #expect(odd.reply(to: [3, 0, 0, 0, 125]) == [0x83, 4])
        #expect(odd.reply(to: [22, 0, 0, 0, 0, 0, 0]) == [0x96, 4])
        #expect(odd.reply(to: [23, 0, 0, 0, 2, 0, 0, 0, 1, 2, 0, 0]) == [0x97, 4])
        #expect(odd.writes == 0)
        #expect(odd.outcomes == Array(repeating: .refused(.serverDeviceFailure), count: 4))
    }

    @Test("Modbus checklist 9.11: an answer to something else, or a longer one than fits, is a failed device")
    func wrongAnswer() {
        let request: [UInt8] = [20, 7, 6, 0, 1, 0, 0, 0, 1]
        let wrong: [Response] = [
            .readCoils([true]), .readFileRecord([Array(repeating: 0, count: 200)]), .other(.readCoils, []),
            .exception(.readCoils, .serverDeviceBusy), .readFileRecord([]), .readFileRecord([[1, 2]]),
        ]
        for response in wrong {
            var odd = Odd(response: response)
            #expect(odd.reply(to: request) == [0x94, 4], "\(response)")
            #expect(odd.outcomes == [.refused(.serverDeviceFailure)])
        }
        var busy = Odd(response: .exception(.readFileRecord, .serverDeviceBusy))
        #expect(busy.reply(to: request) == [0x94, 6])
        #expect(busy.outcomes == [.refused(.serverDeviceBusy)])
        var silent = Odd()
        #expect(silent.reply(to: request).isEmpty)
        #expect(silent.outcomes == [.silent])
        var good = Odd(response: .readFileRecord([[1]]))
        #expect(good.reply(to: request) == [20, 4, 3, 6, 0, 1])
        #expect(good.outcomes == [.answered])
    }

    /// Tables in memory in front of which something fails.
    private struct Failing: DataModel {
        enum Place: CaseIterable { case read, check, other }
        var tables: RegisterTables
        var place: Place
        var exception: ExceptionCode
        var functions: FunctionSet { tables.functions }

        func read(_ table: DataTable, _ items: ItemRange, into bytes: inout [UInt8]) throws(ExceptionCode) {
            try tables.read(table, items, into: &bytes)
            if place == .read { throw exception }
        }
        func checkWrite(_ table: DataTable, _ items: ItemRange, _ values: Span<UInt8>) throws(ExceptionCode) {
            try tables.checkWrite(table, items, values)
            if place == .check { throw exception }
        }
        mutating func write(_ table: DataTable, _ items: ItemRange, _ values: Span<UInt8>) throws(ExceptionCode) {
            try tables.write(table, items, values)
        }
        mutating func answerOther(_ request: Request) throws(ExceptionCode) -> Response? {
            if place == .other { throw exception }
            return try tables.answerOther(request)
        }
    }

    @Test("Modbus checklist 8.22, 9.11, 9.12, 9.13: whatever a model throws is answered and nothing has changed")
    func failing() {
        let requests: [[UInt8]] = [
            [3, 0, 0, 0, 1], [6, 0, 0, 9, 9], [5, 0, 0, 0, 0], [16, 0, 0, 0, 1, 2, 9, 9], [22, 0, 0, 0, 0, 9, 9],
            [23, 0, 0, 0, 2, 0, 0, 0, 1, 2, 9, 9], [15, 0, 0, 0, 2, 1, 2], [20, 7, 6, 0, 4, 0, 0, 0, 1],
            [21, 9, 6, 0, 4, 0, 0, 0, 1, 9, 9], [24, 4, 0xDE], [43, 14, 1, 0],
        ]
        for place in Failing.Place.allCases {
            for code: UInt8 in [1, 2, 3, 4, 5, 6, 8, 10, 11, 77] {
                let tables = RegisterTables.everything()
                var model = Failing(tables: tables, place: place, exception: ExceptionCode(rawValue: code))
                var failures = 0
                for request in requests {
                    let answer = model.reply(to: request)
                    guard answer == [request[0] | 0x80, code] else {
                        #expect(answer[0] == request[0])
                        model.tables = tables
                        continue
                    }
                    failures += 1
                    #expect(model.tables == tables)
                }
                #expect(failures == [.read: 3, .check: 6, .other: 4][place])
            }
        }
    }
}
