// SPDX-License-Identifier: Apache-2.0
import Documents
import Scenarios

extension ScenarioReader {
    // MARK: Sockets

    mutating func readSockets() {
        let entries = root.groups("sockets", atMost: ScenarioFile.maximumCount) ?? []
        sockets = names(entries)
        for (index, entry) in entries.enumerated() {
            let maximum = entry.number("max_a", in: 6...1000, unit: "A", required: true) ?? 6
            var socket = Scenario.Socket(id: sockets[index], maximum: maximum)
            socket.circuit = circuit(entry) ?? 0
            socket.phases = phases("phases", entry, counts: 1...3) ?? [0, 1, 2]
            socket.arePhasesKnown = entry.boolean("phases_known") ?? true
            socket.resolution = entry.number("resolution_a", in: 0.001...32, unit: "A") ?? socket.resolution
            socket.initial = entry.number("initial_a", in: 0...1000, unit: "A") ?? 0
            socket.weight = entry.number("weight", in: 0...1e6) ?? 1
            socket.commandLatency = delay("cmd_latency_s", entry) ?? socket.commandLatency
            socket.lossProbability = entry.number("loss_p", in: 0...1) ?? 0
            socket.partitions = ranges("partitions", entry)
            socket.timeout = entry.number("timeout_s", in: 1...ScenarioReader.longest, unit: "s") ?? socket.timeout
            socket.fallback = entry.number("fallback_a", in: 0...1000, unit: "A") ?? socket.fallback
            socket.meter = socketMeter(entry)
            scenario.sockets.append(socket)
        }
    }

    private func socketMeter(_ entry: MappingReader) -> Scenario.SocketMeter? {
        guard let value = entry.value(of: "meter") else { return Scenario.SocketMeter() }
        if case .scalar(let scalar) = value.content, !scalar.isQuoted, scalar.text == "false" { return nil }
        guard case .mapping = value.content, let group = entry.group("meter") else {
            entry.report("meter", "is neither a group of keys nor false")
            return nil
        }
        var meter = Scenario.SocketMeter()
        meter.period = group.number("period_s", in: 0.001...86_400, unit: "s") ?? meter.period
        meter.latency = delay("latency_s", group) ?? meter.latency
        meter.resolution = group.number("resolution_a", in: 0...1000, unit: "A") ?? meter.resolution
        return meter
    }

    // MARK: Visits

    mutating func readVisits() {
        let entries = root.groups("sessions", atMost: ScenarioFile.maximumVisits) ?? []
        let ids = names(entries)
        for (index, entry) in entries.enumerated() {
            scenario.visits.append(visit(entry, ids[index]))
        }
        guard root.faults.isEmpty else { return }
        checkOverlaps(entries)
    }

    private func visit(_ entry: MappingReader, _ id: String) -> Scenario.Visit {
        let longest = ScenarioReader.longest
        let arrival = entry.number("arrive_s", in: 0...longest, unit: "s", required: true) ?? 0
        let departure = entry.number("depart_s", in: 0...longest, unit: "s", required: true) ?? longest
        if departure <= arrival { entry.report("depart_s", "is not after arrive_s") }
        var visit = Scenario.Visit(
            id: id,
            socket: reference("socket", sockets, "socket", entry, required: true) ?? 0,
            arrival: arrival,
            departure: departure,
            request: entry.number("request_kwh", in: 0...100_000, unit: "kWh", required: true) ?? 0,
            conductors: entry.integer("phases", in: 1...3, required: true) ?? 1,
            maximum: entry.number("max_a", in: 0...1000, unit: "A", required: true) ?? 0
        )
        visit.capacity = entry.number("capacity_kwh", in: 0.1...100_000, unit: "kWh") ?? visit.capacity
        visit.initialCharge = entry.number("soc0", in: 0...1) ?? visit.initialCharge
        visit.minimum = entry.number("min_a", in: 0...1000, unit: "A") ?? visit.minimum
        visit.lag = delay("lag_s", entry) ?? visit.lag
        visit.timeConstant = entry.number("tau_s", in: 0...3600, unit: "s") ?? visit.timeConstant
        visit.rampUp = entry.number("ramp_up_a_s", in: 0.001...1e6, unit: "A/s") ?? visit.rampUp
        visit.rampDown = entry.number("ramp_down_a_s", in: 0.001...1e6, unit: "A/s") ?? visit.rampDown
        visit.undershoot = entry.number("undershoot_a", in: 0...1000, unit: "A") ?? 0
        visit.quantum = entry.number("quant_a", in: 0...1000, unit: "A") ?? 0
        visit.resumeDelay = entry.number("resume_delay_s", in: 0...86_400, unit: "s") ?? visit.resumeDelay
        visit.taperFrom = entry.number("taper_soc", in: 0...1) ?? visit.taperFrom
        visit.taperFloor = entry.number("taper_floor", in: 0...1) ?? visit.taperFloor
        return visit
    }

