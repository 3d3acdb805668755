// SPDX-License-Identifier: Apache-2.0
public import Documents
public import Scenarios

/// Reads scenario files of the format `loadbalance-scenario/1`, strictly.
///
/// One message for each fault, with its place: unknown keys, wrong types, numbers out of range, names that stand twice or
/// for nothing, circuits that form no tree, visits that overlap, recordings that cannot be read.
public enum ScenarioFile {
    /// What the key `format` says.
    public static let format = "loadbalance-scenario/1"
    /// The most circuits; sockets, meters and loads have the same bound.
    public static let maximumCount = 1000
    /// The most visits.
    public static let maximumVisits = 20_000
    /// The most steps that anything may be late: what is on its way is kept.
    public static let maximumDelay = 10_000
    /// The most steps: ten years of seconds.
    public static let maximumTicks = 316_000_000

    /// Reads a file and the recordings it names.
    ///
    /// - Parameter path: Where the file is; recordings are looked for from its folder.
    /// - Returns: The scenario.
    /// - Throws: `DocumentError` with every fault.
    public static func read(path: String) throws(DocumentError) -> Scenario {
        let document = try Document(path: path)
        let folder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? ""
        return try read(document) { name throws(TraceFile.Failure) in
            try TraceFile.read(path: name.hasPrefix("/") ? name : folder + name)
        }
    }

    /// Reads a document.
    ///
    /// - Parameters:
    ///   - document: The document.
    ///   - trace: Reads the recording of a name.
    /// - Returns: The scenario.
    /// - Throws: `DocumentError` with every fault.
    public static func read(
        _ document: Document,
        trace: @escaping (String) throws(TraceFile.Failure) -> Scenario.Trace
    ) throws(DocumentError) -> Scenario {
        try document.read { root in
            var reader = ScenarioReader(root, trace)
            return reader.readAll()
        }
    }
}

/// Reads the keys of a scenario.
struct ScenarioReader {
    let root: MappingReader
    let trace: (String) throws(TraceFile.Failure) -> Scenario.Trace
    var circuits: [String] = []
    var sockets: [String] = []
    var scenario = Scenario(name: "", duration: 1, circuits: [])

    /// The longest time anything may take or wait, in seconds: ten years.
    static let longest = 3.16e8
    /// The largest current.
    static let largest = 100_000.0

    init(_ root: MappingReader, _ trace: @escaping (String) throws(TraceFile.Failure) -> Scenario.Trace) {
        self.root = root
        self.trace = trace
    }

    /// Reads everything; `nil` when something that all needs is missing, which has been reported.
    mutating func readAll() -> Scenario? {
        if let format = root.text("format", required: true), format != ScenarioFile.format {
            root.report("format", "is another format", remedy: "write \"\(ScenarioFile.format)\"")
        }
        scenario.name = root.text("name", required: true) ?? ""
        scenario.about = root.text("description", maximumLength: 2000) ?? ""
        scenario.seed = UInt64(root.integer("seed", in: 0...Int(1 << 53)) ?? 0)
        scenario.step = root.number("dt_s", in: 0.001...3600, unit: "s") ?? 1
        let longest = ScenarioReader.longest
        scenario.duration = root.number("duration_s", in: 0.001...longest, unit: "s", required: true) ?? 1
        if scenario.duration / scenario.step > Double(ScenarioFile.maximumTicks) {
            root.report("dt_s", "makes more than \(ScenarioFile.maximumTicks) steps of duration_s")
            scenario.duration = scenario.step
        }
        scenario.voltage = root.number("voltage_v", in: 1...1000, unit: "V") ?? 230
        scenario.resetTime = root.number("breaker_reset_s", in: 0...longest, unit: "s") ?? 900
        readCircuits()
        readLoads()
        readMeters()
        readSockets()
        readVisits()
        readController()
        readFigures()
        return root.faults.isEmpty ? scenario : nil
    }

    // MARK: Circuits

