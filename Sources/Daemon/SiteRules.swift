// SPDX-License-Identifier: Apache-2.0
import Balancing
import Devices
import Documents
import Quantities

/// The rules that need several keys of a site file at once; each refusal names the numbers and a remedy.
struct SiteRules {
    /// The name of the grid connection in the tree of circuits.
    static let rootName = "main"

    struct CircuitEntry {
        var reader: MappingReader
        var circuit: Circuit
    }

    struct SocketEntry {
        var reader: MappingReader
        var unit: UInt8
        var chosenSafe: Amperes?
        var socket: Socket
    }

    struct StationEntry {
        var reader: MappingReader
        var station: Station
        var sockets: [SocketEntry]
        var settings: SiteFile.StationSettings
    }

    let root: MappingReader
    let general: MappingReader?
    /// What could not be read is `nil`; everything else is checked all the same, so that all mistakes show at once.
    let limit: PerPhase<Amperes>?
    let safe: Amperes?
    let meter: SiteFile.MeterSettings?
    private(set) var warnings: [Fault] = []

    init(
        root: MappingReader,
        general: MappingReader?,
        limit: PerPhase<Amperes>?,
        safe: Amperes?,
        meter: SiteFile.MeterSettings?
    ) {
        self.root = root
        self.general = general
        self.limit = limit
        self.safe = safe
        self.meter = meter
    }

    // MARK: Limits

    mutating func checkLimits(fuse: Amperes?, cap: PerPhase<Amperes>?) {
        checkSafeCurrent()
        guard let limit else { return }
        if let fuse, limit.maximum > fuse {
            general?.report(
                "installation_max_current",
                "is above the fuse of \(fuse)",
                remedy: "write at most \(fuse.decimal)"
            )
        }
        if let rating = meter?.rating, limit.maximum > rating {
            general?.report(
                "installation_max_current",
                "is above the \(rating) that the meter can measure",
                remedy: "write at most \(rating.decimal), or use a larger meter"
            )
        }
        if let cap, cap.maximum > limit.maximum {
            warn(
                general,
                "charging_max_current",
                "is above the installation's \(limit.maximum): only right where solar power feeds the stations"
            )
        }
    }

    private mutating func checkSafeCurrent() {
        guard let safe else { return }
        let minimum = ChargingRules.minimumChargingCurrent
        if safe > .zero, safe < minimum {
            root.report(
                "safe_current",
                "is below the \(minimum) that charging needs at least",
                remedy: "write 0 to stop charging when the meter is lost, or at least \(minimum.decimal)"
            )
        }
        if let limit, safe > limit.minimum {
            root.report(
                "safe_current",
                "is above the installation's \(limit.minimum)",
                remedy: "write what is surely free when nobody knows the load of the building"
            )
        }
        if safe == .zero { warn(root, "safe_current", "0 A: nobody charges while the meter is lost") }
    }

    // MARK: Circuits

    /// The circuits below the grid connection, checked to be a tree.
    func circuits(_ entries: [CircuitEntry]) -> [Circuit] {
        var byID: [CircuitID: CircuitEntry] = [:]
        for entry in entries {
            let id = entry.circuit.id
            if id.text == SiteRules.rootName || byID[id] != nil {
                entry.reader.report("id", "is used twice", remedy: "give every circuit a name of its own")
            }
            byID[id] = entry
        }
        for entry in entries {
            checkParent(entry, byID)
            checkFits(entry, byID)
        }
        return entries.map(\.circuit)
    }

    private func checkParent(_ entry: CircuitEntry, _ byID: [CircuitID: CircuitEntry]) {
        var seen: Set<CircuitID> = [entry.circuit.id]
        var next = entry.circuit.parent
        while let id = next, id.text != SiteRules.rootName {
            guard let parent = byID[id] else {
                guard seen.count == 1 else { return }
                return unknownCircuit(id, "parent", entry.reader, Array(byID.keys))
            }
            guard seen.insert(id).inserted else {
                return entry.reader.report(
                    "parent",
                    "leads round in a circle: \(id) is fed by itself",
                    remedy: "let the chain end at \(SiteRules.rootName)"
                )
            }
            next = parent.circuit.parent
        }
    }

    private func checkFits(_ entry: CircuitEntry, _ byID: [CircuitID: CircuitEntry]) {
        let parentLimit = entry.circuit.parent.flatMap { byID[$0]?.circuit.limit } ?? limit
        for phase in Phase.allCases where entry.circuit.unmeteredLoad[phase] > entry.circuit.limit[phase] {
            return entry.reader.report("other_load", "is above the circuit's own limit on \(phase)")
        }
        guard let parentLimit else { return }
        for phase in Phase.allCases where entry.circuit.limit[phase] > parentLimit[phase] {
            return entry.reader.report(
                "limit",
                "is above the \(parentLimit[phase]) of the circuit that feeds it on \(phase)",
                remedy: "write at most \(parentLimit[phase].decimal)"
            )
        }
    }

    private func unknownCircuit(_ id: CircuitID, _ key: String, _ reader: MappingReader, _ known: [CircuitID]) {
        let names = ([SiteRules.rootName] + known.map(\.text)).sorted()
        let nearest = Spelling.nearest(to: id.text, among: names)
        reader.report(
            key,
            "is no circuit",
            remedy: nearest.map { "did you mean \"\($0)\"?" } ?? "known: \(names.joined(separator: ", "))"
        )
    }

    // MARK: Stations