    private func checkOverlaps(_ entries: [MappingReader]) {
        let order = scenario.visits.indices.sorted { left, right in
            let (a, b) = (scenario.visits[left], scenario.visits[right])
            return (a.socket, a.arrival, left) < (b.socket, b.arrival, right)
        }
        for (before, after) in zip(order, order.dropFirst()) {
            let (first, second) = (scenario.visits[before], scenario.visits[after])
            guard first.socket == second.socket, second.arrival < first.departure else { continue }
            entries[after].report("arrive_s", "is before the departure of \(first.id) from the same socket")
        }
    }
}

extension ScenarioReader {
    // MARK: Loads

    private enum LoadKind: String, CaseIterable {
        case const
        case trace
        case step
        case pulse
        case noise
    }

    mutating func readLoads() {
        for entry in root.groups("background", atMost: ScenarioFile.maximumCount) ?? [] {
            let circuit = entry.has("circuit") ? circuit(entry) ?? 0 : 0
            guard let kind = entry.choice("kind", of: LoadKind.self, required: true) else { continue }
            guard let kind = load(kind, entry) else { continue }
            scenario.loads.append(Scenario.Load(circuit: circuit, kind))
        }
    }

    private func load(_ kind: LoadKind, _ entry: MappingReader) -> Scenario.Load.Kind? {
        let longest = ScenarioReader.longest
        func time(_ key: String, from least: Double = 0, _ required: Bool = true) -> Double {
            entry.number(key, in: least...longest, unit: "s", required: required) ?? 1
        }
        switch kind {
        case .const:
            return amperes(entry).map { .constant($0) }
        case .step:
            let (start, duration) = (time("t_s"), time("duration_s"))
            return amperes(entry).map { .step(time: start, duration: duration, amperes: $0) }
        case .pulse:
            let (start, duration) = (time("t_s"), time("duration_s"))
            let (period, on) = (time("period_s", from: 0.001), time("on_s"))
            return amperes(entry).map {
                .pulse(time: start, duration: duration, period: period, on: on, amperes: $0)
            }
        case .noise:
            let sigma = entry.number("sigma_a", in: 0...10_000, unit: "A", required: true) ?? 0
            let correlation = entry.number("corr_s", in: 0...longest, unit: "s", required: true) ?? 0
            let hold = entry.number("hold_s", in: 0.001...longest, unit: "s") ?? 1
            return .noise(sigma: sigma, correlation: correlation, hold: hold)
        case .trace:
            return recording(entry)
        }
    }

