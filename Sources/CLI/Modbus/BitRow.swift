// SPDX-License-Identifier: Apache-2.0

/// Some coils or discrete inputs in a row, for output.
struct BitRow: Encodable {
    var unit: Int
    var table: String
    var address: Int
    /// One or zero each.
    var bits: [Int]
    /// The function that wrote them.
    var function: Int?

    init(unit: UInt8, table: ModbusTable, address: UInt16, bits: [Bool]) {
        self.unit = Int(unit)
        self.table = table.name
        self.address = Int(address)
        self.bits = bits.map { $0 ? 1 : 0 }
    }

    /// A line for each bit.
    var lines: [String] {
        var text = TextTable([("address", .right), ("hex", .right), ("bit", .right)])
        for (index, bit) in bits.enumerated() {
            text.add(["\(address + index)", RegisterRow.hex(address + index), "\(bit)"])
        }
        return text.lines
    }
}
