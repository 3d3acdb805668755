// SPDX-License-Identifier: Apache-2.0
public import Quantities

/// An electric car at a socket, as the socket and the meter see it.
///
/// Call ``advance(to:offered:)`` with rising instants. The same calls give the same car, bit for bit; it knows no clock
/// and draws no random numbers. The model is that of the scenario files (dead time, start delay, ramps, taper), with
/// linear ramps in place of the exponential lag.
public struct Car: Hashable, Sendable {
    /// Whether a car would take energy.
    public enum Demand: Hashable, Sendable {
        /// It would charge if it may.
        case charge
        /// It has what it wants.
        case full
    }

    /// What the car's side of the control pilot says (IEC 61851-1, table of states).
    public enum PilotState: Hashable, Sendable {
        /// Connected, switch open.
        case b
        /// Ready to take energy, switch closed.
        case c
    }

    /// What the car does at an instant.
    public struct Draw: Hashable, Sendable {
        /// The current in each of the socket's conductors.
        public var currents: PerPhase<Amperes>
        /// Whether it would take more energy.
        public var demand: Demand
        /// Its side of the control pilot.
        public var pilotState: PilotState
        /// What it took since it was connected.
        public var energy: WattHours
    }

    /// The car's habits.
    public let settings: Settings
    /// Whether it fell asleep in a pause and needs ``wakeUp()``.
    public private(set) var isAsleep = false
    /// How many conductors the station supplies; fewer than ``Settings/conductors`` hold the car back.
    public var suppliedConductors = 3

    /// The draw moves in steps of at most this length, so that the taper follows the battery.
    static let longestStep = Duration.seconds(1)
    /// An advance over a longer time takes longer steps instead of more: a day's jump costs as much as an hour's.
    static let mostSteps = 3600
    /// Changes of the offer that the car has not noticed; more would need offers that change every 20 ms.
    static let mostUnnoticed = 256

    private struct Change: Hashable {
        var at: Instant
        var offered: Amperes
    }

    private var now: Instant?
    private var unnoticed: [Change] = []
    private var noticed = Amperes.zero
    /// When the present offer was noticed to suffice; `nil` while it does not.
    private var allowedSince: Instant?
    private var isSwitchClosed = false
    private var hasCharged = false
    /// Amperes per used conductor.
    private var current = 0.0
    /// Watt-hours in the battery, and those taken in this connection.
    private var stored: Double
    private var taken = 0.0

    /// Creates a car that has just been connected.
    public init(_ settings: Settings = Settings(), stateOfCharge: StateOfCharge = StateOfCharge(percent: 40)) {
        precondition((1...3).contains(settings.conductors), "a car uses 1 to 3 conductors, not \(settings.conductors)")
        precondition(settings.capacity.milliwattHours > 0, "a car's battery holds something")
        self.settings = settings
        stored = settings.capacity.wattHours * stateOfCharge.fraction
    }

    /// How full the battery is.
    public var stateOfCharge: StateOfCharge { StateOfCharge(permille: Int((fraction * 1000).rounded(.down))) }

    /// Whether it would take more energy.
    public var demand: Demand { fraction < settings.chargeLimit.fraction ? .charge : .full }

    /// What the car does now.
    public var draw: Draw {
        let used = min(settings.conductors, suppliedConductors)
        let drawn = Amperes(milliamperes: Int((current * 1000).rounded()))
        return Draw(
            currents: .each { $0.index < used ? drawn : .zero },
            demand: demand,
            pilotState: isSwitchClosed ? .c : .b,
            energy: WattHours(milliwattHours: Int((taken * 1000).rounded()))
        )
    }

    /// Lives on to an instant under the offer of the call before, and is then offered a current.
    ///
    /// - Parameters:
    ///   - instant: Not before that of the last call; an earlier one counts as that one.
    ///   - offered: What the station signals from now on, per conductor; zero when it signals nothing.
    /// - Returns: What the car does at the instant.
    @discardableResult
    public mutating func advance(to instant: Instant, offered: Amperes) -> Draw {
        let start = now ?? instant
        let end = max(start, instant)
        let step = max(Car.longestStep, (end - start) / Car.mostSteps)
        var time = start
        while time < end {
            notice(at: time)
            let next = min(end, time + step, nextTurn(after: time) ?? end)
            live(from: time, to: next)
            time = next
        }
        now = end
        if offered != (unnoticed.last?.offered ?? noticed) {
            unnoticed.append(Change(at: end, offered: offered))
            if unnoticed.count > Car.mostUnnoticed { noticed = unnoticed.removeFirst().offered }
        }
        notice(at: end)
        return draw
    }