    /// The whole site; `nil` when something is refused.
    mutating func site(
        _ circuits: [Circuit],
        _ entries: [StationEntry],
        _ cap: PerPhase<Amperes>?,
        _ rules: ChargingRules
    ) -> Site? {
        checkNames(entries)
        checkAddresses(entries)
        for entry in entries {
            let isKnown = entry.station.circuit.text == SiteRules.rootName
            if !isKnown, !circuits.contains(where: { $0.id == entry.station.circuit }) {
                unknownCircuit(entry.station.circuit, "circuit", entry.reader, circuits.map(\.id))
            }
            for socket in entry.sockets { checkSocket(socket, of: entry) }
        }
        let sockets = socketsWithShares(entries)
        checkShares(sockets, entries)
        guard root.faults.isEmpty, let limit, let safe, let meter else { return nil }
        return Site(
            circuits: [Circuit(id: CircuitID(SiteRules.rootName), limit: limit)] + circuits,
            stations: entries.map(\.station),
            sockets: sockets,
            safeCurrent: safe,
            networkCap: cap ?? limit,
            meter: MeterName(unit: meter.unit, endpoint: SiteRules.endpoint(meter.host, meter.port)),
            rules: rules
        )
    }

    /// Address and port as they are written together.
    static func endpoint(_ host: String, _ port: Int) -> String {
        host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    }

    private func checkNames(_ entries: [StationEntry]) {
        var stations: Set<StationID> = []
        var sockets: Set<SocketID> = []
        for entry in entries {
            if !stations.insert(entry.station.id).inserted {
                entry.reader.report("id", "is used twice", remedy: "give every station a name of its own")
            }
            for socket in entry.sockets where !sockets.insert(socket.socket.id).inserted {
                socket.reader.report("id", "is used twice", remedy: "give every socket a name of its own")
            }
        }
    }

    private func checkAddresses(_ entries: [StationEntry]) {
        var owners: [String: String] = [:]
        if let meter { owners[SiteRules.endpoint(meter.host, meter.port)] = "the meter" }
        for entry in entries {
            let endpoint = SiteRules.endpoint(entry.settings.host, entry.settings.port)
            if let owner = owners[endpoint] {
                entry.reader.report("host", "with port \(entry.settings.port) is already \(owner)")
            }
            owners[endpoint] = "station \(entry.station.id)"
            var units: Set<UInt8> = []
            for socket in entry.sockets where !units.insert(socket.unit).inserted {
                socket.reader.report("unit", "is used by two sockets of the station")
            }
        }
    }

    private func checkSocket(_ entry: SocketEntry, of station: StationEntry) {
        let socket = entry.socket
        if socket.maximum > station.station.maximum {
            entry.reader.report(
                "max_current",
                "is above the station's \(station.station.maximum)",
                remedy: "write at most \(station.station.maximum.decimal)"
            )
        }
        if let highest = station.settings.profile.setpoint.maximum, socket.maximum > highest {
            entry.reader.report("max_current", "is above the \(highest) that the station can be told")
        }
        if socket.minimum > socket.maximum {
            entry.reader.report(
                "min_current",
                "is above max_current, \(socket.maximum)",
                remedy: "write at most \(socket.maximum.decimal)"
            )
        }
        if let safe = entry.chosenSafe, safe > .zero, safe < socket.minimum {
            entry.reader.report(
                "safe_current",
                "is below the socket's minimum of \(socket.minimum)",
                remedy: "write 0 or at least \(socket.minimum.decimal)"
            )
        }
        if let safe = entry.chosenSafe, safe > socket.maximum {
            entry.reader.report("safe_current", "is above max_current, \(socket.maximum)")
        }
    }

    // MARK: Safe currents

    private func socketsWithShares(_ entries: [StationEntry]) -> [Socket] {
        let all = entries.flatMap { entry in entry.sockets.map { (entry, $0) } }
        let shares = SafeCurrents.shares(
            of: all.map { entry, socket in
                // A station that keeps its last setpoint for ever may be drawing its maximum whenever it is silent.
                let chosen = entry.settings.profile.failSafe == .none ? socket.socket.maximum : socket.chosenSafe
                return (socket.socket.sitePhases, socket.socket.minimum, socket.socket.maximum, chosen)
            },
            within: safe ?? .zero
        )
        return zip(all, shares).map { entry, share in
            var socket = entry.1.socket
            socket.safeCurrent = share
            return socket
        }
    }

    private mutating func checkShares(_ sockets: [Socket], _ entries: [StationEntry]) {
        guard let safe else { return }
        let total = SafeCurrents.total(sockets)
        for phase in Phase.allCases where total[phase] > safe {
            let terms = sockets.filter { $0.sitePhases.contains(phase) && $0.safeCurrent > .zero }
                .map { "\($0.id) \($0.safeCurrent.decimal)" }
            root.report(
                "safe_current",
                "does not hold what the sockets fall to by themselves on \(phase): "
                    + "\(terms.joined(separator: " + ")) = \(total[phase])",
                remedy: "lower the sockets' safe_current, or write at least \(total[phase].decimal)"
            )
            return
        }
        for entry in entries {
            for socket in entry.sockets where socket.chosenSafe == nil && safe > .zero {
                guard let share = sockets.first(where: { $0.id == socket.socket.id })?.safeCurrent, share == .zero
                else {
                    continue
                }
                warnings.append(
                    Fault(
                        file: root.faults.file,
                        line: socket.reader.node.line,
                        column: socket.reader.node.column,
                        keyPath: socket.reader.keyPath,
                        message: "gets a safe current of 0 A: \(safe) are shared by the sockets before it"
                    )
                )
            }
        }
    }

    private mutating func warn(_ reader: MappingReader?, _ key: String, _ message: String) {
        guard let reader else { return }
        let node = reader.value(of: key) ?? reader.node
        warnings.append(
            Fault(
                file: reader.faults.file,
                line: node.line,
                column: node.column,
                keyPath: node.keyPath,
                message: message
            )
        )
    }
}
