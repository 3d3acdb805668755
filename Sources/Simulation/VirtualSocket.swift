// SPDX-License-Identifier: Apache-2.0
public import Quantities

/// One outlet of a ``VirtualStation``: its setpoint with the countdown, its contactor, and the car behind it.
///
/// Only the station moves it in time, as what a socket may draw also depends on its neighbours.
public struct VirtualSocket: Hashable, Sendable {
    /// What the installer set.
    public struct Settings: Hashable, Sendable {
        /// The most the socket offers per conductor.
        public var maximumCurrent = Amperes(16)
        /// What it offers while no setpoint is valid.
        public var safeCurrent = Amperes(6)
        /// How long a setpoint is valid after each write.
        public var validity = Duration.seconds(60)
        /// How many conductors are connected: 1 or 3.
        public var conductors = 3
        /// Whether a client may choose between one and three conductors.
        public var allowsPhaseChoice = false
        /// Whether the station interrupts the pilot of a car that stays in B2, once per offer.
        public var wakesCars = false

        /// Creates the settings as delivered.
        public init() {}
    }

    /// A car that is still in state C so long after the offer ended is cut off (EVerest's default; IEC 61851-1 A.3).
    static let contactorPatience = Duration.seconds(6)
    /// How long a car may stay in B2 before the station tries to wake it.
    static let wakePatience = Duration.seconds(30)
    /// How long the pilot is interrupted to wake a car.
    static let wakePulse = Duration.seconds(4)
    /// Setpoints that wait for ``StationFaults/applyDelay``; with more, the oldest counts early.
    static let mostWaiting = 64

    private struct Waiting: Hashable {
        var due: Instant
        var setpoint: Amperes
    }

    /// What the installer set.
    public var settings: Settings
    /// Whether it is in service; otherwise its state is F.
    public var isOperative = true
    /// The car, if one is connected.
    public private(set) var car: Car?
    /// What was written last since the station started; shown even while another value still counts.
    public private(set) var setpoint: Amperes?
    /// When the setpoint lapses.
    public private(set) var validUntil: Instant?
    /// What the socket offers: 0, or at least 6 A.
    public private(set) var applied = Amperes.zero
    /// How many conductors a client chose; at most ``Settings/conductors``.
    public private(set) var chosenConductors: Int

    private var inForce: Amperes?
    private var waiting: [Waiting] = []
    private var isContactorOpen = true
    private var endedAt: Instant?
    private var idleSince: Instant?
    private var wakingUntil: Instant?
    private var hasTriedWaking = false
    private var isPowered = true
    /// Milliwatt-hours of the cars that have left.
    private var formerEnergy = 0

    init(_ settings: Settings) {
        self.settings = settings
        chosenConductors = settings.conductors
    }

    /// The state of the control pilot.
    public var state: ControlPilotState {
        guard isPowered else { return .e }
        guard isOperative else { return .f }
        guard let car else { return .a }
        guard wakingUntil == nil else { return .e }
        switch (car.draw.pilotState, applied > .zero) {
        case (.b, false): return .b1
        case (.b, true): return .b2
        case (.c, false): return .c1
        case (.c, true): return .c2
        }
    }

    /// The current in each conductor.
    public var currents: PerPhase<Amperes> { car?.draw.currents ?? .zero }

    /// What its meter counted since it was made.
    public var energy: WattHours {
        WattHours(milliwattHours: formerEnergy + (car?.draw.energy.milliwattHours ?? 0))
    }

    /// How long the setpoint stays valid; zero when it is not.
    func validityRemaining(at time: Instant) -> Duration {
        max(.zero, (validUntil ?? time) - time)
    }

    /// The least of what the socket itself allows, before the station's share.
    func ownLimit(at time: Instant, faults: StationFaults) -> Amperes {
        guard isOperative, isPowered, wakingUntil == nil else { return .zero }
        if let validUntil, validUntil > time, let inForce, !faults.ignoresSetpoints {
            return min(inForce, settings.maximumCurrent)
        }
        return faults.ignoresSafeCurrent ? settings.maximumCurrent : min(settings.safeCurrent, settings.maximumCurrent)
    }

    /// The next instant at which something changes by itself.
    func nextTurn(after time: Instant) -> Instant? {
        let wake = settings.wakesCars && !hasTriedWaking ? idleSince.map { $0 + VirtualSocket.wakePatience } : nil
        return [
            validUntil, waiting.first?.due, wakingUntil, wake, endedAt.map { $0 + VirtualSocket.contactorPatience },
        ].compactMap(\.self).filter { $0 > time }.min()
    }
}

// What the station does with its sockets.
extension VirtualSocket {
    mutating func write(_ setpoint: Amperes, at time: Instant, delay: Duration) {
        self.setpoint = setpoint
        validUntil = time + settings.validity
        waiting.append(Waiting(due: time + delay, setpoint: setpoint))
        if waiting.count > VirtualSocket.mostWaiting { inForce = waiting.removeFirst().setpoint }
        takeDueSetpoints(at: time)
    }

    mutating func takeDueSetpoints(at time: Instant) {
        while let first = waiting.first, first.due <= time {
            inForce = first.setpoint
            waiting.removeFirst()
        }
    }

    mutating func choose(conductors: Int) {
        chosenConductors = min(conductors, settings.conductors)
        car?.suppliedConductors = chosenConductors
    }

    mutating func plugIn(_ car: Car) {
        unplug()
        self.car = car
        self.car?.suppliedConductors = chosenConductors
        hasTriedWaking = false
    }

    @discardableResult
    mutating func unplug() -> Car? {
        guard let leaving = car else { return nil }
        formerEnergy += leaving.draw.energy.milliwattHours
        car = nil
        (endedAt, idleSince, wakingUntil) = (nil, nil, nil)
        return leaving
    }

    /// Forgets what a restart forgets.
    mutating func losePower() {
        isPowered = false
        (setpoint, inForce, validUntil, wakingUntil) = (nil, nil, nil, nil)
        waiting = []
        applied = .zero
        car?.losePower()
    }

    mutating func regainPower() { isPowered = true }

    /// Lets the car live to an instant, and then offers it a current.
    mutating func advance(to time: Instant, offered: Amperes) {
        // Below 6 A the pilot has no duty cycle: nothing can be offered (IEC 61851-1, annex A).
        let offer = offered >= VirtualStation.leastCurrent ? offered : .zero
        if applied > .zero, offer == .zero { endedAt = time }
        if offer > .zero { endedAt = nil }
        applied = offer
        car?.advance(to: time, offered: offer)
        if !isPowered { car?.losePower() }
        if let endedAt, endedAt + VirtualSocket.contactorPatience <= time {
            self.endedAt = nil
            car?.losePower()
        }
        wake(at: time)
    }

    private mutating func wake(at time: Instant) {
        if let wakingUntil, wakingUntil <= time {
            self.wakingUntil = nil
            car?.wakeUp()
        }
        let state = state
        if state == .b2, car?.demand == .charge {
            idleSince = idleSince ?? time
        } else {
            idleSince = nil
            if state == .c2 { hasTriedWaking = false }
        }
        if settings.wakesCars, !hasTriedWaking, let idleSince, idleSince + VirtualSocket.wakePatience <= time {
            hasTriedWaking = true
            self.idleSince = nil
            wakingUntil = time + VirtualSocket.wakePulse
        }
    }
}
