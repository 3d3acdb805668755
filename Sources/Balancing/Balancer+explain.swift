// SPDX-License-Identifier: Apache-2.0
import Quantities

extension Balancer {
    /// Why a socket is offered what it is: one sentence with the numbers that decided it; empty before the first decision.
    func why(_ index: Int) -> String { sockets[index].explanation?.sentence(sockets[index].socket, in: site) ?? "" }

    /// What stopped a socket in the division.
    func cause(_ index: Int, _ stop: Allocator.Stop, _ counted: Counted, at now: Instant) -> Explanation.Cause {
        switch stop {
        case .row(let row):
            return cause(index, row, counted)
        case .maximum:
            let maximum = sockets[index].socket.maximum
            let known = sockets[index].demand.maximum ?? maximum
            if let ceiling = ceiling(index, at: now), ceiling < maximum, ceiling <= known {
                return .gradualReturn
            }
            guard known < maximum || sockets[index].demand.isNotTaking else { return .socket }
            return .vehicle(draw: sockets[index].report?.currents?.maximum ?? .zero)
        case .notServed:
            guard sockets[index].wantsCurrent else { return .notCharging }
            if let ceiling = ceiling(index, at: now), ceiling < sockets[index].socket.minimum {
                return .gradualReturn
            }
            return turn(index, at: now)
        }
    }

    private func cause(_ index: Int, _ row: Int, _ counted: Counted) -> Explanation.Cause {
        let phase = Phase.allCases[row % 3]
        switch layout.groups[row / 3] {
        case .circuit(0) where supervisor.state.isLost:
            return .safeCurrent(phase, others: counted.others(index, row).offered)
        case .circuit(let circuit):
            let background = site.circuits[circuit].parent == nil ? budget.background?[phase] : nil
            return .circuit(circuit, phase, background: background, others: counted.others(index, row).offered)
        case .station(let station):
            // The station is named without a phase; what the others have is told of the socket's first one.
            let first = rows(of: index).first { $0 / 3 == row / 3 } ?? row
            return .station(station, others: counted.others(index, first).offered)
        case .networkCap:
            return .networkCap(phase, others: counted.others(index, row).offered)
        }
    }

    private func turn(_ index: Int, at now: Instant) -> Explanation.Cause {
        if sockets[index].isDisobedient { return .stopped }
        if let pausedAt = sockets[index].pausedAt, now - pausedAt < rules.minimumPause { return .paused }
        return .turn(
            sockets[index].blockedRow.map { layout.limit(of: $0, in: site, isMeterLost: supervisor.state.isLost) }
        )
    }

    /// Stores what decided an offer.
    mutating func explain(_ index: Int, grant: Amperes, _ cause: Explanation.Cause) {
        sockets[index].explanation = Explanation(grant: grant, cause: cause)
        sockets[index].bound = limit(cause)
    }

    private func limit(_ cause: Explanation.Cause) -> BindingLimit {
        switch cause {
        case .circuit(let index, let phase, _, _): .circuit(site.circuits[index].id, phase)
        case .station(let index, _): .station(site.stations[index].id)
        case .networkCap(let phase, _): .networkCap(phase)
        case .safeCurrent(let phase, _): .safeCurrent(phase)
        case .socket: .socket
        case .vehicle: .vehicle
        case .gradualReturn: .gradualReturn
        case .lease: .lease
        case .readings: .readings
        case .stopped, .paused, .turn: .turn
        case .notCharging: .notCharging
        case .silent: .silent
        }
    }
}
