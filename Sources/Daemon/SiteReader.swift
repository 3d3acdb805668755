// SPDX-License-Identifier: Apache-2.0
import Balancing
import Devices
import Documents
import Quantities

/// Reads a site file key by key and reports everything that is wrong on the way.
///
/// What needs several keys at once is checked by `SiteRules`.
final class SiteReader {
    private let catalogue: ProfileCatalogue
    private let file: String
    private var warnings: [Fault] = []

    /// The smallest and the largest current that a limit may have, in amperes.
    static let limits = 6.0...5000
    /// The largest current of a socket: the control pilot reaches 80 A (IEC 61851-1 annex A).
    static let socketLimits = 6.0...80
    /// How many stations a site may have.
    static let mostStations = 1000
    /// How many sockets a station may have.
    static let mostSockets = 8

    init(catalogue: ProfileCatalogue, file: String) {
        self.catalogue = catalogue
        self.file = file
    }

    func read(_ root: MappingReader) -> SiteFile? {
        let general = root.group("site", required: true)
        let name = general?.text("name") ?? "site"
        let limit = general.flatMap { perPhase("installation_max_current", in: $0, required: true) }
        let fuse = general?.number("fuse", in: SiteReader.limits, unit: "A")
        let cap = general.flatMap { perPhase("charging_max_current", in: $0) }
        let (meter, rating) = root.group("meter", required: true).map(meter) ?? (nil, nil)
        let safe = root.number("safe_current", in: 0...SiteReader.limits.upperBound, unit: "A", required: true)
        let rules = root.group("charging").map(charging) ?? ChargingRules()
        let circuits = (root.groups("circuits") ?? []).map(circuit)
        let stations = groups("stations", in: root, atMost: SiteReader.mostStations).map(station)
        var checks = SiteRules(root: root, general: general, limit: limit, safe: safe.map(amperes), meter: meter)
        checks.checkLimits(fuse: fuse.map(amperes), rating: rating, cap: cap)
        guard let site = checks.site(circuits, stations, cap, rules), let meter else { return nil }
        return SiteFile(
            name: name,
            site: site,
            meter: meter,
            stations: stations.compactMap(\.settings),
            warnings: (warnings + checks.warnings).sorted { ($0.line ?? 0) < ($1.line ?? 0) }
        )
    }

    // MARK: Meter

    /// The meter, and what it can measure, which is known also when the rest could not be read.
    private func meter(_ group: MappingReader) -> (SiteFile.MeterSettings?, rating: Amperes?) {
        let profile = profile(group, catalogue.meter)
        let host = host(group)
        let port = group.integer("port", in: 1...65535)
        let unit = unit("unit", group)
        let isInverted = group.boolean("inverted") ?? false
        let serial = group.text("serial")
        let rating = group.number("rating", in: SiteReader.limits, unit: "A").map(amperes)
        if let rating, let highest = profile?.rating, rating > highest {
            group.report(
                "rating",
                "is above the \(highest) that this meter can measure",
                remedy: "write at most \(highest.decimal), or leave it out"
            )
        }
        guard let profile, let host else { return (nil, rating ?? profile?.rating) }
        let settings = SiteFile.MeterSettings(
            profile: profile,
            host: host,
            port: port ?? profile.header.port,
            unit: unit ?? profile.unit,
            isInverted: isInverted,
            serial: serial,
            rating: rating ?? profile.rating
        )
        return (settings, settings.rating)
    }

    // MARK: Circuits

    private func circuit(_ group: MappingReader) -> CircuitEntry {
        CircuitEntry(
            reader: group,
            id: group.text("id", required: true).map(CircuitID.init),
            parent: CircuitID(group.text("parent") ?? SiteRules.rootName),
            limit: perPhase("limit", in: group, required: true),
            otherLoad: perPhase("other_load", in: group, allowed: 0...SiteReader.limits.upperBound) ?? .zero
        )
    }

    // MARK: Stations

    private func station(_ group: MappingReader) -> StationEntry {
        let id = group.text("id", required: true)
        let profile = profile(group, catalogue.charger)
        let maximum = group.number("max_current", in: SiteReader.limits, unit: "A", required: true).map(amperes)
        let nodes = groups("sockets", in: group, atMost: SiteReader.mostSockets)
        return StationEntry(
            reader: group,
            id: id.map(StationID.init),
            profile: profile,
            host: host(group),
            port: group.integer("port", in: 1...65535) ?? profile?.header.port,
            maximum: maximum,
            circuit: CircuitID(group.text("circuit") ?? SiteRules.rootName),
            validity: group.seconds("validity", in: 5...3600) ?? profile?.validity?.usual ?? .seconds(60),
            sockets: nodes.enumerated().map { socket($1, number: $0, of: id, profile, maximum) }
        )
    }

    private func socket(
        _ group: MappingReader,
        number: Int,
        of station: String?,
        _ profile: ChargerProfile?,
        _ stationMaximum: Amperes?
    ) -> SocketEntry {
        let id = group.text("id") ?? station.map { "\($0)-\(number + 1)" }
        let maximum = group.number("max_current", in: SiteReader.socketLimits, unit: "A").map(amperes)
        let minimum = group.number("min_current", in: SiteReader.socketLimits, unit: "A").map(amperes)
        let safe = group.number("safe_current", in: 0...SiteReader.socketLimits.upperBound, unit: "A").map(amperes)
        // A station may feed more than any one socket can.
        let usual = stationMaximum.map { min($0, amperes(SiteReader.socketLimits.upperBound)) }
        let least = max(ChargingRules.minimumChargingCurrent, profile?.setpoint.minimum ?? .zero)
        return SocketEntry(
            reader: group,
            id: id.map(SocketID.init),
            unit: socketUnit(group, number: number, profile),
            rotation: phases(group) ?? .straight,
            maximum: group.has("max_current") ? maximum : usual,
            minimum: minimum ?? least,
            chosenSafe: safe
        )
    }

