// SPDX-License-Identifier: Apache-2.0
import Documents
import Modbus

/// Register tables as somebody wrote them into a file.
///
/// ```yaml
/// unit: 1
/// holding: { 100: 7, 0x64F: [1, 2, -3] }
/// input: { 0: [0, 1, 2, 3] }
/// coils: { 0: [1, 0, 1] }
/// discrete_inputs: { 0: [0, 0, 1] }
/// read_only: [[100, 110]]
/// identification: { vendor: Acme, product_code: M1, revision: "1.0" }
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
            RegisterFile.read("holding", reader, into: &tables.holding, value: RegisterFile.register)
            RegisterFile.read("input", reader, into: &tables.input, value: RegisterFile.register)
            RegisterFile.read("coils", reader, into: &tables.coils, value: RegisterFile.bit)
            RegisterFile.read("discrete_inputs", reader, into: &tables.discreteInputs, value: RegisterFile.bit)
            tables.identification = RegisterFile.identification(reader) ?? tables.identification
            for range in RegisterFile.readOnly(reader) { tables.holding.makeReadOnly(range) }
            return RegisterFile(tables: tables, unit: unit.map { UInt8($0) })
        }
    }

    private init(tables: RegisterTables, unit: UInt8?) {
        self.tables = tables
        self.unit = unit
    }

    private static func read<Item>(
        _ key: String,
        _ reader: MappingReader,
        into table: inout ItemTable<Item>,
        value: (Node, FaultCollector) -> Item?
    ) {
        guard let group = reader.group(key) else { return }
        var taken = ItemTable<Item>()
        for key in group.keys {
            guard let node = group.value(of: key, required: true) else { continue }
            guard let address = RegisterAddress(argument: key)?.value else {
                let remedy = "write 0 to 65535 or 0x0 to 0xFFFF"
                report(node, "is no register address", remedy: remedy, group.faults)
                continue
            }
            let values = values(node, group.faults, value)
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

    /// The item's value, or those from an item on.
    private static func values<Item>(
        _ node: Node,
        _ faults: FaultCollector,
        _ value: (Node, FaultCollector) -> Item?
    ) -> [Item] {
        guard case .sequence = node.content else { return value(node, faults).map { [$0] } ?? [] }
        let elements = ValueReading.list(node, atMost: Limits.tableCount, faults: faults) ?? []
        return elements.compactMap { value($0, faults) }
    }

    private static func register(_ node: Node, _ faults: FaultCollector) -> UInt16? {
        integer(node, in: values, faults).map { UInt16(truncatingIfNeeded: $0) }
    }

    private static func bit(_ node: Node, _ faults: FaultCollector) -> Bool? {
        integer(node, in: 0...1, faults).map { $0 == 1 }
    }

    private static func identification(_ reader: MappingReader) -> DeviceIdentification? {
        guard let group = reader.group("identification"), let vendor = group.text("vendor", required: true),
            let product = group.text("product_code", required: true),
            let revision = group.text("revision", required: true)
        else { return nil }
        return DeviceIdentification(vendor: vendor, productCode: product, revision: revision)
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