    /// Loses its supply: the draw ends at once, and the next offer is a new one.
    public mutating func losePower() {
        current = 0
        unnoticed = []
        noticed = .zero
        react(at: now ?? .start)
    }

    /// Wakes a sleeping car, as a short interruption of the control pilot or a new connection does.
    public mutating func wakeUp() {
        isAsleep = false
        hasCharged = false
    }

    private var fraction: Double { stored / settings.capacity.wattHours }

    /// The next instant at which something turns other than by ramp and taper.
    private func nextTurn(after time: Instant) -> Instant? {
        let noticing = unnoticed.first.map { $0.at + settings.deadTime }
        let starting = allowedSince.map { $0 + settings.startDelay }
        return [noticing, starting].compactMap(\.self).filter { $0 > time }.min()
    }

    /// Sees the offers that are old enough, and opens or closes its switch.
    private mutating func notice(at time: Instant) {
        while let change = unnoticed.first, change.at + settings.deadTime <= time {
            noticed = change.offered
            unnoticed.removeFirst()
            react(at: change.at + settings.deadTime)
        }
        if let allowedSince, allowedSince + settings.startDelay <= time, demand == .charge, !isAsleep {
            isSwitchClosed = true
        }
        let opensInPause = allowedSince == nil && (settings.opensSwitchWhenPaused || isAsleep)
        if current == 0, isSwitchClosed, demand == .full || opensInPause { isSwitchClosed = false }
    }

    private mutating func react(at time: Instant) {
        let isAllowed = noticed >= settings.minimumCurrent && noticed > .zero
        if isAllowed, allowedSince == nil {
            allowedSince = time
        } else if !isAllowed, allowedSince != nil {
            allowedSince = nil
            if hasCharged, !settings.resumes { isAsleep = true }
        }
    }

    /// Draws and stores over a stretch in which nothing turns.
    private mutating func live(from time: Instant, to next: Instant) {
        let seconds = (next - time).seconds
        let target = target(at: time)
        let before = current
        let most = before + settings.rampUp.amperes * seconds
        let least = before - settings.rampDown.amperes * seconds
        current = min(max(target, least), most)
        if current > 0 { hasCharged = true }
        let used = Double(min(settings.conductors, suppliedConductors))
        let energy = meanCurrent(from: before, seconds: seconds) * used * settings.voltage.volts * seconds / 3600
        stored += energy
        taken += energy
    }

    /// The mean over a stretch in which the draw ramped from a value and then stayed.
    private func meanCurrent(from before: Double, seconds: Double) -> Double {
        let ramp = current > before ? settings.rampUp.amperes : settings.rampDown.amperes
        guard ramp > 0, seconds > 0 else { return current }
        let ramping = min(abs(current - before) / ramp, seconds)
        return current + (before - current) / 2 * ramping / seconds
    }

    private func target(at time: Instant) -> Double {
        guard let allowedSince, allowedSince + settings.startDelay <= time, !isAsleep, demand == .charge else {
            return 0
        }
        var offer = noticed - settings.offset
        offer = offer.roundedDown(toMultipleOf: settings.step).clampedToZero
        return min(offer.amperes, settings.maximumCurrent.amperes, taperedCurrent)
    }

    /// Falls in a straight line from the maximum where the taper starts; the floor lets the last per cent end.
    private var taperedCurrent: Double {
        let start = settings.taperStart.fraction
        guard fraction > start, start < 1 else { return settings.maximumCurrent.amperes }
        return settings.maximumCurrent.amperes * max(Car.taperFloor, (1 - fraction) / (1 - start))
    }

    /// The share of the maximum that the last of the charge still gets, as in the scenario files.
    private static let taperFloor = 0.05
}