    private func recording(_ entry: MappingReader) -> Scenario.Load.Kind? {
        let longest = ScenarioReader.longest
        let offset = entry.number("offset_s", in: -longest...longest, unit: "s") ?? 0
        let isWrapped = entry.boolean("wrap") ?? true
        let span = entry.number("span_s", in: 0.001...longest, unit: "s") ?? 86_400
        let scale = entry.number("scale", in: -1e6...1e6) ?? 1
        let columns = phases("phase_order", entry, counts: 3...3) ?? [0, 1, 2]
        guard let name = entry.text("file", required: true, maximumLength: 1000) else { return nil }
        do throws(TraceFile.Failure) {
            var trace = try trace(name)
            trace.offset = offset
            trace.span = isWrapped ? span : nil
            trace.scale = scale
            trace.columns = columns
            return .trace(trace)
        } catch {
            entry.report("file", error.line.map { "line \($0): \(error.message)" } ?? error.message)
            return nil
        }
    }

    // MARK: Small parts

    /// The names of a list of groups; those that stand twice are reported.
    func names(_ entries: [MappingReader]) -> [String] {
        var seen: Set<String> = []
        return entries.map { entry in
            guard let id = entry.text("id", required: true) else { return "" }
            if !seen.insert(id).inserted { entry.report("id", "stands twice") }
            return id
        }
    }

    /// The place of a named part.
    func reference(
        _ key: String,
        _ names: [String],
        _ what: String,
        _ entry: MappingReader,
        required: Bool = false
    ) -> Int? {
        guard let name = entry.text(key, required: required) else { return nil }
        if let index = names.firstIndex(of: name) { return index }
        entry.report(key, "is the name of no \(what)")
        return nil
    }

    func circuit(_ entry: MappingReader) -> Int? {
        reference("circuit", circuits, "circuit", entry, required: true)
    }

    /// A time that something is late by.
    func delay(_ key: String, _ entry: MappingReader) -> Double? {
        guard let time = entry.number(key, in: 0...3600, unit: "s") else { return nil }
        if time / scenario.step > Double(ScenarioFile.maximumDelay) {
            entry.report(key, "is more than \(ScenarioFile.maximumDelay) steps of dt_s")
        }
        return time
    }

    /// Three currents.
    func amperes(_ entry: MappingReader) -> Triple? {
        guard let elements = entry.list("amps", required: true) else { return nil }
        guard elements.count == 3 else {
            entry.report("amps", "has \(elements.count) elements; write three, one for each phase")
            return nil
        }
        let most = ScenarioReader.largest
        let values = elements.compactMap { ValueReading.number($0, in: -most...most, unit: "A", faults: entry.faults) }
        return values.count == 3 ? Triple(values[0], values[1], values[2]) : nil
    }

    /// Phase numbers, each once, counted from 0.
    func phases(_ key: String, _ entry: MappingReader, counts: ClosedRange<Int>) -> [Int]? {
        guard let elements = entry.list(key) else { return nil }
        let values = elements.compactMap { ValueReading.integer($0, in: 1...3, faults: entry.faults) }
        guard values.count == elements.count else { return nil }
        guard counts.contains(values.count), Set(values).count == values.count else {
            entry.report(key, "must name \(counts.count == 1 ? "all three phases" : "one to three phases"), each once")
            return nil
        }
        return values.map { $0 - 1 }
    }

    /// Ranges of time.
    func ranges(_ key: String, _ entry: MappingReader) -> [Range<Double>] {
        (entry.list(key, atMost: 10_000) ?? []).compactMap { readRange($0, entry.faults) }
    }

    /// A range of time written as [from, to].
    func readRange(_ node: Node, _ faults: FaultCollector) -> Range<Double>? {
        guard let elements = ValueReading.list(node, faults: faults) else { return nil }
        let values = elements.compactMap {
            ValueReading.number($0, in: 0...ScenarioReader.longest, unit: "s", faults: faults)
        }
        guard values.count == elements.count else { return nil }
        guard values.count == 2, values[0] < values[1] else {
            faults.report(node, "is no range of time", remedy: "write [from, to], in seconds, the first one smaller")
            return nil
        }
        return values[0]..<values[1]
    }
}
