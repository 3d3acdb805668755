// SPDX-License-Identifier: Apache-2.0

import Modbus
import ModbusNIO
import Testing

@Suite("Models shared by connections")
struct ModelLockTests {
    private static let count = 16

    private static func responder() -> ModelResponder<RegisterTables> {
        var tables = RegisterTables()
        tables.holding.set(Array(repeating: 0, count: count), at: 0)
        return ModelResponder(tables)
    }

    private static func registers(_ reply: ServerReply) -> [UInt16]? {
        if case .now(.readHoldingRegisters(let words)) = reply { words } else { nil }
    }

    @Test("Modbus checklist 8.23: no read sees half of a write or of the owner's change")
    func whole() async {
        let responder = Self.responder()
        let read = Request.readHoldingRegisters(address: 0, count: UInt16(Self.count))
        await withTaskGroup(of: Bool.self) { group in
            group.addTask {
                for value in 0..<500 as Range<UInt16> {
                    let words = Array(repeating: value, count: Self.count)
                    _ = responder.respond(to: .writeMultipleRegisters(address: 0, values: words), unit: 1)
                }
                return true
            }
            group.addTask {
                for value in 500..<1000 as Range<UInt16> {
                    _ = responder.withModel(unit: 1) { tables in
                        // One after the other, as an owner would change them.
                        for address in 0..<UInt16(Self.count) { tables.holding.set([value], at: address) }
                    }
                }
                return true
            }
            for _ in 0..<2 {
                group.addTask {
                    (0..<500).allSatisfy { _ in
                        let words = Self.registers(responder.respond(to: read, unit: 1)) ?? []
                        var bytes: [UInt8] = []
                        let isAnswered = responder.answer(read.encoded.span, unit: 1, into: &bytes)
                        let values = Set(bytes.indices.dropFirst(2).map { bytes[$0 | 1] })
                        return words.count == Self.count && Set(words).count == 1 && isAnswered && values.count == 1
                    }
                }
            }
            for await isWhole in group { #expect(isWhole) }
        }
    }

    @Test("Modbus checklist 8.24: masks from two sides lose no bit")
    func masks() async {
        let responder = Self.responder()
        for _ in 0..<50 {
            _ = responder.respond(to: .writeSingleRegister(address: 0, value: 0), unit: 1)
            await withTaskGroup { group in
                for half in 0..<2 {
                    group.addTask {
                        for bit in 0..<8 {
                            let mask = UInt16(1) << UInt16(8 * half + bit)
                            _ = responder.respond(
                                to: .maskWriteRegister(address: 0, and: ~mask, or: mask),
                                unit: 1
                            )
                        }
                    }
                }
            }
            let reply = responder.respond(to: .readHoldingRegisters(address: 0, count: 1), unit: 1)
            #expect(Self.registers(reply) == [0xFFFF])
        }
    }
}
