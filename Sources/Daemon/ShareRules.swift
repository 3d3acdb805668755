// SPDX-License-Identifier: Apache-2.0
import Balancing
import Devices
import Documents
import Quantities

/// What the sockets fall to by themselves, and whether the site and every circuit can hold that.
///
/// Nobody watches any more when it happens, so the sums must fit beforehand (hazards A.1 rule 4, K03).
struct ShareRules {
    /// A socket with its station and its share.
    private struct Holder {
        var station: StationEntry
        var socket: SocketEntry
        /// The circuits that feed it, as indices.
        var path: [Int]
        var share = Amperes.zero
        /// The circuit that had no room for its minimum.
        var blockedBy: CircuitID?

        /// The safe current that does not depend on what is free: written down, or the maximum where setpoints never
        /// lapse.
        var chosen: Amperes? { station.keepsSetpoints ? socket.maximum : socket.chosenSafe }
    }

    private let root: MappingReader
    private let safe: Amperes?
    private let circuits: [CircuitEntry]
    private var holders: [Holder]
    private var sums = PerPhase<Amperes>.zero
    /// The sums of the shares below each circuit.
    private var circuitSums: [PerPhase<Amperes>]

    /// Gives every socket its chosen safe current, or its minimum in order while that fits everywhere.
    init(root: MappingReader, safe: Amperes?, stations: [StationEntry], circuits: [CircuitEntry]) {
        self.root = root
        self.safe = safe
        self.circuits = circuits
        circuitSums = Array(repeating: .zero, count: circuits.count)
        holders = stations.flatMap { station in
            let path = ShareRules.path(from: station.circuit, circuits)
            return station.sockets.map { Holder(station: station, socket: $0, path: path) }
        }
        for index in holders.indices {
            if let chosen = holders[index].chosen { give(chosen, to: index) }
        }
        for index in holders.indices where holders[index].chosen == nil {
            let socket = holders[index].socket
            guard socket.minimum <= socket.maximum ?? socket.minimum, siteHolds(socket) else { continue }
            holders[index].blockedBy = holders[index].path.first { !circuit($0, holds: socket) }.flatMap {
                circuits[$0].id
            }
            if holders[index].blockedBy == nil { give(socket.minimum, to: index) }
        }
    }

    /// The sockets for the balancer.
    var sockets: [Socket] { holders.compactMap { $0.station.socket($0.socket, safeCurrent: $0.share) } }

    /// Which sockets got nothing.
    var warnings: [Fault] {
        guard let safe, safe > .zero else { return [] }
        return holders.filter { $0.chosen == nil && $0.share == .zero }.map { holder in
            let reason = holder.blockedBy.map { "circuit \($0) has no room for \(holder.socket.minimum) more" }
            let reader = holder.socket.reader
            return Fault(
                file: root.faults.file,
                line: reader.node.line,
                column: reader.node.column,
                keyPath: reader.keyPath,
                message: "gets a safe current of 0 A: \(reason ?? "\(safe) are shared by the sockets before it")"
            )
        }
    }

    /// Reports the first sum that does not fit the site, and the first of each circuit.
    func check() {
        if let safe { checkSite(safe) }
        for (number, circuit) in circuits.enumerated() {
            guard let limit = circuit.limit else { continue }
            let (sums, room) = (circuitSums[number], limit - circuit.otherLoad)
            guard let phase = Phase.allCases.first(where: { sums[$0] > room[$0] && sums[$0] > .zero }) else { continue }
            circuit.reader.report(
                "limit",
                "leaves \(room[phase]) for charging on \(phase), but the sockets fall to more by themselves: "
                    + "\(terms(holders.filter { $0.path.contains(number) }, phase)) = \(sums[phase])",
                remedy: "lower the sockets' safe_current, or write at least "
                    + (sums[phase] + circuit.otherLoad[phase]).decimal
            )
        }
    }

    private func checkSite(_ safe: Amperes) {
        guard let phase = Phase.allCases.first(where: { sums[$0] > safe }) else { return }
        root.report(
            "safe_current",
            "does not hold what the sockets fall to by themselves on \(phase): "
                + "\(terms(holders, phase)) = \(sums[phase])",
            remedy: "lower the sockets' safe_current, or write at least \(sums[phase].decimal)"
        )
    }

    // MARK: Sums

    private mutating func give(_ share: Amperes, to index: Int) {
        holders[index].share = share
        for phase in holders[index].socket.phases {
            sums[phase] = sums[phase] + share
            for circuit in holders[index].path { circuitSums[circuit][phase] = circuitSums[circuit][phase] + share }
        }
    }

    private func siteHolds(_ socket: SocketEntry) -> Bool {
        socket.phases.allSatisfy { sums[$0] + socket.minimum <= safe ?? .zero }
    }

    private func circuit(_ number: Int, holds socket: SocketEntry) -> Bool {
        guard let limit = circuits[number].limit else { return true }
        let room = limit - circuits[number].otherLoad
        return socket.phases.allSatisfy { circuitSums[number][$0] + socket.minimum <= room[$0] }
    }

    /// The circuits from one up to the grid connection, which is not among them.
    private static func path(from circuit: CircuitID, _ circuits: [CircuitEntry]) -> [Int] {
        var path: [Int] = []
        var next = circuit
        // A circle is refused elsewhere; here it only must end.
        while let number = circuits.firstIndex(where: { $0.id == next }), !path.contains(number) {
            path.append(number)
            next = circuits[number].parent
        }
        return path
    }

    private func terms(_ holders: [Holder], _ phase: Phase) -> String {
        let terms = holders.filter { $0.socket.phases.contains(phase) && $0.share > .zero }
            .map { holder in
                let name = holder.socket.id?.text ?? holder.socket.reader.keyPath
                let why = holder.station.keepsSetpoints ? " (its maximum: the station keeps its last setpoint)" : ""
                return "\(name) \(holder.share.decimal)\(why)"
            }
        let rest = terms.count - ShareRules.mostTerms
        return terms.prefix(ShareRules.mostTerms).joined(separator: " + ") + (rest > 0 ? " + \(rest) more" : "")
    }

    /// Nobody reads the sum of a hundred sockets.
    private static let mostTerms = 12
}
