// SPDX-License-Identifier: Apache-2.0
public import Documents
internal import Quantities

extension MeterProfile {
    /// Where the SunSpec marker stands on known devices, most frequent first.
    static let usualMarkers = [40_000, 50_000, 0]

    /// Reads a profile file.
    ///
    /// - Parameters:
    ///   - document: The file.
    ///   - name: The name of the file without folder and extension; the profile has to carry the same.
    /// - Throws: `DocumentError` with everything that is wrong.
    public init(document: Document, name: String) throws(DocumentError) {
        self = try document.read { MeterProfile.read($0, name: name) }
    }

    private static func read(_ reader: MappingReader, name: String) -> MeterProfile? {
        var profile = ProfileReader(reader)
        let header = profile.header(kind: .meter, name: name)
        let unit = reader.integer("unit", in: 0...255)
        let sign = reader.choice("current_sign", of: CurrentSign.self, required: true)
        let isInverted = reader.boolean("inverted") ?? false
        let rating = reader.number("rating", in: 1...10_000, unit: "A").flatMap(Amperes.init(roundingDown:))
        let sunSpec = readSunSpec(reader)
        let fields = readFields(profile)
        let identification = profile.identification()
        guard let header, let sign, let fields else { return nil }
        check(fields, sign: sign, planner: header.planner, reader)
        return MeterProfile(
            header: header,
            unit: UInt8(unit ?? 1),
            currentSign: sign,
            isInverted: isInverted,
            rating: rating,
            fields: fields,
            identification: identification,
            sunSpec: sunSpec
        )
    }

    private static func readFields(_ profile: ProfileReader) -> [Quantity: RegisterField]? {
        guard let group = profile.reader.group("quantities", required: true) else { return nil }
        var fields: [Quantity: RegisterField] = [:]
        let phased: [(String, [String: Double], (Phase) -> Quantity)] = [
            ("current", Quantity.currentUnits, Quantity.current),
            ("voltage", Quantity.voltageUnits, Quantity.voltage),
            ("power", Quantity.powerUnits, Quantity.power),
        ]
        for (key, units, quantity) in phased {
            guard let entry = group.group(key, required: key == "current") else { continue }
            guard let list = profile.fields(entry, units: units) else { continue }
            for (phase, field) in zip(Phase.allCases, list) { fields[quantity(phase)] = field }
        }
        let single: [(String, [String: Double], Quantity)] = [
            ("total_power", Quantity.powerUnits, .totalPower),
            ("frequency", Quantity.frequencyUnits, .frequency),
            ("energy_import", Quantity.energyUnits, .energyImport),
            ("energy_export", Quantity.energyUnits, .energyExport),
        ]
        for (key, units, quantity) in single {
            guard let entry = group.group(key) else { continue }
            fields[quantity] = profile.field(entry, units: units)
        }
        return fields
    }

    private static func check(
        _ fields: [Quantity: RegisterField],
        sign: CurrentSign,
        planner: ReadPlanner,
        _ reader: MappingReader
    ) {
        if sign == .power, reader.group("quantities")?.has("power") == false {
            reader.report(
                "current_sign",
                "needs the power of each phase",
                remedy: "add quantities.power, or write register when the current carries its own sign"
            )
        }
        for (quantity, field) in fields.sorted(by: { $0.value.address < $1.value.address }) {
            for block in planner.prescribed where block.range.overlaps(field.span) && !block.range.contains(field.span)
            {
                reader.report("blocks", "cut the \(quantity) in two: a block ends inside registers \(field.span)")
            }
        }
    }

    private static func readSunSpec(_ reader: MappingReader) -> SunSpec? {
        guard let group = reader.group("sunspec") else { return nil }
        let models = integers(group, "models", in: 1...65_534, required: true)
        let markers = integers(group, "markers", in: 0...65_533)
        guard let models, !models.isEmpty else { return nil }
        return SunSpec(models: models, markers: markers ?? usualMarkers)
    }

    private static func integers(
        _ group: MappingReader,
        _ key: String,
        in range: ClosedRange<Int>,
        required: Bool = false
    ) -> [Int]? {
        group.list(key, required: required, atMost: 16)?.compactMap {
            ValueReading.integer($0, in: range, faults: group.faults)
        }
    }
}
