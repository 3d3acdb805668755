// SPDX-License-Identifier: Apache-2.0
import Balancing
import Devices
import Documents
import Quantities

/// The rules that need several keys of a site file at once; each refusal names the numbers and a remedy.
struct SiteRules {
    /// The name of the grid connection in the tree of circuits.
    static let rootName = "main"

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

    mutating func checkLimits(fuse: Amperes?, rating: Amperes?, cap: PerPhase<Amperes>?) {
        checkSafeCurrent(cap)
        guard let limit else { return }
        // A single number is quoted by the report itself.
        let largest = limit == PerPhase(repeating: limit.l1) ? "" : "\(limit.maximum) "
        if let fuse, limit.maximum > fuse {
            general?.report(
                "installation_max_current",
                "\(largest)is above the fuse of \(fuse)",
                remedy: "write at most \(fuse.decimal)"
            )
        }
        if let rating, limit.maximum > rating {
            general?.report(
                "installation_max_current",
                "\(largest)is above the \(rating) that the meter can measure",
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

    private mutating func checkSafeCurrent(_ cap: PerPhase<Amperes>?) {
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
                remedy: "write what is surely free when nobody knows the load of the building, "
                    + "at most \(limit.minimum.decimal)"
            )
        }
        if let cap, safe > cap.minimum {
            root.report(
                "safe_current",
                "is above charging_max_current, \(cap.minimum)",
                remedy: "write at most \(cap.minimum.decimal)"
            )
        }
        if safe == .zero { warn(root, "safe_current", "0 A: nobody charges while the meter is lost") }
    }

    // MARK: Circuits

    private func checkCircuits(_ entries: [CircuitEntry]) {
        var byID: [CircuitID: CircuitEntry] = [:]
        for entry in entries {
            guard let id = entry.id else { continue }
            if id.text == SiteRules.rootName || byID[id] != nil {
                entry.reader.report("id", "is used twice", remedy: "give every circuit a name of its own")
            }
            byID[id] = entry
        }
        for entry in entries {
            checkParent(entry, byID)
            checkFits(entry, byID)
        }
    }

    private func checkParent(_ entry: CircuitEntry, _ byID: [CircuitID: CircuitEntry]) {
        var seen = Set([entry.id].compactMap(\.self))
        var next = entry.parent
        while next.text != SiteRules.rootName {
            guard let parent = byID[next] else {
                // The parent's own report says it when the break is further up.
                guard next == entry.parent else { return }
                return unknownCircuit(next, "parent", entry.reader, Array(byID.keys))
            }
            guard seen.insert(next).inserted else {
                return entry.reader.report(
                    "parent",
                    "leads round in a circle: \(next) is fed by itself",
                    remedy: "let the chain end at \(SiteRules.rootName)"
                )
            }
            next = parent.parent
        }
    }

    private func checkFits(_ entry: CircuitEntry, _ byID: [CircuitID: CircuitEntry]) {
        guard let own = entry.limit else { return }
        for phase in Phase.allCases where entry.otherLoad[phase] > own[phase] {
            return entry.reader.report(
                "other_load",
                "is above the circuit's own limit of \(own[phase]) on \(phase)",
                remedy: "write at most \(own[phase].decimal)"
            )
        }
        let isBelowRoot = entry.parent.text == SiteRules.rootName
        guard let parentLimit = isBelowRoot ? limit : byID[entry.parent]?.limit else { return }
        for phase in Phase.allCases where own[phase] > parentLimit[phase] {
            return entry.reader.report(
                "limit",
                "is above the \(parentLimit[phase]) of the circuit that feeds it on \(phase)",
                remedy: "write at most \(parentLimit[phase].decimal)"
            )
        }
    }

    private func unknownCircuit(_ id: CircuitID, _ key: String, _ reader: MappingReader, _ known: [CircuitID]) {
        let names = Set([SiteRules.rootName] + known.map(\.text)).sorted()
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
        _ circuits: [CircuitEntry],
        _ entries: [StationEntry],
        _ cap: PerPhase<Amperes>?,
        _ rules: ChargingRules
    ) -> Site? {
        checkCircuits(circuits)
        checkNames(entries)
        checkAddresses(entries)
        let known = circuits.compactMap(\.id)
        for entry in entries {
            if entry.circuit.text != SiteRules.rootName, !known.contains(entry.circuit) {
                unknownCircuit(entry.circuit, "circuit", entry.reader, known)
            }
            for socket in entry.sockets { checkSocket(socket, of: entry) }
        }
        let shares = ShareRules(root: root, safe: safe, stations: entries, circuits: circuits)
        shares.check()
        warnings += shares.warnings
        guard root.faults.isEmpty, let limit, let safe, let meter else { return nil }
        return Site(
            circuits: [Circuit(id: CircuitID(SiteRules.rootName), limit: limit)] + circuits.compactMap(\.circuit),
            stations: entries.compactMap(\.station),
            sockets: shares.sockets,
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
            if let id = entry.id, !stations.insert(id).inserted {
                entry.reader.report("id", "is used twice", remedy: "give every station a name of its own")
            }
            for socket in entry.sockets {
                guard let id = socket.id, !sockets.insert(id).inserted else { continue }
                socket.reader.report("id", "is used twice", remedy: "give every socket a name of its own")
            }
        }
    }

    private func checkAddresses(_ entries: [StationEntry]) {
        var owners: [String: String] = [:]
        // Names of machines do not tell capitals from small letters.
        if let meter { owners[SiteRules.endpoint(meter.host, meter.port).lowercased()] = "the meter" }
        for entry in entries {
            if let host = entry.host, let port = entry.port {
                let endpoint = SiteRules.endpoint(host, port).lowercased()
                if let owner = owners[endpoint] {
                    entry.reader.report(
                        "host",
                        "with port \(port) is already \(owner)",
                        remedy: "give every device its own address or port"
                    )
                }
                owners[endpoint] = entry.id.map { "station \($0)" } ?? "another station"
            }
            checkUnits(entry)
        }
    }

    private func checkUnits(_ entry: StationEntry) {
        var units: Set<UInt8> = []
        for socket in entry.sockets {
            guard let unit = socket.unit, !units.insert(unit).inserted else { continue }
            socket.reader.report(
                "unit",
                "is used by two sockets of the station",
                remedy: "write the unit identifier that the station gives this socket"
            )
        }
    }

    private func checkSocket(_ socket: SocketEntry, of station: StationEntry) {
        let reader = socket.reader
        if let safe = socket.chosenSafe, safe > .zero, safe < socket.minimum {
            reader.report(
                "safe_current",
                "is below the socket's minimum of \(socket.minimum)",
                remedy: "write 0 or at least \(socket.minimum.decimal)"
            )
        }
        guard let maximum = socket.maximum else { return }
        if let highest = station.maximum, maximum > highest {
            reader.report(
                "max_current",
                "is above the station's \(highest)",
                remedy: "write at most \(highest.decimal)"
            )
        }
        if let highest = station.profile?.setpoint.maximum, maximum > highest {
            reader.report(
                "max_current",
                "is above the \(highest) that the station can be told",
                remedy: "write at most \(highest.decimal)"
            )
        }
        if socket.minimum > maximum {
            reader.report(
                "min_current",
                "is above max_current, \(maximum)",
                remedy: "write at most \(maximum.decimal)"
            )
        }
        if let safe = socket.chosenSafe, safe > maximum {
            reader.report(
                "safe_current",
                "is above max_current, \(maximum)",
                remedy: "write at most \(maximum.decimal)"
            )
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
