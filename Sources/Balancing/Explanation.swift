// SPDX-License-Identifier: Apache-2.0
import Quantities

/// The numbers that decided an offer, kept so that the sentence is written only when somebody reads it.
struct Explanation: Sendable {
    /// What stopped the offer from being higher.
    enum Cause: Sendable {
        /// A circuit by its number, on a phase; the house's part where the circuit is metered.
        case circuit(Int, Phase, background: Amperes?, others: Amperes)
        case station(Int, others: Amperes)
        case networkCap(Phase, others: Amperes)
        case safeCurrent(Phase, others: Amperes)
        case socket
        case vehicle(draw: Amperes)
        case gradualReturn
        case lease
        case readings
        /// It was stopped for not following its setpoint.
        case stopped
        /// Its pause has just begun.
        case paused
        /// It waits; the limit is the one without room when that was last looked at.
        case turn(BindingLimit?)
        case notCharging
        case silent(worst: Amperes)
    }

    var grant: Amperes
    var cause: Cause
}

extension Explanation {
    /// One sentence: "10.5 A: main, L1, 25.0 A - house 8.0 A - margin 0.5 A - other sockets 6.0 A".
    func sentence(_ socket: Socket, in site: Site) -> String { "\(grant): " + reason(socket, in: site) }

    private func reason(_ socket: Socket, in site: Site) -> String {
        let rules = site.rules
        switch cause {
        case .circuit(let index, let phase, let background, let others):
            return circuitReason(site.circuits[index], phase, background, rules) + sum(others)
        case .station(let index, let others):
            let station = site.stations[index]
            return "station \(station.id), \(station.maximum) for its sockets together" + sum(others)
        case .networkCap(let phase, let others):
            return "all charging together, \(phase), \(site.networkCap[phase])" + sum(others)
        case .safeCurrent(let phase, let others):
            return "safe current while the meter is lost, \(phase), \(site.safeCurrent)" + sum(others)
        case .socket:
            return "the socket's maximum"
        case .vehicle(let draw):
            return "the vehicle takes \(draw); the rest goes to others"
        case .gradualReturn:
            return "gradual return, 1 A each \(rules.returnStepInterval.seconds) s"
        case .lease:
            return "waits until the current it takes over has surely been let go"
        case .readings:
            return "waits until readings have shown the current to be free for \(rules.increaseHold.seconds) s"
        case .stopped:
            return "stopped, because it did not follow its setpoint"
        case .paused:
            return "paused; resumes at the earliest \(rules.minimumPause.seconds) s after the pause began"
        case .turn(let limit):
            guard let limit else { return "waits for its turn" }
            return "waits, not enough for \(socket.minimum) on \(limit.name)"
        case .notCharging:
            return "no vehicle that wants current"
        case .silent(let worst):
            return "the station does not answer; up to \(worst) stays reserved"
        }
    }

    private func circuitReason(
        _ circuit: Circuit,
        _ phase: Phase,
        _ background: Amperes?,
        _ rules: ChargingRules
    ) -> String {
        let text = "\(circuit.id), \(phase), \(circuit.limit[phase])"
        if let background {
            let house = background < .zero ? " + export \(-background)" : " - house \(background)"
            return text + house + " - margin \(rules.margin)"
        }
        guard circuit.unmeteredLoad[phase] > .zero, circuit.parent != nil else { return text }
        return text + " - other load \(circuit.unmeteredLoad[phase])"
    }

    /// What the other sockets on a row have or keep: " - other sockets 6.0 A".
    private func sum(_ others: Amperes) -> String { others == .zero ? "" : " - other sockets \(others)" }
}

extension BindingLimit {
    /// A limit as people name it: "main, L2".
    fileprivate var name: String {
        switch self {
        case .circuit(let id, let phase): "\(id), \(phase)"
        case .station(let id): "station \(id)"
        case .networkCap(let phase): "the cap on all charging, \(phase)"
        case .safeCurrent(let phase): "the safe current, \(phase)"
        default: kind
        }
    }
}
