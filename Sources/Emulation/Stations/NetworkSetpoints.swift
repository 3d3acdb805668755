// SPDX-License-Identifier: Apache-2.0
internal import Quantities

/// The three setpoints of a network, each with its own countdown.
struct NetworkSetpoints {
    var setpoints: PerPhase<Amperes?> = PerPhase(repeating: nil)
    var validUntil: PerPhase<Instant?> = PerPhase(repeating: nil)

    mutating func write(_ setpoint: Amperes, phase: Phase, until instant: Instant) {
        setpoints[phase] = setpoint
        validUntil[phase] = instant
    }

    func remaining(at time: Instant) -> PerPhase<Duration> {
        validUntil.map { max(.zero, ($0 ?? time) - time) }
    }

    /// What counts on each phase.
    func inForce(at time: Instant, safeCurrent: Amperes) -> PerPhase<Amperes> {
        .each { phase in
            guard let until = validUntil[phase], until > time else { return safeCurrent }
            return setpoints[phase] ?? safeCurrent
        }
    }

    /// The next end of a countdown.
    func nextLapse(after time: Instant) -> Instant? {
        validUntil.values.compactMap(\.self).filter { $0 > time }.min()
    }
}
