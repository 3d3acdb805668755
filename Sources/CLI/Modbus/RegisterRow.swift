// SPDX-License-Identifier: Apache-2.0
import Modbus

/// A number that registers hold, for output.
enum RegisterValue: Encodable {
    case unsigned(UInt64)
    case signed(Int64)
    case single(Float)
    case double(Double)

    init(_ number: RegisterNumber, type: RegisterType) {
        switch number {
        case .unsigned(let value): self = .unsigned(value)
        case .signed(let value): self = .signed(value)
        // A number in single precision has fewer digits to show.
        case .float(let value): self = type == .f32 ? .single(Float(value)) : .double(value)
        }
    }

    /// The number as text.
    var text: String {
        switch self {
        case .unsigned(let value): "\(value)"
        case .signed(let value): "\(value)"
        case .single(let value): "\(value)"
        case .double(let value): "\(value)"
        }
    }

    /// Writes the number; `null` for what JSON has no word for, infinity and not-a-number.
    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .unsigned(let value): try container.encode(value)
        case .signed(let value): try container.encode(value)
        case .single(let value) where value.isFinite: try container.encode(value)
        case .double(let value) where value.isFinite: try container.encode(value)
        case .single, .double: try container.encodeNil()
        }
    }
}

/// Some registers in a row with the numbers they hold, for output.
struct RegisterRow: Encodable {
    var unit: Int
    var table: String
    var address: Int
    var registers: [UInt16]
    var type: String?
    var order: String?
    var values: [RegisterValue]?
    /// The function that wrote them.
    var function: Int?

    init(unit: UInt8, table: ModbusTable, address: UInt16, registers: [UInt16], numbers: NumberOptions) {
        self.unit = Int(unit)
        self.table = table.name
        self.address = Int(address)
        self.registers = registers
        guard let type = numbers.type else { return }
        self.type = type.rawValue
        order = numbers.order.rawValue
        values = stride(from: 0, to: registers.count, by: type.registerCount).compactMap { start in
            type.decode(registers.dropFirst(start).prefix(type.registerCount), order: numbers.byteOrder)
                .map { RegisterValue($0, type: type) }
        }
    }

    /// A line for each register; a number stands in the line of its first register.
    var lines: [String] {
        let columns: [(String, TextTable.Side)] = [
            ("address", .right), ("hex", .right), ("decimal", .right), ("hex", .right),
        ]
        var text = TextTable(columns + (type.map { [($0, .right)] } ?? []))
        let width = max(1, values.map { registers.count / max(1, $0.count) } ?? 1)
        for (index, register) in registers.enumerated() {
            var cells = [
                "\(address + index)", RegisterRow.hex(address + index), "\(register)", RegisterRow.hex(Int(register)),
            ]
            if let values {
                let isFirst = index % width == 0 && values.indices.contains(index / width)
                cells.append(isFirst ? values[index / width].text : "")
            }
            text.add(cells)
        }
        return text.lines
    }

    /// Four hexadecimal digits.
    static func hex(_ number: Int) -> String {
        let digits = String(number, radix: 16, uppercase: true)
        return "0x" + String(repeating: "0", count: 4 - digits.count) + digits
    }
}
