// SPDX-License-Identifier: Apache-2.0
import Quantities

/// A case as sockets and rows: each row a limit on a sum of offers, in mA.
///
/// A limit of power is a row as well: watts divided by the voltage, where a socket counts once for each conductor.
struct AllocationGrid: Sendable {
    /// What a row limits.
    enum Kind: Sendable, Equatable {
        case station(StationID)
        case circuit(CircuitID, Phase)
        case circuitPower(CircuitID)
        /// The first phase may not be above the second one by more.
        case imbalance(CircuitID, Phase, over: Phase)
        case safeCurrent(Phase)
    }

    struct Row: Sendable {
        var kind: Kind
        var limit: Int
        var background = 0
        var reserved = 0
        /// What offers may use together; negative when there is nothing.
        var capacity: Int { limit - background - reserved }
    }

    /// How often a socket's offer counts in a row; negative where it helps the row.
    struct Term: Sendable, Hashable {
        var row: Int
        var factor: Int
    }

    struct Socket: Sendable {
        var source: AllocationCase.Socket
        /// The phases that must hold its offer.
        var phases: [Phase]
        var isWiringKnown: Bool
        var conductors: Int
        var minimum: Int
        var maximum: Int
        var step: Int
        var reserve = 0
        var terms: [Term] = []
        /// Whether it wants current and can charge with what it may be given.
        var isCandidate: Bool { source.state.wantsCurrent && minimum <= maximum }
    }

    let source: AllocationCase
    /// By name.
    var sockets: [Socket] = []
    var rows: [Row] = []
    /// What is not charging, of each circuit with those below.
    private(set) var backgrounds: [CircuitID: PerPhase<Amperes>] = [:]
    private var singlePhases: [CircuitID: Phase] = [:]
    private var paths: [CircuitID: [AllocationCase.Circuit]] = [:]

    var hasImbalance: Bool {
        rows.contains { if case .imbalance = $0.kind { true } else { false } }
    }

    init(_ source: AllocationCase) {
        self.source = source
        for circuit in source.circuits { paths[circuit.id] = source.path(from: circuit.id) }
        findSinglePhases()
        sockets = source.sockets.sorted { $0.id < $1.id }.map { socket($0) }
        let roots = source.circuits.filter { $0.parent == nil }
        for root in roots { _ = findBackground(of: root) }
        addStations()
        // From the leaves to the root, so that a socket meets its nearest limit first.
        let circuits = source.circuits.sorted {
            let (left, right) = (paths[$0.id]?.count ?? 0, paths[$1.id]?.count ?? 0)
            return left != right ? left > right : $0.id < $1.id
        }
        for circuit in circuits { add(circuit) }
        if source.isMeterLost, let safe = source.safeCurrent {
            for phase in Phase.allCases {
                add(Row(kind: .safeCurrent(phase), limit: safe[phase].milliamperes)) {
                    $0.phases.contains(phase) ? 1 : 0
                }
            }
        }
    }

    func isBelow(_ socket: Socket, _ circuit: CircuitID) -> Bool {
        paths[socket.source.circuit]?.contains { $0.id == circuit } ?? false
    }

    private mutating func findSinglePhases() {
        for socket in source.sockets {
            guard let phase = socket.phases?.first else { continue }
            for circuit in paths[socket.circuit] ?? [] where circuit.isSinglePhase { singlePhases[circuit.id] = phase }
        }
    }

    private func socket(_ socket: AllocationCase.Socket) -> Socket {
        let single = (paths[socket.circuit] ?? []).first { $0.isSinglePhase }
        let known = socket.phases ?? single.flatMap { singlePhases[$0.id] }.map { [$0] }
        let conductors = known?.count ?? (single == nil ? 3 : 1)
        let step = max(socket.step.milliamperes, 1)
        var maximum = min(socket.maximum, socket.request ?? socket.maximum).milliamperes
        if let power = socket.maximumPower {
            maximum = min(maximum, power.milliwatts * 1000 / source.voltage.millivolts / conductors)
        }
        var result = Socket(
            source: socket,
            phases: known ?? Phase.allCases,
            isWiringKnown: known != nil,
            conductors: conductors,
            minimum: (socket.minimum.milliamperes + step - 1) / step * step,
            maximum: maximum / step * step,
            step: step
        )
        result.reserve = reserve(socket)
        return result
    }