    private mutating func readCircuits() {
        let entries = root.groups("circuits", required: true, atMost: ScenarioFile.maximumCount) ?? []
        circuits = names(entries)
        if root.has("circuits"), entries.isEmpty {
            root.report("circuits", "is empty", remedy: "begin with the grid connection")
        }
        for (index, entry) in entries.enumerated() {
            let parent = entry.has("parent") ? reference("parent", circuits, "circuit", entry) : nil
            if index == 0, entry.has("parent") {
                entry.report("parent", "is given for the first circuit, which is the root", remedy: "write null")
            } else if index > 0, !entry.has("parent") {
                entry.report("parent", "is missing; only the first circuit has none")
            }
            let limit = entry.number("limit_a", in: 1...ScenarioReader.largest, unit: "A", required: true) ?? 1
            let device = entry.group("device").flatMap { readDevice($0, limit) }
            scenario.circuits.append(
                Scenario.Circuit(id: circuits[index], parent: index == 0 ? nil : parent, limit: limit, device: device)
            )
        }
        for index in entries.indices where isInCycle(index) {
            entries[index].report("parent", "leads round in a circle", remedy: "let every circuit end at the first one")
        }
    }

    private func readDevice(_ entry: MappingReader, _ limit: Double) -> Scenario.Device? {
        let kind = entry.choice("kind", of: Scenario.Device.Kind.self) ?? .gG
        let rating = entry.number("rated_a", in: 1...ScenarioReader.largest, unit: "A") ?? limit
        let time = entry.number("tau_s", in: 0...86_400, unit: "s")
        return Scenario.Device(kind: kind, rating: rating, timeConstant: time)
    }

    private func isInCycle(_ start: Int) -> Bool {
        var next = scenario.circuits[start].parent
        for _ in scenario.circuits.indices {
            guard let index = next, index < scenario.circuits.count else { return false }
            if index == start { return true }
            next = scenario.circuits[index].parent
        }
        return false
    }

    // MARK: Meters, controller, figures

    private mutating func readMeters() {
        let entries = root.groups("meters", atMost: ScenarioFile.maximumCount) ?? []
        let ids = names(entries)
        for (index, entry) in entries.enumerated() {
            var meter = Scenario.Meter(id: ids[index])
            meter.circuit = circuit(entry) ?? 0
            meter.period = entry.number("period_s", in: 0.001...86_400, unit: "s") ?? meter.period
            meter.latency = delay("latency_s", entry) ?? meter.latency
            meter.jitter = delay("jitter_s", entry) ?? 0
            meter.resolution = entry.number("resolution_a", in: 0...1000, unit: "A") ?? meter.resolution
            meter.truncates = entry.choice("rounding", of: Rounding.self) == .trunc
            meter.isSigned = entry.boolean("signed") ?? true
            meter.noise = entry.number("noise_a", in: 0...1000, unit: "A") ?? 0
            meter.lossProbability = entry.number("loss_p", in: 0...1) ?? 0
            meter.dropouts = ranges("dropouts", entry)
            scenario.meters.append(meter)
        }
    }

    private enum Rounding: String, CaseIterable {
        case nearest
        case trunc
    }

    private mutating func readController() {
        guard let entry = root.group("controller", required: true) else { return }
        scenario.controlPeriod = entry.number("period_s", in: 0.001...3600, unit: "s") ?? 1
        scenario.safeCurrent =
            entry.number("safe_current_a", in: 0...ScenarioReader.largest, unit: "A", required: true) ?? 0
        for (name, range) in HeadroomController.parameters.sorted(by: { $0.key < $1.key }) {
            if let value = entry.number(name, in: range) { scenario.parameters[name] = value }
        }
    }

    private mutating func readFigures() {
        guard let entry = root.group("kpi") else { return }
        scenario.energyBound = entry.number("bound_kwh", in: 0...1e9, unit: "kWh")
        for event in entry.groups("restore_events", atMost: ScenarioFile.maximumCount) ?? [] {
            let time = event.number("t_s", in: 0...ScenarioReader.longest, unit: "s", required: true)
            let range = event.value(of: "ref_s", required: true).flatMap { readRange($0, event.faults) }
            guard let time, let range else { continue }
            if range.upperBound > time { event.report("ref_s", "ends after t_s") }
            scenario.restoreEvents.append(Scenario.RestoreEvent(time: time, reference: range))
        }
    }
}
