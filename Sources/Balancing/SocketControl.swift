// SPDX-License-Identifier: Apache-2.0
import Quantities

/// What the balancer remembers of one socket between two decisions.
struct SocketControl: Sendable {
    let socket: Socket

    // What the station told last.
    var report: SocketReport?
    var hasReported: Bool { report != nil }
    var vehicle: VehicleState { report?.vehicle ?? .absent }

    // What was ordered last.
    var offer = Amperes.zero
    var lastSequence = 0
    var sentAt: Instant?
    var raisedAt: Instant?
    var mustWrite = false
    var bound = BindingLimit.notCharging
    var why = ""

    // Turns.
    var servedSince: Instant?
    var waitingSince: Instant?
    var pausedAt: Instant?
    /// The row that had no room when it was last looked at for a turn.
    var blockedRow: Int?

    /// The gradual return: from this current at this instant, 1 A each step interval.
    var ceilingStart: (current: Amperes, at: Instant)?

    // What the vehicle showed.
    var demand = VehicleDemand()
    var history = DrawHistory()

    /// Higher offers that were lowered a moment ago, with the instant: a vehicle may still be following them.
    var lowered: [(current: Amperes, at: Instant)] = []
    /// Since when the socket has drawn or applied more than it was ordered.
    var disobeysSince: Instant?
    var isDisobedient = false
    /// The setpoint that the station refused; `nil` once it has shown a later one in force.
    var refusedSequence: Int?
    /// When a setpoint was last lost on the way; the station cannot account for what it never got.
    var lostAt: Instant?

    init(_ socket: Socket) {
        var socket = socket
        // Rounded up, so that an offer of the minimum is not rounded down to less than it.
        socket.minimum = -(-socket.minimum).roundedDown(toMultipleOf: socket.resolution)
        self.socket = socket
    }

    /// Whether the vehicle is there and would take current.
    var wantsCurrent: Bool { vehicle.isConnected }

    /// The ceiling of the gradual return; `nil` when it is over.
    func ceiling(at now: Instant, rules: ChargingRules) -> Amperes? {
        guard let start = ceilingStart else { return nil }
        let steps = Int((now - start.at) / rules.returnStepInterval)
        return start.current + Amperes(max(0, steps))
    }

    /// The phases of the site that the vehicle loads; all connected ones while that is not known.
    var loadedPhases: [Phase] {
        guard let rotation = socket.rotation else { return Phase.allCases }
        let used = zip(Phase.allCases, rotation.phases).filter { demand.uses($0.0) }.map(\.1)
        return used.isEmpty ? rotation.phases : used
    }

    /// The measured draw of the socket moved to the phases of the site.
    ///
    /// Where the wiring is unknown, the largest conductor counts on every phase, as its offer does: on a phase that the
    /// vehicle does not load the two cancel, so that no phase gets more than its reading leaves.
    func onSite(_ conductors: PerPhase<Amperes>) -> PerPhase<Amperes> {
        guard let rotation = socket.rotation else { return PerPhase(repeating: conductors.maximum) }
        return rotation.onSite(conductors, empty: .zero)
    }
}

/// What a socket has drawn lately, so that it can be taken out of a meter reading at the reading's own instant.
struct DrawHistory: Sendable {
    private struct Entry: Sendable {
        var at: Instant
        var currents: PerPhase<Amperes>
    }

    /// Draws are kept for as long as readings can be late, with room for ten a second.
    private static let keptFor = Duration.seconds(30)
    private static let mostEntries = 300
    /// A draw measured this close to the meter's instant counts as measured with it.
    private static let window = Duration.milliseconds(600)

    private var entries: [Entry] = []

    /// Takes a measurement.
    ///
    /// - Returns: Whether it is newer than the last one.
    mutating func append(_ currents: PerPhase<Amperes>, at instant: Instant) -> Bool {
        if let last = entries.last, instant <= last.at { return false }
        entries.append(Entry(at: instant, currents: currents))
        let oldest = instant - DrawHistory.keptFor
        let outdated = entries.prefix { $0.at < oldest }.count
        entries.removeFirst(max(outdated, entries.count - DrawHistory.mostEntries))
        return true
    }

    /// Whether a draw was measured after an instant; without one the socket may have moved meanwhile.
    func isKnown(after instant: Instant) -> Bool { entries.last.map { $0.at >= instant } ?? false }

    /// Whether the newest draw is too old to tell what the socket drew at an instant (hazard S03).
    func isOutdated(at instant: Instant, after time: Duration) -> Bool {
        entries.last.map { instant - $0.at > time } ?? true
    }

    /// The least and the most the socket drew around an instant, per conductor; `nil` when nothing is known.
    func envelope(at instant: Instant) -> (lowest: PerPhase<Amperes>, highest: PerPhase<Amperes>)? {
        let near = entries.filter { abs(seconds: $0.at - instant) <= DrawHistory.window }
        let before = entries.last { $0.at <= instant }
        let after = entries.first { $0.at >= instant }
        let candidates = near + [before, after].compactMap { $0 }
        guard let first = candidates.first?.currents else { return nil }
        return candidates.dropFirst().reduce((first, first)) { envelope, entry in
            (
                PerPhase.each { min(envelope.0[$0], entry.currents[$0]) },
                PerPhase.each { max(envelope.1[$0], entry.currents[$0]) }
            )
        }
    }

    private func abs(seconds duration: Duration) -> Duration { duration < .zero ? .zero - duration : duration }
}

/// What the vehicle at a socket has shown: which conductors it uses and how much it takes.
struct VehicleDemand: Sendable {
    /// The most the vehicle has shown to take, with room to show more; `nil` while it takes all it is offered.
    private(set) var maximum: Amperes?
    /// Whether it takes nothing although it may.
    private(set) var isNotTaking = false
    private var unused: Set<Phase> = []
    private var idleSince: PerPhase<Instant?> = PerPhase(repeating: nil)
    private var takesLessSince: Instant?
    private var takesNothingSince: Instant?
    private var growth = Amperes(2)

    /// A conductor that carries this much is used.
    private static let used = Amperes(milliamperes: 1500)
    /// A conductor below this for ``unusedAfter``, while another carries ``clearlyUsed``, is not used.
    private static let idle = Amperes(milliamperes: 500)
    private static let clearlyUsed = Amperes(4)
    private static let unusedAfter = Duration.seconds(15)
    /// A vehicle this close to its known maximum may want more.
    private static let reach = Amperes(1)
    /// Below this a vehicle takes nothing.
    private static let nothing = Amperes(1)

    func uses(_ conductor: Phase) -> Bool { !unused.contains(conductor) }

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
            if draw[conductor] > VehicleDemand.used { unused.remove(conductor) }
            let isIdle = draw[conductor] < VehicleDemand.idle && draw.maximum > VehicleDemand.clearlyUsed
            if hasLasted(isIdle, since: &idleSince[conductor], at: now, VehicleDemand.unusedAfter) {
                unused.insert(conductor)
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
