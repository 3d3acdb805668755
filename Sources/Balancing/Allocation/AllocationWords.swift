// SPDX-License-Identifier: Apache-2.0
import Quantities

/// Puts the numbers that decided an allocation into words.
struct AllocationWords {
    private let plan: AllocationPlan
    private var grid: AllocationGrid { plan.grid }

    init(_ plan: AllocationPlan) { self.plan = plan }

    /// The offer of a socket with its limit and its sentence.
    func offer(_ index: Int) -> AllocationAnswer.Offer {
        let (bound, reason) = decision(index)
        let current = Amperes(milliamperes: plan.offers[index])
        return AllocationAnswer.Offer(
            socket: grid.sockets[index].source.id,
            current: current,
            bound: bound,
            why: "\(AllocationWords.amperes(plan.offers[index])): " + reason
        )
    }

    private func decision(_ index: Int) -> (AllocationAnswer.Bound, String) {
        let socket = grid.sockets[index]
        let state = socket.source.state
        guard state.wantsCurrent else { return (.init(kind: "notCharging"), AllocationWords.idle(state)) }
        guard socket.isCandidate else {
            let (bound, reason) = ownMaximum(socket)
            return (bound, reason + ", less than the \(AllocationWords.amperes(socket.minimum)) it needs")
        }
        guard plan.isServed[index] else { return waiting(index) }
        guard plan.offers[index] + socket.step <= socket.maximum, let row = decidingRow(index) else {
            return ownMaximum(socket)
        }
        return (bound(row), sentence(row, index))
    }

    /// The full row that a served socket has no smaller part of than its equals; the first full one when there is none.
    private func decidingRow(_ index: Int) -> Int? {
        let socket = grid.sockets[index]
        let full = socket.terms.filter { $0.factor > 0 && plan.free[$0.row] < $0.factor * socket.step }.map(\.row)
        let deciding = full.first { row in
            grid.sockets.indices.allSatisfy { other in
                let equal = grid.sockets[other]
                guard plan.isServed[other], equal.source.priority == socket.source.priority,
                    plan.offers[other] > equal.minimum, equal.terms.contains(where: { $0.row == row && $0.factor > 0 })
                else { return true }
                let own = (plan.offers[index] + socket.step) * equal.source.weight
                return plan.offers[other] * socket.source.weight <= own
            }
        }
        return deciding ?? full.first
    }

    private func waiting(_ index: Int) -> (AllocationAnswer.Bound, String) {
        guard let row = shortRow(index) else { return (.init(kind: "turn"), "waits for its turn") }
        let isShared = grid.sockets.indices.contains { other in
            plan.isServed[other] && grid.sockets[other].terms.contains { $0.row == row && $0.factor > 0 }
        }
        let reason = "waits, \(shortage(index)): " + sentence(row, index)
        return (isShared ? .init(kind: "turn") : bound(row), reason)
    }

    /// What keeps a socket from being served: "not enough for 6 A on L2 of garage".
    func shortage(_ index: Int) -> String {
        let minimum = AllocationWords.amperes(grid.sockets[index].minimum)
        guard let row = shortRow(index) else { return "not enough for \(minimum)" }
        let place: String =
            switch grid.rows[row].kind {
            case .station(let id): "of station \(id)"
            case .circuit(let id, let phase): "on \(phase) of \(id)"
            case .circuitPower(let id): "within the power of \(id)"
            case .imbalance(let id, let phase, let other): "on \(phase) over \(other) of \(id)"
            case .safeCurrent(let phase): "on \(phase) within the safe current"
            }
        return "not enough for \(minimum) \(place)"
    }

    /// The row that does not hold the minimum beside the minima of those that are served.
    private func shortRow(_ index: Int) -> Int? {
        let socket = grid.sockets[index]
        for term in socket.terms where term.factor > 0 {
            if case .imbalance = grid.rows[term.row].kind { continue }
            var free = grid.rows[term.row].capacity
            for other in grid.sockets.indices where plan.isServed[other] {
                for used in grid.sockets[other].terms where used.row == term.row {
                    free -= max(0, used.factor) * grid.sockets[other].minimum
                }
            }
            if free < term.factor * socket.minimum { return term.row }
        }
        return plan.firstFullRow(index, for: socket.minimum)
    }