    private func reserve(_ socket: AllocationCase.Socket) -> Int {
        let safe = source.safeCurrent(of: socket)
        guard socket.state == .offline || socket.state == .unknown else { return 0 }
        let isOver = socket.leaseRemaining.map { $0 <= 0 } ?? (socket.granted == nil)
        return isOver ? safe.milliamperes : max(safe, socket.granted ?? socket.maximum).milliamperes
    }

    private mutating func findBackground(of circuit: AllocationCase.Circuit) -> PerPhase<Amperes> {
        var below = PerPhase<Amperes>.zero
        for child in source.circuits where child.parent == circuit.id { below = below + findBackground(of: child) }
        var background: PerPhase<Amperes>
        switch circuit.load {
        case .background(let own): background = onItsPhase(own, circuit) + below
        case .metered(let total):
            background = total
            for socket in sockets where isBelow(socket, circuit.id) { background = background - draw(socket) }
            background = onItsPhase(background, circuit)
        }
        backgrounds[circuit.id] = background
        return background
    }

    private func onItsPhase(_ load: PerPhase<Amperes>, _ circuit: AllocationCase.Circuit) -> PerPhase<Amperes> {
        guard circuit.isSinglePhase, let only = singlePhases[circuit.id] else { return load }
        return PerPhase.each { $0 == only ? load[$0] : .zero }
    }

    /// What a meter measured of a socket; where that is not sure, the least it can have been.
    private func draw(_ socket: Socket) -> PerPhase<Amperes> {
        guard var draw = socket.source.draw else { return .zero }
        if socket.source.state == .offline {
            // An old measurement: no more than what is set aside for it.
            draw = draw.map { min($0, Amperes(milliamperes: socket.reserve)) }
        }
        guard socket.isWiringKnown else { return PerPhase(repeating: draw.minimum) }
        var site = PerPhase<Amperes>.zero
        for (phase, current) in zip(socket.phases, draw.values) { site[phase] = current }
        return site
    }

    private mutating func addStations() {
        for station in source.stations.sorted(by: { $0.id < $1.id }) {
            guard let maximum = station.maximum else { continue }
            // Every vehicle uses the first conductor, so that one holds the largest sum.
            add(Row(kind: .station(station.id), limit: maximum.milliamperes)) {
                $0.source.station == station.id ? 1 : 0
            }
        }
    }

    private mutating func add(_ circuit: AllocationCase.Circuit) {
        let background = backgrounds[circuit.id] ?? .zero
        let members = sockets.map { isBelow($0, circuit.id) }
        if let limit = circuit.limit {
            for phase in Phase.allCases {
                let row = Row(
                    kind: .circuit(circuit.id, phase),
                    limit: limit[phase].milliamperes,
                    background: background[phase].milliamperes
                )
                add(row, members) { $0.phases.contains(phase) ? 1 : 0 }
            }
        }
        if let power = circuit.powerLimit {
            let isUnknown = circuit.isSinglePhase && singlePhases[circuit.id] == nil
            let total = isUnknown ? background.maximum : background.l1 + background.l2 + background.l3
            let row = Row(
                kind: .circuitPower(circuit.id),
                limit: power.milliwatts * 1000 / source.voltage.millivolts,
                background: total.milliamperes
            )
            add(row, members) { $0.conductors }
        }
        guard let imbalance = circuit.imbalance else { return }
        for phase in Phase.allCases {
            for other in Phase.allCases where other != phase {
                let row = Row(
                    kind: .imbalance(circuit.id, phase, over: other),
                    limit: imbalance.milliamperes
                )
                // On unknown wiring everything may be on one phase.
                add(row, members) { socket in
                    guard socket.isWiringKnown else { return 1 }
                    return (socket.phases.contains(phase) ? 1 : 0) - (socket.phases.contains(other) ? 1 : 0)
                }
            }
        }
    }

    private mutating func add(_ row: Row, _ members: [Bool]? = nil, _ factor: (Socket) -> Int) {
        var row = row
        for index in sockets.indices where members?[index] ?? true {
            let factor = factor(sockets[index])
            guard factor != 0 else { continue }
            // What is set aside may not be drawn either, so it never helps.
            row.reserved += max(0, factor) * sockets[index].reserve
            sockets[index].terms.append(Term(row: rows.count, factor: factor))
        }
        rows.append(row)
    }
}
