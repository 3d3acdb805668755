// SPDX-License-Identifier: Apache-2.0
import Balancing
import Devices
import Documents
import Quantities

/// Reads a site file key by key and reports everything that is wrong on the way.
///
/// What needs several keys at once is checked by `SiteRules` when all of them could be read.
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
        let meter = root.group("meter", required: true).flatMap(meter)
        let safe = root.number("safe_current", in: 0...SiteReader.limits.upperBound, unit: "A", required: true)
        let rules = root.group("charging").map(charging) ?? ChargingRules()
        let circuits = (root.groups("circuits") ?? []).compactMap(circuit)
        let nodes = root.groups("stations", required: true, atMost: SiteReader.mostStations) ?? []
        let stations = nodes.compactMap(station)
        if root.has("stations"), nodes.isEmpty { root.report("stations", "is empty", remedy: "describe one station") }
        var checks = SiteRules(root: root, general: general, limit: limit, safe: safe.map(amperes), meter: meter)
        checks.checkLimits(fuse: fuse.map(amperes), cap: cap)
        guard let site = checks.site(checks.circuits(circuits), stations, cap, rules), let meter else { return nil }
        return SiteFile(
            name: name,
            site: site,
            meter: meter,
            stations: stations.map(\.settings),
            warnings: warnings + checks.warnings
        )
    }

    // MARK: Meter

    private func meter(_ group: MappingReader) -> SiteFile.MeterSettings? {
        let profile = profile(group, catalogue.meter)
        let host = host(group)
        let port = group.integer("port", in: 1...65535)
        let unit = unit("unit", group)
        let isInverted = group.boolean("inverted") ?? false
        let serial = group.text("serial")
        let rating = group.number("rating", in: SiteReader.limits, unit: "A").map(amperes)
        guard let profile, let host else { return nil }
        return SiteFile.MeterSettings(
            profile: profile,
            host: host,
            port: port ?? profile.header.port,
            unit: unit ?? profile.unit,
            isInverted: isInverted,
            serial: serial,
            rating: rating ?? profile.rating
        )
    }

    // MARK: Circuits

    private func circuit(_ group: MappingReader) -> SiteRules.CircuitEntry? {
        let id = group.text("id", required: true)
        let parent = group.text("parent") ?? SiteRules.rootName
        let limit = perPhase("limit", in: group, required: true)
        let load = perPhase("other_load", in: group, allowed: 0...SiteReader.limits.upperBound)
        guard let id, let limit else { return nil }
        return SiteRules.CircuitEntry(
            reader: group,
            circuit: Circuit(
                id: CircuitID(id),
                parent: CircuitID(parent),
                limit: limit,
                unmeteredLoad: load ?? .zero
            )
        )
    }

    // MARK: Stations

    private func station(_ group: MappingReader) -> SiteRules.StationEntry? {
        let id = group.text("id", required: true)
        let profile = profile(group, catalogue.charger)
        let host = host(group)
        let port = group.integer("port", in: 1...65535)
        let maximum = group.number("max_current", in: SiteReader.limits, unit: "A", required: true).map(amperes)
        let circuit = group.text("circuit") ?? SiteRules.rootName
        let validity = group.seconds("validity", in: 5...3600)
        let nodes = group.groups("sockets", required: true, atMost: 8) ?? []
        if group.has("sockets"), nodes.isEmpty { group.report("sockets", "is empty", remedy: "describe one socket") }
        let sockets = nodes.enumerated().compactMap { socket($1, number: $0, of: id, profile, maximum) }
        guard let id, let profile, let host, let maximum, sockets.count == nodes.count, !sockets.isEmpty else {
            return nil
        }
        return SiteRules.StationEntry(
            reader: group,
            station: Station(
                id: StationID(id),
                circuit: CircuitID(circuit),
                maximum: maximum,
                validity: validity ?? profile.validity?.usual ?? .seconds(60)
            ),
            sockets: sockets,
            settings: SiteFile.StationSettings(
                id: StationID(id),
                profile: profile,
                host: host,
                port: port ?? profile.header.port,
                sockets: sockets.map { ($0.socket.id, $0.unit) }
            )
        )
    }

    private func socket(
        _ group: MappingReader,
        number: Int,
        of station: String?,
        _ profile: ChargerProfile?,
        _ stationMaximum: Amperes?
    ) -> SiteRules.SocketEntry? {
        let id = group.text("id") ?? station.map { "\($0)-\(number + 1)" }
        let unit = unit("unit", group)
        let maximum = group.number("max_current", in: SiteReader.socketLimits, unit: "A").map(amperes)
        let minimum = group.number("min_current", in: SiteReader.socketLimits, unit: "A").map(amperes)
        let safe = group.number("safe_current", in: 0...SiteReader.socketLimits.upperBound, unit: "A").map(amperes)
        let phases = phases(group)
        guard let id, let station, let profile else { return nil }
        guard let usual = unit ?? (number < profile.socketUnits.count ? profile.socketUnits[number] : nil) else {
            group.report("unit", "is missing, and the profile names only \(profile.socketUnits.count)")
            return nil
        }
        guard let highest = maximum ?? stationMaximum else { return nil }
        return SiteRules.SocketEntry(
            reader: group,
            unit: usual,
            chosenSafe: safe,
            socket: Socket(
                id: SocketID(id),
                station: StationID(station),
                rotation: phases ?? .straight,
                maximum: highest,
                minimum: minimum ?? max(ChargingRules.minimumChargingCurrent, profile.setpoint.minimum),
                safeCurrent: safe ?? .zero,
                resolution: profile.setpoint.resolution
            )
        )
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
        guard number <= 247 || number == 255 else {
            group.report(key, "is a reserved unit identifier", remedy: "write 1 to 247, as the device is set")
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
