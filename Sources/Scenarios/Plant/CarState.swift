// SPDX-License-Identifier: Apache-2.0

/// A car during its visit.
struct CarState: Sendable {
    // What follows from the visit.
    let lagTicks: Int
    let conductors: Int
    private let visit: Scenario.Visit
    private let cap: Double
    private let follow: Double
    private let rise: Double
    private let fall: Double
    private let resumeTicks: Double
    private let energyPerAmpere: Double

    // What changes.
    private(set) var current = 0.0
    /// What it has got, in kWh.
    private(set) var delivered = 0.0
    private(set) var wants = true
    private var wasAllowed = false
    private var wait = 0.0

    init(_ visit: Scenario.Visit, in scenario: Scenario) {
        let socket = scenario.sockets[visit.socket]
        self.visit = visit
        lagTicks = scenario.ticksCovering(visit.lag)
        conductors = min(visit.conductors, socket.phases.count)
        cap = min(visit.maximum, socket.maximum)
        follow = shareGone(step: scenario.step, timeConstant: visit.timeConstant)
        rise = visit.rampUp * scenario.step
        fall = visit.rampDown * scenario.step
        resumeTicks = visit.resumeDelay / scenario.step
        energyPerAmpere = Double(conductors) * scenario.voltage * scenario.step / 3.6e6
    }

    /// Passes one step.
    ///
    /// - Parameters:
    ///   - effective: The setpoint as it was before the car's dead time.
    ///   - isPowered: Whether its circuit is on.
    mutating func advance(effective: Double, isPowered: Bool) {
        let isAllowed = effective >= visit.minimum && isPowered
        if isAllowed, !wasAllowed { wait = resumeTicks }
        wasAllowed = isAllowed
        var target = 0.0
        if isAllowed, wants {
            wait -= 1
            if wait < 0 { target = self.target(effective) }
        }
        current += min(max((target - current) * follow, -fall), rise)
        if current < 0.01 { current = 0 }
        delivered += current * energyPerAmpere
        if delivered >= visit.request { wants = false }
    }

    private func target(_ effective: Double) -> Double {
        var target = min(effective - visit.undershoot, cap)
        if visit.quantum > 0 { target = (target / visit.quantum).rounded(.down) * visit.quantum }
        let charge = visit.initialCharge + delivered / visit.capacity
        if charge > visit.taperFrom {
            let share = visit.taperFrom < 1 ? (1 - charge) / (1 - visit.taperFrom) : 0
            target = min(target, visit.maximum * max(visit.taperFloor, share))
        }
        return max(target, 0)
    }

    /// What a car would have got alone, without any limit but its socket's, in kWh.
    static func aloneEnergy(_ visit: Scenario.Visit, in scenario: Scenario) -> Double {
        var car = CarState(visit, in: scenario)
        let maximum = scenario.sockets[visit.socket].maximum
        let first = max(0, scenario.ticks(visit.arrival))
        let end = min(scenario.ticks(visit.departure), scenario.tickCount)
        for _ in first..<max(first, end) {
            car.advance(effective: maximum, isPowered: true)
            if !car.wants { break }
        }
        return car.delivered
    }
}
