// SPDX-License-Identifier: Apache-2.0
import Documents
import Modbus

/// Register tables as somebody wrote them into a file.
///
/// ```yaml
/// unit: 1
/// holding: { 100: 7, 0x64F: [1, 2, -3] }
/// input: { 0: [0, 1, 2, 3] }
/// read_only: [[100, 110]]
/// ```
struct RegisterFile {
    /// The tables.
    var tables: RegisterTables
    /// The unit that has them.
    var unit: UInt8?

    /// The addresses of a table.
    private static let addresses = 0...(Limits.tableCount - 1)
    /// What fits a register, as a number without or with a sign.
    private static let values = -32_768...65_535

    /// Reads a file on top of tables that are there already.
    init(_ document: Document, over base: RegisterTables) throws(DocumentError) {
        self = try document.read { reader in
            var tables = base
            let unit = reader.integer("unit", in: 0...255)
            RegisterFile.read("holding", reader, into: &tables.holding)
            RegisterFile.read("input", reader, into: &tables.input)
            for range in RegisterFile.readOnly(reader) { tables.holding.makeReadOnly(range) }
            return RegisterFile(tables: tables, unit: unit.map { UInt8($0) })
        }
    }

    private init(tables: RegisterTables, unit: UInt8?) {
        self.tables = tables
        self.unit = unit
    }

    private static func read(_ key: String, _ reader: MappingReader, into table: inout RegisterTable) {
        guard let group = reader.group(key) else { return }
        var taken = RegisterTable()
        for key in group.keys {
            guard let node = group.value(of: key, required: true) else { continue }
            guard let address = RegisterAddress(argument: key)?.value else {
                let remedy = "write 0 to 65535 or 0x0 to 0xFFFF"
                report(node, "is no register address", remedy: remedy, group.faults)
                continue
            }
            let values = values(node, group.faults)
            guard Int(address) + values.count <= Limits.tableCount else {
                report(node, "reaches beyond register 65535", group.faults)
                continue
            }
            if let twice = values.indices.first(where: { taken[address + UInt16($0)] != nil }) {
                report(node, "gives register \(Int(address) + twice) a second value", group.faults)
            }
            taken.set(values, at: address)
            table.set(values, at: address)
        }
    }

    /// The register's value, or those from a register on.
    private static func values(_ node: Node, _ faults: FaultCollector) -> [UInt16] {
        guard case .sequence = node.content else { return value(node, faults).map { [$0] } ?? [] }
        let elements = ValueReading.list(node, atMost: Limits.tableCount, faults: faults) ?? []
        return elements.compactMap { value($0, faults) }
    }

    private static func value(_ node: Node, _ faults: FaultCollector) -> UInt16? {
        integer(node, in: values, faults).map { UInt16(truncatingIfNeeded: $0) }
    }

    private static func readOnly(_ reader: MappingReader) -> [ClosedRange<UInt16>] {
        (reader.list("read_only") ?? []).compactMap { node in
            guard let ends = ValueReading.list(node, atMost: 2, faults: reader.faults) else { return nil }
            let numbers = ends.compactMap { integer($0, in: addresses, reader.faults) }
            guard numbers.count == 2, numbers[0] <= numbers[1] else {
                if numbers.count == ends.count {
                    let remedy = "write the first and the last register: [100, 110]"
                    report(node, "is no range", remedy: remedy, reader.faults)
                }
                return nil
            }
            return UInt16(numbers[0])...UInt16(numbers[1])
        }
    }

    /// A whole number; registers are often written in hexadecimal.
    private static func integer(_ node: Node, in range: ClosedRange<Int>, _ faults: FaultCollector) -> Int? {
        if case .scalar(let scalar) = node.content, !scalar.isQuoted, scalar.text.lowercased().hasPrefix("0x"),
            let number = RegisterAddress.wholeNumber(scalar.text), range.contains(number)
        {
            return number
        }
        return ValueReading.integer(node, in: range, faults: faults)
    }

    private static func report(_ node: Node, _ message: String, remedy: String? = nil, _ faults: FaultCollector) {
        faults.report(node, message, remedy: remedy)
    }
}
