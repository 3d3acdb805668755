// SPDX-License-Identifier: Apache-2.0
import Quantities

extension AllocationCase {
    /// Refuses what contradicts itself, and sites whose safe currents do not fit.
    func check() throws(AllocationRefusal) {
        try checkCircuits()
        try checkStations()
        for index in sockets.indices { try checkSocket(index) }
        if let index = firstRepeated(sockets.map(\.id.text)) { throw repeated(.socket(index, "id")) }
        try checkPhasesOfCircuits()
        if isMeterLost, safeCurrent == nil {
            throw AllocationRefusal(
                .malformed,
                .site("safe_current_a"),
                "is missing, and the meter is lost",
                remedy: "write what all sockets together may draw then"
            )
        }
        try checkSafeCurrents()
    }

    private func checkCircuits() throws(AllocationRefusal) {
        if let index = firstRepeated(circuits.map(\.id.text)) { throw repeated(.circuit(index, "id")) }
        let places = Dictionary(circuits.enumerated().map { ($1.id, $0) }) { first, _ in first }
        let roots = circuits.indices.filter { circuits[$0].parent == nil }
        for (index, circuit) in circuits.enumerated() {
            guard let parent = circuit.parent, places[parent] == nil else { continue }
            throw AllocationRefusal(.malformed, .circuit(index, "parent"), "names circuit \(parent), which is missing")
        }
        guard let root = roots.first else {
            let message = circuits.isEmpty ? "names no circuit" : "has no root: every circuit has a parent"
            throw AllocationRefusal(.malformed, .site("circuits"), message)
        }
        if roots.count > 1 {
            throw AllocationRefusal(
                .malformed,
                .circuit(roots[1], "parent"),
                "makes a second root beside \(circuits[root].id)",
                remedy: "name the circuit that feeds it"
            )
        }
        for (index, circuit) in circuits.enumerated() {
            var above = circuit.parent
            var steps = 0
            while let id = above, let place = places[id], steps <= circuits.count {
                above = circuits[place].parent
                steps += 1
            }
            guard steps > circuits.count else { continue }
            throw AllocationRefusal(.malformed, .circuit(index, "parent"), "leads round in a circle, not to the root")
        }
        guard circuits[root].limit != nil || circuits[root].powerLimit != nil else {
            throw AllocationRefusal(
                .malformed,
                .circuit(root, "limit_a"),
                "is missing at the root",
                remedy: "write the rating of the main fuse"
            )
        }
    }

    private func checkStations() throws(AllocationRefusal) {
        if let index = firstRepeated(stations.map(\.id.text)) { throw repeated(.station(index, "id")) }
    }

    private func checkSocket(_ index: Int) throws(AllocationRefusal) {
        let socket = sockets[index]
        guard circuits.contains(where: { $0.id == socket.circuit }) else {
            throw AllocationRefusal(
                .malformed,
                .socket(index, "circuit"),
                "names circuit \(socket.circuit), which is missing"
            )
        }
        if let station = socket.station, !stations.contains(where: { $0.id == station }) {
            throw AllocationRefusal(.malformed, .socket(index, "station"), "names station \(station), which is missing")
        }
        guard socket.minimum <= socket.maximum else {
            throw AllocationRefusal(
                .malformed,
                .socket(index, "min_a"),
                "\(socket.minimum) is above the maximum, \(socket.maximum)"
            )
        }
        if let phases = socket.phases, Set(phases).count != phases.count || phases.isEmpty {
            throw AllocationRefusal(.malformed, .socket(index, "phases"), "names a phase twice or none")
        }
        if socket.state == .charging, socket.draw == nil, let circuit = meteredCircuit(above: socket) {
            throw AllocationRefusal(
                .malformed,
                .socket(index, "draw_a"),
                "is missing, and the meter of circuit \(circuit) measures this socket as well",
                remedy: "write what it draws, or give the circuit background_a"
            )
        }
    }

    private func meteredCircuit(above socket: Socket) -> CircuitID? {
        path(from: socket.circuit).first { if case .metered = $0.load { true } else { false } }?.id
    }

    /// The circuits from one up to the root.
    func path(from id: CircuitID) -> [Circuit] {
        var path: [Circuit] = []
        var next: CircuitID? = id
        while let id = next, let circuit = circuits.first(where: { $0.id == id }), path.count <= circuits.count {
            path.append(circuit)
            next = circuit.parent
        }
        return path
    }

