// SPDX-License-Identifier: Apache-2.0
import Quantities

/// What the vehicle at a socket has shown: which conductors it uses and how much it takes.
struct VehicleDemand: Sendable {
    /// The most the vehicle has shown to take, with room to show more; `nil` while it takes all it is offered.
    private(set) var maximum: Amperes?
    /// Whether it takes nothing although it may.
    private(set) var isNotTaking = false
    /// The conductors that are not known to be idle.
    private(set) var used = Conductors.all
    private var idleSince: PerPhase<Instant?> = PerPhase(repeating: nil)
    private var takesLessSince: Instant?
    private var takesNothingSince: Instant?
    private var growth = Amperes(2)

    /// A conductor that carries this much is used.
    private static let usedFrom = Amperes(milliamperes: 1500)
    /// A conductor below this for ``unusedAfter``, while another carries ``clearlyUsed``, is not used.
    private static let idle = Amperes(milliamperes: 500)
    private static let clearlyUsed = Amperes(4)
    private static let unusedAfter = Duration.seconds(15)
    /// A vehicle this close to its known maximum may want more.
    private static let reach = Amperes(1)
    /// Below this a vehicle takes nothing.
    private static let nothing = Amperes(1)

    func uses(_ conductor: Phase) -> Bool { used.contains(conductor) }

    /// Room above what is taken: 1.5 A and 3 %, above the usual offset of cars below the pilot.
    private static func room(above draw: Amperes) -> Amperes {
        Amperes(milliamperes: 1500 + draw.milliamperes * 3 / 100)
    }

    /// Takes a measurement made while an offer had been in force for a while.
    mutating func observe(
        _ draw: PerPhase<Amperes>,
        offer: Amperes,
        lastRaise: Instant?,
        at now: Instant,
        _ rules: ChargingRules
    ) {
        observeConductors(draw, at: now)
        guard offer > .zero else {
            takesLessSince = nil
            takesNothingSince = nil
            return
        }
        let most = draw.maximum
        isNotTaking = hasLasted(most < VehicleDemand.nothing, since: &takesNothingSince, at: now, rules.notTakingAfter)
        let room = VehicleDemand.room(above: most)
        let takesLess = most + room < offer && (lastRaise.map { now - $0 >= rules.increaseInterval } ?? true)
        if hasLasted(takesLess, since: &takesLessSince, at: now, rules.shrinkAfter) {
            maximum = most + room
            growth = Amperes(2)
        } else if let known = maximum, most + VehicleDemand.reach >= known {
            // It reached into the room that was left: let it show more, faster each time.
            maximum = known + growth
            growth = growth + growth
        }
    }

    private mutating func observeConductors(_ draw: PerPhase<Amperes>, at now: Instant) {
        for conductor in Phase.allCases {
            if draw[conductor] > VehicleDemand.usedFrom { used.insert(conductor) }
            let isIdle = draw[conductor] < VehicleDemand.idle && draw.maximum > VehicleDemand.clearlyUsed
            if hasLasted(isIdle, since: &idleSince[conductor], at: now, VehicleDemand.unusedAfter) {
                used.remove(conductor)
            }
        }
    }

    private func hasLasted(_ condition: Bool, since: inout Instant?, at now: Instant, _ time: Duration) -> Bool {
        guard condition else {
            since = nil
            return false
        }
        let start = since ?? now
        since = start
        return now - start >= time
    }
}
