// SPDX-License-Identifier: Apache-2.0

import Modbus

extension DataModel {
    /// The PDU that answers a PDU; empty for silence.
    mutating func reply(to pdu: [UInt8]) -> [UInt8] {
        var bytes: [UInt8] = []
        answer(pdu.span, into: &bytes)
        return bytes
    }
}

extension RegisterTables {
    /// A unit with something of everything: tables that touch both ends of the address space and have gaps, files, a
    /// queue, an identification and the functions of serial lines.
    static func everything() -> RegisterTables {
        var tables = RegisterTables()
        tables.holding.set((0..<300).map { UInt16($0) &* 257 }, at: 0)
        tables.holding.set([7, 8, 9], at: 0xFFFD)
        tables.holding.makeReadOnly(250...259)
        tables.input.set((0..<200).map { UInt16($0) ^ 0xA5A5 }, at: 10)
        tables.input.set([1], at: 0xFFFF)
        tables.coils.set((0..<2100).map { $0 % 3 == 0 }, at: 0)
        tables.coils.set([true, false, true], at: 0xFFFD)
        tables.coils.makeReadOnly(2050...2059)
        tables.discreteInputs.set((0..<2100).map { $0 % 5 == 0 }, at: 100)
        tables.writeLimits = [.init(addresses: 20...29, values: 0...1000)]
        var file = RegisterTable()
        file.set((0..<400).map { UInt16($0) }, at: 0)
        file.set([1, 2, 3], at: 9997)
        file.makeReadOnly(390...399)
        tables.files = [4: file, 0xFFFF: file]
        tables.queues = [0x04DE: [0x01B8, 0x1284], 1: [], 31: [UInt16](0..<31), 32: [UInt16](0..<32)]
        var identification = DeviceIdentification(vendor: "Headroom", productCode: "HR-1", revision: "1.0")
        identification[4] = Array("Balancer".utf8)
        identification[0x80] = [1, 2, 3]
        tables.identification = identification
        tables.serialLine = SerialLineFunctions(identifier: [0x2A], additionalData: [9])
        return tables
    }
}