    private func socketUnit(_ group: MappingReader, number: Int, _ profile: ChargerProfile?) -> UInt8? {
        guard !group.has("unit") else { return unit("unit", group) }
        guard let usual = profile?.socketUnits else { return nil }
        if usual.indices.contains(number) { return usual[number] }
        group.report(
            "unit",
            "is missing, and the profile knows only \(usual.count) sockets",
            remedy: "write the socket's unit identifier"
        )
        return nil
    }

    /// The wiring of a socket; `.some(nil)` when it is written as unknown.
    private func phases(_ group: MappingReader) -> PhaseRotation?? {
        guard let text = group.text("phases") else { return nil }
        if text == "unknown" { return .some(nil) }
        guard let rotation = PhaseRotation(text) else {
            let names = PhaseRotation.all.map(\.description) + ["unknown"]
            let nearest = Spelling.nearest(to: text, among: names)
            let remedy = nearest.map { "did you mean \($0)?" } ?? "write one of \(names.joined(separator: ", "))"
            group.report("phases", "is no order of phases", remedy: remedy)
            return nil
        }
        return rotation
    }

    // MARK: Charging

    private func charging(_ group: MappingReader) -> ChargingRules {
        var rules = ChargingRules()
        if let value = group.number("margin", in: 0...10, unit: "A") { rules.margin = amperes(value) }
        if let value = group.seconds("alternating_period", in: 60...36000) { rules.alternatingPeriod = value }
        if let value = group.number("return_rate", in: 0.05...2, unit: "A/s") {
            rules.returnStepInterval = .seconds(1 / value)
        }
        if let value = group.seconds("increase_hold", in: 1...60) { rules.increaseHold = value }
        if let value = group.seconds("increase_interval", in: 1...600) { rules.increaseInterval = value }
        if let value = group.seconds("pause_delay", in: 0...60) { rules.pauseDelay = value }
        if let value = group.seconds("minimum_pause", in: 10...3600) { rules.minimumPause = value }
        if let value = group.seconds("loss_after", in: 3...15) { rules.lossAfter = value }
        return rules
    }

    // MARK: Values

    /// The groups of a list that must have one at least.
    private func groups(_ key: String, in group: MappingReader, atMost maximum: Int) -> [MappingReader] {
        guard let nodes = group.list(key, required: true, atMost: maximum) else { return [] }
        if nodes.isEmpty { group.report(key, "is empty", remedy: "describe one at least") }
        return nodes.compactMap(group.child)
    }

    private func amperes(_ number: Double) -> Amperes { Amperes(roundingDown: number) ?? .zero }

    /// One number for all phases, or three.
    private func perPhase(
        _ key: String,
        in group: MappingReader,
        allowed: ClosedRange<Double> = SiteReader.limits,
        required: Bool = false
    ) -> PerPhase<Amperes>? {
        guard let node = group.value(of: key, required: required) else { return nil }
        guard case .sequence(let elements) = node.content else {
            return group.number(key, in: allowed, unit: "A").map { PerPhase(repeating: amperes($0)) }
        }
        let values = elements.compactMap {
            ValueReading.number($0, in: allowed, unit: "A", faults: group.faults).map(amperes)
        }
        guard elements.count == 3 else {
            group.faults.report(node, "has \(elements.count) values", remedy: "write one for all phases, or three")
            return nil
        }
        return values.count == 3 ? PerPhase(values[0], values[1], values[2]) : nil
    }

    private func unit(_ key: String, _ group: MappingReader) -> UInt8? {
        guard let number = group.integer(key, in: 0...255) else { return nil }
        // Behind a gateway 0 can mean all devices at once: a setpoint for one would reach every station.
        guard (1...247).contains(number) || number == 255 else {
            let kind = number == 0 ? "addresses no device of its own" : "is a reserved unit identifier"
            group.report(
                key,
                kind,
                remedy: "write 1 to 247, as the device is set, or 255 for a device that has no number"
            )
            return nil
        }
        return UInt8(number)
    }

    private func host(_ group: MappingReader) -> String? {
        guard let text = group.text("host", required: true, maximumLength: 300) else { return nil }
        do {
            let host = try HostAddress.normalised(text)
            if HostAddress.isOwn(host) {
                group.report("host", "is this machine's own address", remedy: "write the address of the device")
                return nil
            }
            if host != text { warn(group, "host", "\(text) is read as \(host)") }
            if HostAddress.isLoopback(host) {
                warn(group, "host", "\(host) is inside this machine: right for a simulator or a tunnel only")
            }
            return host
        } catch {
            group.report("host", error.message, remedy: error.remedy)
            return nil
        }
    }

    private func profile<Profile>(
        _ group: MappingReader,
        _ read: (String) throws(ProfileError) -> Profile
    ) -> Profile? {
        guard let name = group.text("profile", required: true) else { return nil }
        do {
            return try read(name)
        } catch {
            group.report("profile", "cannot be used: \(error.description)")
            return nil
        }
    }

    private func warn(_ group: MappingReader, _ key: String, _ message: String) {
        let node = group.value(of: key) ?? group.node
        warnings.append(
            Fault(file: file, line: node.line, column: node.column, keyPath: node.keyPath, message: message)
        )
    }
}
