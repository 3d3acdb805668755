// SPDX-License-Identifier: Apache-2.0

import Modbus
import Testing

/// Functions 20, 21 and 24 at a server.
@Suite("Files and queues")
struct FileAndQueueTests {
    private func unit() -> RegisterTables {
        var tables = RegisterTables()
        var file = RegisterTable()
        file.set((0..<300).map { UInt16($0) }, at: 0)
        file.set([0xAAAA, 0xBBBB], at: 9998)
        // Registers that no request can name.
        file.set([1, 2, 3], at: 10_000)
        var guarded = file
        guarded.makeReadOnly(5...5)
        tables.files = [1: file, 3: guarded, 0xFFFF: file]
        tables.queues = [7: [1, 0x0203], 8: [], 31: [UInt16](0..<31), 32: [UInt16](0..<32)]
        return tables
    }

    private func bytes(_ file: Int, _ record: Int, _ count: Int, type: UInt8 = 6) -> [UInt8] {
        [type] + [file, record, count].flatMap { [UInt8($0 >> 8), UInt8($0 & 0xFF)] }
    }

    private func read(_ groups: [UInt8]...) -> [UInt8] { [20, UInt8(groups.joined().count)] + groups.joined() }

    private func write(_ groups: [UInt8]...) -> [UInt8] { [21, UInt8(groups.joined().count)] + groups.joined() }

    @Test("Modbus checklist 8.14, 8.25, 8.26: groups are read in order")
    func reading() {
        var tables = unit()
        #expect(tables.reply(to: read(bytes(1, 9, 1))) == [20, 4, 3, 6, 0, 9])
        #expect(
            tables.reply(to: read(bytes(0xFFFF, 9998, 2), bytes(3, 5, 1), bytes(1, 0, 2)))
                == [20, 16, 5, 6, 0xAA, 0xAA, 0xBB, 0xBB, 3, 6, 0, 5, 5, 6, 0, 0, 0, 1]
        )
        #expect(tables.reply(to: read(bytes(1, 0, 124))).count == 252)
        #expect(tables.reply(to: read(bytes(1, 0, 62), bytes(1, 0, 61))).count == 252)
        let many = Array(repeating: bytes(1, 1, 1), count: 35)
        #expect(tables.reply(to: [20, 245] + many.joined()).count == 2 + 35 * 4)
    }

    @Test("Modbus checklist 8.14, 9.1: a read whose answer would be too long is exception 3, even in a gap")
    func tooLong() {
        var tables = unit()
        #expect(tables.reply(to: read(bytes(1, 0, 125))) == [0x94, 3])
        #expect(tables.reply(to: read(bytes(1, 0, 62), bytes(1, 0, 62))) == [0x94, 3])
        #expect(tables.reply(to: read(bytes(9, 0, 0xFFFF))) == [0x94, 3])
        #expect(tables.reply(to: read(bytes(0, 0xFFFF, 0xFFFF), bytes(0, 0xFFFF, 0xFFFF))) == [0x94, 3])
    }

    @Test("Modbus checklist 8.14, 8.15, 8.25, 9.4: type, file, record and length are exception 2")
    func addresses() {
        var tables = unit()
        let before = tables
        // A file that does not exist, file 0, a gap, past the last record, no registers, another type.
        let groups: [(file: Int, record: Int, count: Int, type: UInt8)] = [
            (2, 0, 1, 6), (0, 0, 1, 6), (1, 300, 1, 6), (1, 299, 2, 6), (1, 9999, 2, 6), (1, 10_000, 1, 6),
            (1, 0xFFFF, 1, 6), (1, 0, 1, 5), (1, 0, 1, 0),
        ]
        for (file, record, count, type) in groups {
            let group = bytes(file, record, count, type: type)
            #expect(tables.reply(to: read(group)) == [0x94, 2], "\(group)")
            #expect(tables.reply(to: read(bytes(1, 0, 1), group)) == [0x94, 2], "\(group)")
            let values = [UInt8](repeating: 9, count: 2 * count)
            #expect(tables.reply(to: write(group + values)) == [0x95, 2], "\(group)")
            // 8.22: the good group in front of it is not written either.
            #expect(tables.reply(to: write(bytes(1, 0, 1) + [9, 9], group + values)) == [0x95, 2], "\(group)")
            #expect(tables == before)
        }
        #expect(tables.reply(to: read(bytes(1, 0, 0))) == [0x94, 2])
        #expect(tables.reply(to: write(bytes(1, 0, 0), bytes(1, 0, 1) + [9, 9])) == [0x95, 2])
        #expect(tables == before)
    }

    @Test("Modbus checklist 8.15, 8.22, 8.25: groups are written and repeated")
    func writing() {
        var tables = unit()
        let request = write(bytes(1, 0, 2) + [1, 2, 3, 4], bytes(0xFFFF, 9999, 1) + [5, 6])
        #expect(tables.reply(to: request) == request)
        #expect(tables.files[1]?.read(address: 0, count: 3) == [0x0102, 0x0304, 2])
        #expect(tables.files[0xFFFF]?.read(address: 9998, count: 2) == [0xAAAA, 0x0506])
        // The later of two groups on the same register stays.
        let twice = write(bytes(1, 0, 1) + [0, 1], bytes(1, 0, 1) + [0, 2])
        #expect(tables.reply(to: twice) == twice)
        #expect(tables.files[1]?[0] == 2)
        let largest = write(bytes(1, 0, 122) + [UInt8](repeating: 3, count: 244))
        #expect(largest.count == 253)
        #expect(tables.reply(to: largest) == largest)
        #expect(tables.files[1]?[121] == 0x0303)
    }

    @Test("Modbus checklist 8.22, 9.10: a group on a read-only register stops the whole write")
    func guarded() {
        var tables = unit()
        let before = tables
        #expect(tables.reply(to: write(bytes(1, 0, 1) + [9, 9], bytes(3, 4, 2) + [9, 9, 9, 9])) == [0x95, 2])
        #expect(tables == before)
    }

    @Test("Modbus checklist 8.18, 8.27, 9.5: queues")
    func queues() {
        var tables = unit()
        let before = tables
        #expect(tables.reply(to: [24, 0, 7]) == [24, 0, 6, 0, 2, 0, 1, 2, 3])
        #expect(tables.reply(to: [24, 0, 8]) == [24, 0, 2, 0, 0])
        #expect(tables.reply(to: [24, 0, 31]).count == 67)
        #expect(tables.reply(to: [24, 0, 31]).prefix(7) == [24, 0, 64, 0, 31, 0, 0])
        #expect(tables.reply(to: [24, 0, 32]) == [0x98, 3])
        #expect(tables.reply(to: [24, 0, 9]) == [0x98, 2])
        #expect(tables == before)
    }
}