    private func ownMaximum(_ socket: AllocationGrid.Socket) -> (AllocationAnswer.Bound, String) {
        let source = socket.source
        let byPower = source.maximumPower.map {
            $0.milliwatts * 1000 / grid.source.voltage.millivolts / socket.conductors
        }
        let ofSocket = min(source.maximum.milliamperes, byPower ?? Int.max)
        if let request = source.request, request.milliamperes < ofSocket {
            return (.init(kind: "request"), "requested, \(AllocationWords.amperes(request.milliamperes))")
        }
        if let power = source.maximumPower, ofSocket < source.maximum.milliamperes {
            let watts = AllocationWords.plain(power.milliwatts)
            let voltage = AllocationWords.plain(grid.source.voltage.millivolts)
            return (.init(kind: "socket"), "the socket's maximum, \(watts) W / \(socket.conductors) / \(voltage) V")
        }
        return (.init(kind: "socket"), "the socket's maximum, \(AllocationWords.amperes(source.maximum.milliamperes))")
    }

    private func bound(_ row: Int) -> AllocationAnswer.Bound {
        switch grid.rows[row].kind {
        case .station(let id): .init(kind: "station", id: id.text)
        case .circuit(let id, let phase): .init(kind: "circuit", id: id.text, phase: phase)
        case .circuitPower(let id): .init(kind: "circuitPower", id: id.text)
        case .imbalance(let id, let phase, _): .init(kind: "imbalance", id: id.text, phase: phase)
        case .safeCurrent(let phase): .init(kind: "safeCurrent", phase: phase)
        }
    }

    /// The limit, and all that is taken off it; what remains is the offer, or what is missing for one.
    private func sentence(_ row: Int, _ index: Int) -> String {
        let socket = grid.sockets[index]
        let row = (number: row, value: grid.rows[row])
        let factor = socket.terms.first { $0.row == row.number }?.factor ?? 1
        let used = row.value.capacity - plan.free[row.number] - factor * plan.offers[index]
        let isPower = if case .circuitPower = row.value.kind { true } else { false }
        func text(_ milliamperes: Int) -> String {
            guard isPower else { return AllocationWords.amperes(milliamperes) }
            return AllocationWords.plain(milliamperes * grid.source.voltage.millivolts / 1000) + " W"
        }
        func part(_ milliamperes: Int, _ name: String, _ negative: String) -> String {
            if milliamperes == 0 { return "" }
            return milliamperes > 0 ? " - \(text(milliamperes)) \(name)" : " + \(text(-milliamperes)) \(negative)"
        }
        let name: String =
            switch row.value.kind {
            case .station(let id): "station \(id)"
            case .circuit(let id, let phase): "\(id) \(phase)"
            case .circuitPower(let id): "power of \(id)"
            case .imbalance(let id, let phase, let other): "imbalance of \(id), \(phase) over \(other)"
            case .safeCurrent(let phase): "safe current while the meter is lost, \(phase)"
            }
        var sentence = "\(name), \(text(row.value.limit))" + part(row.value.background, "house", "export")
        sentence += part(row.value.reserved, "reserved", "") + part(used, "other sockets", "other sockets")
        if isPower {
            sentence += " over \(factor) x \(AllocationWords.plain(grid.source.voltage.millivolts)) V"
        }
        let rest = row.value.capacity - used - factor * plan.offers[index]
        if rest != 0, plan.isServed[index] { sentence += ", in steps of \(AllocationWords.amperes(socket.step))" }
        return sentence
    }

    private static func idle(_ state: AllocationCase.State) -> String {
        switch state {
        case .unplugged: "nothing is connected"
        case .offline: "the station does not answer"
        case .unknown: "the state is not known"
        default: "the vehicle wants nothing"
        }
    }

    static func reservation(_ socket: AllocationGrid.Socket) -> String {
        guard socket.source.state == .offline else { return "state unknown, safe current" }
        let isOver = socket.source.leaseRemaining.map { $0 <= 0 } ?? (socket.source.granted == nil)
        return isOver ? "offline, at its safe current" : "offline, lease still in force"
    }

    /// "14.6 A", "25 A".
    static func amperes(_ milliamperes: Int) -> String { plain(milliamperes) + " A" }

    /// Thousandths without a needless ".0".
    static func plain(_ thousandths: Int) -> String {
        let text = Amperes(milliamperes: thousandths).decimal
        return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
    }
}
