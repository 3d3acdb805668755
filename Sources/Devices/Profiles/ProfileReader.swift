// SPDX-License-Identifier: Apache-2.0
internal import Documents
internal import Modbus

/// The kinds of device that have profiles.
enum ProfileKind: String, CaseIterable {
    case meter, charger

    /// The folder of their files.
    var folder: String { rawValue + "s" }
}

/// Reads the parts that profiles of all kinds share.
struct ProfileReader {
    /// The newest form of profile files that this program understands.
    static let schema = 1
    /// The last register address.
    static let lastAddress = 65_535

    /// How a profile names the order of bytes.
    private enum WordOrderName: String, CaseIterable {
        case highWordFirst = "high_word_first"
        case lowWordFirst = "low_word_first"
        case abcd = "ABCD"
        case cdab = "CDAB"
        case badc = "BADC"
        case dcba = "DCBA"

        var order: ByteOrder {
            switch self {
            case .highWordFirst, .abcd: .abcd
            case .lowWordFirst, .cdab: .cdab
            case .badc: .badc
            case .dcba: .dcba
            }
        }
    }

    let reader: MappingReader
    let faults: FaultCollector
    /// Sentinels that differ from the usual ones, by type.
    private(set) var sentinels: [RegisterType: [UInt64]] = [:]
    /// The function of the measurements.
    private(set) var function = RegisterFunction.holdingRegisters
    /// The most registers a request may ask for.
    private(set) var maximumCount = ReadPlanner.largestRead

    init(_ reader: MappingReader) {
        self.reader = reader
        faults = reader.faults
    }

    /// Reads the head of a profile; the name has to be that of the file.
    mutating func header(kind: ProfileKind, name: String) -> ProfileHeader? {
        _ = reader.integer("schema", in: 1...ProfileReader.schema, required: true)
        if let written = reader.choice("kind", of: ProfileKind.self, required: true), written != kind {
            reader.report("kind", "is not the kind of this folder", remedy: "write \(kind.rawValue)")
        }
        let id = reader.text("id", required: true, maximumLength: ProfileCatalogue.maximumNameLength)
        if let id, id != name {
            reader.report("id", "is not the name of the file", remedy: "write \(name), or rename the file")
        }
        let vendor = reader.text("vendor", required: true)
        let models = texts("models", required: true)
        let transport = reader.text("transport")
        let port = reader.integer("port", in: 1...65_535) ?? 502
        function = readFunction(reader) ?? .holdingRegisters
        let order = reader.choice("word_order", of: WordOrderName.self, required: true)?.order
        let planner = readPlanner()
        readSentinels()
        let confidence = reader.choice("confidence", of: Confidence.self, required: true)
        let source = texts("source", required: true)
        let notes = texts("notes")
        guard let id, let vendor, let order, let confidence, let planner else { return nil }
        return ProfileHeader(
            id: id,
            vendor: vendor,
            models: models,
            transport: transport,
            port: port,
            function: function,
            wordOrder: order,
            planner: planner,
            confidence: confidence,
            source: source,
            notes: notes
        )
    }

    /// Reads the address, type and scale of one value, written in one of some units with their factors to our own.
    func field(_ group: MappingReader, units: [String: Double]) -> RegisterField? {
        let address = group.integer("address", in: 0...ProfileReader.lastAddress, required: true)
        return fields(group, addresses: address.map { [$0] }, units: units)?.first
    }

    /// Reads the addresses, type and scale of one value for each phase.
    func fields(_ group: MappingReader, units: [String: Double]) -> [RegisterField]? {
        let list = group.list("addresses", required: true, atMost: 3)
        if let list, list.count != 3 { group.report("addresses", "must hold the addresses of L1, L2 and L3") }
        let addresses = list?.compactMap {
            ValueReading.integer($0, in: 0...ProfileReader.lastAddress, faults: faults)
        }
        if let addresses, Set(addresses).count != addresses.count {
            group.report("addresses", "names one address twice", remedy: "write the address of each phase")
        }
        guard let fields = fields(group, addresses: addresses, units: units), fields.count == 3 else { return nil }
        return fields
    }

    private func fields(
        _ group: MappingReader,
        addresses: [Int]?,
        units: [String: Double]
    ) -> [RegisterField]? {
        let type = group.choice("type", of: RegisterType.self, required: true)
        let order = group.choice("word_order", of: WordOrderName.self)?.order
        let factor = unitFactor(group, units)
        let scale = scale(group, factor: factor)
        let isOptional = group.boolean("optional") ?? false
        let own = group.list("sentinels", atMost: 16)
        guard let addresses, let type, let scale else { return nil }
        let patterns = own.map { Sentinel.read($0, type: type, faults: faults) } ?? sentinels[type]
        let fields = addresses.map {
            RegisterField(
                address: $0,
                type: type,
                order: order,
                scale: scale,
                sentinels: patterns,
                isOptional: isOptional
            )
        }
        for field in fields { checkSpan(field, group) }
        return fields
    }

    private func checkSpan(_ field: RegisterField, _ group: MappingReader) {
        let key = group.has("addresses") ? "addresses" : "address"
        if field.span.upperBound > ProfileReader.lastAddress + 1 {
            group.report(key, "reaches beyond the last register, \(ProfileReader.lastAddress)")
        }
        if field.span.count > maximumCount {
            group.report(
                key,
                "needs \(field.span.count) registers in one request with its scale, more than the \(maximumCount) permitted"
            )
        }
    }

