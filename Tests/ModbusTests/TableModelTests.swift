// SPDX-License-Identifier: Apache-2.0

import Modbus
import TestSupport
import Testing

/// Register tables next to a dictionary that does the same in the simplest way.
@Suite("Register tables and a naive model")
struct TableModelTests {
    /// A unit as a dictionary; written from the checklist and not from the code.
    private struct Naive {
        var coils: [Int: Bool] = [:]
        var discreteInputs: [Int: Bool] = [:]
        var holding: [Int: UInt16] = [:]
        var input: [Int: UInt16] = [:]
        var readOnly: Set<Int> = []

        mutating func answer(_ request: Request) -> Response {
            do throws(ExceptionCode) {
                return try carryOut(request)
            } catch {
                return .exception(request.function, error)
            }
        }

        private func values<Item>(_ table: [Int: Item], _ address: UInt16, _ count: Int) throws(ExceptionCode) -> [Item]
        {
            var values: [Item] = []
            for offset in 0..<count {
                guard let value = table[Int(address) + offset] else { throw .illegalDataAddress }
                values.append(value)
            }
            return values
        }

        private mutating func set(_ values: [UInt16], _ address: UInt16) throws(ExceptionCode) {
            try check(values.count, address)
            for (offset, value) in values.enumerated() { holding[Int(address) + offset] = value }
        }

        private func check(_ count: Int, _ address: UInt16) throws(ExceptionCode) {
            for place in Int(address)..<Int(address) + count where holding[place] == nil || readOnly.contains(place) {
                throw .illegalDataAddress
            }
        }

        private mutating func carryOut(_ request: Request) throws(ExceptionCode) -> Response {
            switch request {
            case .readCoils(let address, let count): return .readCoils(try values(coils, address, Int(count)))
            case .readDiscreteInputs(let address, let count):
                return .readDiscreteInputs(try values(discreteInputs, address, Int(count)))
            case .readHoldingRegisters(let address, let count):
                return .readHoldingRegisters(try values(holding, address, Int(count)))
            case .readInputRegisters(let address, let count):
                return .readInputRegisters(try values(input, address, Int(count)))
            case .writeSingleCoil(let address, let value):
                _ = try values(coils, address, 1)
                coils[Int(address)] = value
                return .writeSingleCoil(address: address, value: value)
            case .writeMultipleCoils(let address, let bits):
                _ = try values(coils, address, bits.count)
                for (offset, bit) in bits.enumerated() { coils[Int(address) + offset] = bit }
                return .writeMultipleCoils(address: address, count: UInt16(bits.count))
            case .writeSingleRegister(let address, let value):
                try set([value], address)
                return .writeSingleRegister(address: address, value: value)
            case .writeMultipleRegisters(let address, let words):
                try set(words, address)
                return .writeMultipleRegisters(address: address, count: UInt16(words.count))
            case .maskWriteRegister(let address, let and, let or):
                let old = try values(holding, address, 1)[0]
                try set([(old & and) | (or & ~and)], address)
                return .maskWriteRegister(address: address, and: and, or: or)
            case .readWriteMultipleRegisters(let readAddress, let count, let writeAddress, let words):
                _ = try values(holding, readAddress, Int(count))
                try set(words, writeAddress)
                return .readWriteMultipleRegisters(try values(holding, readAddress, Int(count)))
            default: throw .illegalFunction
            }
        }
    }

    @Test(
        "Modbus checklist 1.5, 1.8, 8.16, 8.17, 8.22, 9.8: tables and dictionaries answer the same",
        arguments: LongRun.seeds(usual: 20, long: 400)
    )
    func sameAnswers(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var tables = RegisterTables()
        var naive = Naive()
        fill(&tables, &naive, &generator)
        for _ in 0..<600 {
            let request = generator.tableRequest()
            let expected = naive.answer(request)
            #expect(tables.answer(request) == expected, "\(request)")
            if generator.int(0...60) == 0 { fill(&tables, &naive, &generator) }
        }
        for address in Array(0...150) + Array(65535 - 150...65535) {
            #expect(tables.holding[UInt16(address)] == naive.holding[address])
            #expect(tables.coils[UInt16(address)] == naive.coils[address])
        }
    }

    /// The owner puts items in and takes some away.
    private func fill(_ tables: inout RegisterTables, _ naive: inout Naive, _ generator: inout SeededGenerator) {
        for _ in 0..<4 {
            let count = generator.int(1...60)
            let address = generator.int(0...1) == 0 ? generator.int(0...80) : 65536 - count - generator.int(0...40)
            let words = generator.words(count)
            let bits = generator.bits(count)
            tables.holding.set(words, at: UInt16(address))
            tables.input.set(words, at: UInt16(address))
            tables.coils.set(bits, at: UInt16(address))
            tables.discreteInputs.set(bits, at: UInt16(address))
            for offset in 0..<count {
                naive.holding[address + offset] = words[offset]
                naive.input[address + offset] = words[offset]
                naive.coils[address + offset] = bits[offset]
                naive.discreteInputs[address + offset] = bits[offset]
            }
        }
        let gap = UInt16(generator.int(0...140))
        tables.holding.remove(gap...gap + 1)
        tables.coils.remove(gap...gap)
        naive.holding[Int(gap)] = nil
        naive.holding[Int(gap) + 1] = nil
        naive.coils[Int(gap)] = nil
        let guarded = UInt16(generator.int(0...140))
        tables.holding.makeReadOnly(guarded...guarded)
        naive.readOnly.insert(Int(guarded))
    }

    @Test("Modbus checklist 1.4, 1.8, 18.2: no address or quantity traps")
    func extremes() {
        var table = RegisterTable()
        table.set([1], at: 65535)
        for count in [Int.min, -1, 0, 2, 65536, 65537, Int.max - 65535, Int.max] {
            #expect(table.read(address: 65535, count: count) == nil)
            #expect(!table.isWritable(address: 65535, count: count))
            #expect(ItemRange(address: 65535, count: count) == nil)
        }
        #expect(table.set([1, 2], at: 65535) == false)
        #expect(ItemRange(address: 0, count: 65536)?.addresses == 0..<65536)
        table.set(Array(repeating: 7, count: 65536), at: 0)
        #expect(table.read(address: 0, count: 65536)?.count == 65536)
        table.remove(0...65535)
        #expect(table.isEmpty)
    }
}

extension SeededGenerator {
    /// A request on the four tables near the ends of the address space.
    fileprivate mutating func tableRequest() -> Request {
        let count = int(1...(Bool.random(using: &self) ? 3 : 30))
        let address = UInt16(Bool.random(using: &self) ? int(0...140) : 65536 - count - int(0...100))
        switch int(0...9) {
        case 0: return .readCoils(address: address, count: UInt16(count))
        case 1: return .readDiscreteInputs(address: address, count: UInt16(count))
        case 2: return .readHoldingRegisters(address: address, count: UInt16(count))
        case 3: return .readInputRegisters(address: address, count: UInt16(count))
        case 4: return .writeSingleCoil(address: address, value: Bool.random(using: &self))
        case 5: return .writeSingleRegister(address: address, value: word())
        case 6: return .writeMultipleCoils(address: address, values: bits(count))
        case 7: return .writeMultipleRegisters(address: address, values: words(count))
        case 8: return .maskWriteRegister(address: address, and: word(), or: word())
        default:
            let other = int(1...10)
            return .readWriteMultipleRegisters(
                readAddress: address,
                readCount: UInt16(count),
                writeAddress: UInt16(int(0...140)),
                values: words(other)
            )
        }
    }
}