    private func checkPhasesOfCircuits() throws(AllocationRefusal) {
        var phaseOfCircuit: [CircuitID: Phase] = [:]
        for (index, socket) in sockets.enumerated() {
            guard let phases = socket.phases else { continue }
            for circuit in path(from: socket.circuit) where circuit.isSinglePhase {
                let phase = phaseOfCircuit[circuit.id] ?? phases[0]
                phaseOfCircuit[circuit.id] = phase
                guard phases != [phase] else { continue }
                throw AllocationRefusal(
                    .malformed,
                    .socket(index, "phases"),
                    "does not fit circuit \(circuit.id), which has only \(phase)"
                )
            }
        }
    }

    /// What a socket falls to by itself.
    func safeCurrent(of socket: Socket) -> Amperes {
        socket.safeCurrent ?? stations.first { $0.id == socket.station }?.safeCurrent ?? .zero
    }

    private func checkSafeCurrents() throws(AllocationRefusal) {
        for (index, socket) in sockets.enumerated() where safeCurrent(of: socket) > socket.maximum {
            throw unsafe(
                .socket(index, "safe_a"),
                "\(safeCurrent(of: socket)) is above the socket's maximum, \(socket.maximum)"
            )
        }
        let total = safeCurrents(of: sockets)
        if let safeCurrent {
            for phase in Phase.allCases where total[phase] > safeCurrent[phase] {
                let message = "\(safeCurrent[phase]) is less than what the sockets on \(phase) fall to, \(total[phase])"
                throw unsafe(.site("safe_current_a"), message)
            }
        }
        for (index, circuit) in circuits.enumerated() {
            let below = sockets.filter { socket in path(from: socket.circuit).contains { $0.id == circuit.id } }
            try check(safeCurrents(of: below), in: circuit, index)
        }
        for (index, station) in stations.enumerated() {
            guard let maximum = station.maximum else { continue }
            let sum = sockets.filter { $0.station == station.id }.map { safeCurrent(of: $0) }.reduce(.zero, +)
            if sum > maximum {
                throw unsafe(.station(index, "max_a"), "\(maximum) is less than what its sockets fall to, \(sum)")
            }
        }
    }

    private func check(_ sum: PerPhase<Amperes>, in circuit: Circuit, _ index: Int) throws(AllocationRefusal) {
        if let limit = circuit.limit {
            for phase in Phase.allCases where sum[phase] > limit[phase] {
                let message = "\(limit[phase]) is less than what the sockets on \(phase) fall to, \(sum[phase])"
                throw unsafe(.circuit(index, "limit_a"), message)
            }
        }
        if let power = circuit.powerLimit {
            // A circuit with one phase carries unknown wiring once, not on all three.
            let total = circuit.isSinglePhase ? sum.maximum : sum.l1 + sum.l2 + sum.l3
            let watts = total.amperes * voltage.volts
            if watts > power.watts {
                throw unsafe(.circuit(index, "limit_w"), "is less than what the sockets fall to, \(Int(watts)) W")
            }
        }
        guard circuit.parent == nil, let safeCurrent, let limit = circuit.limit else { return }
        for phase in Phase.allCases where safeCurrent[phase] > limit[phase] {
            let message = "\(safeCurrent[phase]) is above the limit of the root, \(limit[phase])"
            throw unsafe(.site("safe_current_a"), message)
        }
    }

    private func safeCurrents(of sockets: [Socket]) -> PerPhase<Amperes> {
        var sum = PerPhase<Amperes>.zero
        for socket in sockets {
            for phase in socket.phases ?? Phase.allCases { sum[phase] = sum[phase] + safeCurrent(of: socket) }
        }
        return sum
    }

    private func unsafe(_ place: AllocationRefusal.Place, _ message: String) -> AllocationRefusal {
        AllocationRefusal(
            .unsafe,
            place,
            message,
            remedy: "lower safe currents, or the site is not safe without control"
        )
    }

    private func firstRepeated(_ names: [String]) -> Int? {
        var seen: Set<String> = []
        return names.firstIndex { !seen.insert($0).inserted }
    }

    private func repeated(_ place: AllocationRefusal.Place) -> AllocationRefusal {
        AllocationRefusal(.malformed, place, "is the name of another one as well", remedy: "give each its own")
    }
}