    private func unitFactor(_ group: MappingReader, _ units: [String: Double]) -> Double {
        guard !units.isEmpty, let unit = group.text("unit", required: true) else { return 1 }
        if let factor = units[unit] { return factor }
        group.report("unit", "is not one of \(units.keys.sorted().joined(separator: ", "))")
        return 1
    }

    private func scale(_ group: MappingReader, factor: Double) -> RegisterField.Scale? {
        let exponent = group.integer("scale_exponent", in: 0...ProfileReader.lastAddress)
        let number = group.number("scale", in: -1e6...1e6)
        if let exponent {
            if group.has("scale") {
                group.report("scale", "is written beside scale_exponent", remedy: "keep one of them")
            }
            return .exponent(address: exponent, factor: factor)
        }
        if group.has("scale"), number == nil { return nil }
        if let number, abs(number) < 1e-6 {
            group.report("scale", "would make every value zero")
            return nil
        }
        return .factor((number ?? 1) * factor)
    }

    /// Reads a function code, 3 or 4.
    private func readFunction(_ group: MappingReader) -> RegisterFunction? {
        group.integer("function", in: 3...4).flatMap(RegisterFunction.init)
    }

    private mutating func readPlanner() -> ReadPlanner? {
        let count = reader.integer("maximum_registers", in: 4...ReadPlanner.largestRead)
        if reader.has("maximum_registers"), count == nil { return nil }
        maximumCount = count ?? ReadPlanner.largestRead
        let gap = reader.integer("maximum_gap", in: 0...ReadPlanner.largestRead) ?? ReadPlanner.usualGap
        let blocks = (reader.groups("blocks", atMost: 16) ?? []).compactMap { group -> ReadBlock? in
            let address = group.integer("address", in: 0...ProfileReader.lastAddress, required: true)
            let count = group.integer("registers", in: 1...maximumCount, required: true)
            guard let address, let count else { return nil }
            if address + count > ProfileReader.lastAddress + 1 {
                group.report("registers", "reaches beyond the last register, \(ProfileReader.lastAddress)")
            }
            return ReadBlock(address: address, count: count)
        }
        return ReadPlanner(maximumCount: maximumCount, maximumGap: gap, prescribed: blocks)
    }

    private mutating func readSentinels() {
        guard let group = reader.group("sentinels") else { return }
        for type in RegisterType.allCases {
            guard let list = group.list(type.rawValue, atMost: 16) else { continue }
            sentinels[type] = Sentinel.read(list, type: type, faults: faults)
        }
    }

    /// Reads a list of texts, or one text.
    func texts(_ key: String, required: Bool = false) -> [String] {
        let maximumLength = 1000
        guard let node = reader.value(of: key, required: required) else { return [] }
        let nodes: [Node]
        if case .sequence(let elements) = node.content { nodes = elements } else { nodes = [node] }
        if required, nodes.isEmpty { reader.report(key, "is an empty list") }
        return nodes.compactMap { ValueReading.text($0, maximumLength: maximumLength, faults: faults) }
    }

    /// Reads the list of identification fields.
    func identification() -> [IdentificationField] {
        (reader.groups("identification", atMost: 32) ?? []).compactMap(identificationField)
    }

    private func identificationField(_ group: MappingReader) -> IdentificationField? {
        let name = group.text("name", required: true, maximumLength: 40)
        let address = group.integer("address", in: 0...ProfileReader.lastAddress, required: true)
        let content = identificationContent(group)
        let expectation = expectation(group, isNumber: content.map(isNumber) ?? false)
        let function = readFunction(group) ?? function
        let isOptional = group.boolean("optional") ?? false
        guard let name, let address, let content else { return nil }
        return IdentificationField(
            name: name,
            address: address,
            content: content,
            expectation: expectation,
            function: function,
            isOptional: isOptional
        )
    }

    private func isNumber(_ content: IdentificationField.Content) -> Bool {
        if case .number = content { true } else { false }
    }

    private func identificationContent(_ group: MappingReader) -> IdentificationField.Content? {
        let type = group.choice("type", of: RegisterType.self)
        let registers = group.integer("registers", in: 1...maximumCount)
        let isWide = group.boolean("one_character_per_register") ?? false
        if group.has("type"), group.has("registers") {
            group.report("registers", "is written beside type", remedy: "write type for a number, registers for a text")
        }
        if let type { return .number(type) }
        if let registers { return isWide ? .wideText(registers: registers) : .text(registers: registers) }
        if !group.has("type"), !group.has("registers") {
            group.report("registers", "is missing", remedy: "write type for a number, registers for a text")
        }
        return nil
    }

    private func expectation(_ group: MappingReader, isNumber: Bool) -> IdentificationField.Expectation {
        let lowest = group.integer("from", in: -0x8000_0000...0xFFFF_FFFF)
        let highest = group.integer("to", in: -0x8000_0000...0xFFFF_FFFF)
        let texts = group.list("begins_with", atMost: 32)?.compactMap {
            ValueReading.text($0, maximumLength: 80, faults: faults)
        }
        if isNumber, texts != nil { group.report("begins_with", "belongs to a text, this is a number") }
        if !isNumber, lowest != nil { group.report("from", "belongs to a number, this is a text") }
        if let texts, !texts.isEmpty { return .prefix(texts) }
        guard let lowest else {
            if highest != nil { group.report("to", "needs from beside it") }
            return .anything
        }
        guard lowest <= highest ?? lowest else {
            group.report("to", "is below from")
            return .anything
        }
        return .range(lowest...(highest ?? lowest))
    }
}
