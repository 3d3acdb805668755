// SPDX-License-Identifier: Apache-2.0
import Quantities

extension Balancer {
    /// The limit that stopped a socket in the division.
    func binding(_ index: Int, _ stop: Allocator.Stop, at now: Instant) -> BindingLimit {
        let control = sockets[index]
        switch stop {
        case .row(let row):
            return layout.limit(of: row, in: site, isMeterLost: supervisor.state.isLost)
        case .maximum:
            if let ceiling = control.ceiling(at: now, rules: rules), ceiling < control.socket.maximum {
                let known = control.demand.maximum ?? control.socket.maximum
                if ceiling <= known { return .gradualReturn }
            }
            let known = control.demand.maximum ?? control.socket.maximum
            return known < control.socket.maximum || control.demand.isNotTaking ? .vehicle : .socket
        case .notServed:
            guard control.wantsCurrent else { return .notCharging }
            if let ceiling = control.ceiling(at: now, rules: rules), ceiling < control.socket.minimum {
                return .gradualReturn
            }
            return .turn
        }
    }

    /// Stores the limit and the sentence that go with an offer.
    ///
    /// - Parameters:
    ///   - index: The socket.
    ///   - grant: What it is offered.
    ///   - bound: The limit that decided it.
    ///   - others: What the other sockets on each row have or keep.
    ///   - now: The present instant.
    mutating func explain(_ index: Int, grant: Amperes, bound: BindingLimit, others: [Amperes], at now: Instant) {
        sockets[index].bound = bound
        sockets[index].why = "\(grant): " + reason(index, bound, others, at: now)
    }

    /// A limit as people name it: "main, L2".
    func describe(_ limit: BindingLimit) -> String {
        switch limit {
        case .circuit(let id, let phase): "\(id), \(phase)"
        case .station(let id): "station \(id)"
        case .networkCap(let phase): "the cap on all charging, \(phase)"
        case .safeCurrent(let phase): "the safe current, \(phase)"
        default: limit.kind
        }
    }

    private func reason(_ index: Int, _ bound: BindingLimit, _ others: [Amperes], at now: Instant) -> String {
        let control = sockets[index]
        switch bound {
        case .circuit(let id, let phase):
            return circuitReason(index, id, phase, others)
        case .station(let id):
            let maximum = site.stations[layout.stationOfSocket[index]].maximum
            return "station \(id), \(maximum) for its sockets together" + sum(others, boundRow(bound, index))
        case .networkCap(let phase):
            return "all charging together, \(phase), \(site.networkCap[phase])" + sum(others, boundRow(bound, index))
        case .safeCurrent(let phase):
            return "safe current while the meter is lost, \(phase), \(site.safeCurrent)"
                + sum(others, boundRow(bound, index))
        case .socket:
            return "the socket's maximum"
        case .vehicle:
            let draw = control.report?.currents?.maximum ?? .zero
            return "the vehicle takes \(draw); the rest goes to others"
        case .gradualReturn:
            return "gradual return, 1 A each \(rules.returnStepInterval.seconds) s"
        case .lease:
            return "waits until the current it takes over has surely been let go"
        case .readings:
            return "waits until readings have shown the current to be free for \(rules.increaseHold.seconds) s"
        case .turn:
            return turnReason(index, at: now)
        case .notCharging:
            return "no vehicle that wants current"
        case .silent:
            return "the station does not answer; up to \(ledger.worstCase(index, at: now)) stays reserved"
        }
    }

    private func circuitReason(_ index: Int, _ id: CircuitID, _ phase: Phase, _ others: [Amperes]) -> String {
        let row = boundRow(.circuit(id, phase), index)
        guard let circuit = site.circuits.first(where: { $0.id == id }) else { return "\(id), \(phase)" }
        var text = "\(id), \(phase), \(circuit.limit[phase])"
        if circuit.parent == nil, let background = budget.background {
            text += background[phase] < .zero ? " + export \(-background[phase])" : " - house \(background[phase])"
            text += " - margin \(rules.margin)"
        } else if circuit.unmeteredLoad[phase] > .zero {
            text += " - other load \(circuit.unmeteredLoad[phase])"
        }
        return text + sum(others, row)
    }

    private func turnReason(_ index: Int, at now: Instant) -> String {
        if sockets[index].isDisobedient { return "stopped, because it did not follow its setpoint" }
        if let pausedAt = sockets[index].pausedAt, now - pausedAt < rules.minimumPause {
            return "paused; resumes at the earliest \(rules.minimumPause.seconds) s after the pause began"
        }
        guard let row = sockets[index].blockedRow else { return "waits for its turn" }
        let limit = layout.limit(of: row, in: site, isMeterLost: supervisor.state.isLost)
        return "waits, not enough for \(sockets[index].socket.minimum) on \(describe(limit))"
    }

    private func boundRow(_ bound: BindingLimit, _ index: Int) -> Int? {
        layout.rows(of: index, using: sockets[index].loadedPhases).first {
            layout.limit(of: $0, in: site, isMeterLost: supervisor.state.isLost) == bound
        }
    }

    /// What the other sockets on a row have or keep: " - other sockets 6.0 A".
    private func sum(_ others: [Amperes], _ row: Int?) -> String {
        guard let row, others[row] != .zero else { return "" }
        return " - other sockets \(others[row])"
    }
}
