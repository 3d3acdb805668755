// SPDX-License-Identifier: Apache-2.0
public import Quantities

/// A charging station as its power side: what it offers its cars, by which setpoint, and for how long.
///
/// A value that is moved in time by ``advance(to:)``; every other call acts at the instant of the last advance. Registers
/// and sockets of a network are the business of `Emulation`.
public struct VirtualStation: Hashable, Sendable {
    /// Why a write changed nothing.
    public enum WriteRefusal: Error, Hashable, Sendable {
        /// The station refuses every write (a fault that was set).
        case refused
        /// The value is not one this setting can have.
        case value
        /// The installer did not allow it.
        case notAllowed
    }

    /// What a client can learn about a socket.
    public struct SocketStatus: Hashable, Sendable {
        /// Whether the socket is in service.
        public var isOperative: Bool
        /// The state of the control pilot.
        public var state: ControlPilotState
        /// What the station says it offers; see ``StationFaults/liesAboutApplied``.
        public var applied: Amperes
        /// The setpoint as it reads back: 0 before the first write, the safe current once it has lapsed.
        public var setpoint: Amperes
        /// How long the setpoint stays valid.
        public var validityRemaining: Duration
        /// What applies when it is not.
        public var safeCurrent: Amperes
        /// Whether the setpoint takes part in what is applied.
        public var isAccountedFor: Bool
        /// How many conductors the car gets: 1 or 3.
        public var conductors: Int
        /// The current in each conductor.
        public var currents: PerPhase<Amperes>
        /// What the socket's meter counted.
        public var energy: WattHours
    }

    /// The least current that a control pilot can signal.
    public static let leastCurrent = Amperes(6)
    /// The most sockets of one station; its units count from 1 and 200 is the station itself.
    public static let mostSockets = 16
    /// The most that can be written as a setpoint; far above any socket.
    public static let highestSetpoint = Amperes(1000)

    /// The most all sockets offer together, per conductor.
    public var maximumCurrent: Amperes { didSet { settle() } }
    /// What is wrong with it.
    public var faults = StationFaults() {
        didSet {
            if faults.otherWriter != oldValue.otherWriter { nextForeignWrite = now }
            settle()
        }
    }
    /// A further limit for all sockets together that somebody else set, such as that of a network.
    public var networkLimit: Amperes? { didSet { settle() } }
    /// The sockets, the left one first.
    public private(set) var sockets: [VirtualSocket]
    /// The instant of the last advance.
    public private(set) var now: Instant

    private var bootedAt: Instant
    private var nextForeignWrite: Instant?

    /// Creates a station that starts at an instant, without cars.
    public init(
        sockets: [VirtualSocket.Settings] = [VirtualSocket.Settings()],
        maximumCurrent: Amperes = Amperes(32),
        startedAt instant: Instant = .start
    ) {
        precondition(
            (1...VirtualStation.mostSockets).contains(sockets.count),
            "a station has 1 to \(VirtualStation.mostSockets) sockets, not \(sockets.count)"
        )
        self.sockets = sockets.map(VirtualSocket.init)
        self.maximumCurrent = maximumCurrent
        now = instant
        bootedAt = instant
        settle()
    }

    /// Whether it is starting up and neither charges nor answers.
    public var isDown: Bool { now < bootedAt }

    /// How long it has been running.
    public var uptime: Duration { max(.zero, now - bootedAt) }

    /// What a client can learn about a socket, counted from 0.
    public func status(ofSocket index: Int) -> SocketStatus {
        let socket = sockets[index]
        let remaining = socket.validityRemaining(at: now)
        let isValid = remaining > .zero
        return SocketStatus(
            isOperative: socket.isOperative,
            state: socket.state,
            applied: faults.liesAboutApplied ? (socket.setpoint ?? socket.applied) : socket.applied,
            setpoint: socket.setpoint.map { isValid ? $0 : socket.settings.safeCurrent } ?? .zero,
            validityRemaining: remaining,
            safeCurrent: socket.settings.safeCurrent,
            isAccountedFor: isValid && (faults.liesAboutApplied || !faults.ignoresSetpoints),
            conductors: socket.chosenConductors,
            currents: socket.currents,
            energy: socket.energy
        )
    }

    /// Lives on to an instant; setpoints lapse, cars follow, contactors open on the way.
    ///
    /// An instant before ``now`` changes nothing.
    public mutating func advance(to instant: Instant) {
        while now < instant {
            now = min(instant, nextTurn ?? instant)
            writeForeignSetpoint()
            if now >= bootedAt { for index in sockets.indices { sockets[index].regainPower() } }
            settle()
        }
    }

    /// Gives a socket a setpoint, valid for the socket's validity time from now.
    ///
    /// - Parameters:
    ///   - setpoint: Zero pauses; so does everything below 6 A.
    ///   - index: The socket, counted from 0.
    /// - Throws: Why nothing changed.
    public mutating func write(setpoint: Amperes, socket index: Int) throws(WriteRefusal) {
        guard !faults.refusesWrites else { throw .refused }
        guard (.zero...VirtualStation.highestSetpoint).contains(setpoint) else { throw .value }
        sockets[index].write(setpoint, at: now, delay: faults.applyDelay)
        settle()
    }

    /// Chooses how many conductors a socket uses: 1 or 3.
    public mutating func choose(conductors: Int, socket index: Int) throws(WriteRefusal) {
        guard !faults.refusesWrites else { throw .refused }
        guard sockets[index].settings.allowsPhaseChoice else { throw .notAllowed }
        guard conductors == 1 || conductors == 3 else { throw .value }
        sockets[index].choose(conductors: conductors)
    }

    /// Connects a car; one that was there leaves.
    public mutating func plugIn(_ car: Car, socket index: Int) {
        sockets[index].plugIn(car)
        settle()
    }

    /// Disconnects the car, if there is one.
    @discardableResult
    public mutating func unplug(socket index: Int) -> Car? {
        let car = sockets[index].unplug()
        settle()
        return car
    }

    /// Takes a socket in or out of service.
    public mutating func setOperative(_ isOperative: Bool, socket index: Int) {
        sockets[index].isOperative = isOperative
        settle()
    }

    /// Restarts: setpoints are lost, nothing charges for a while, and then the safe current applies.
    public mutating func reboot(downtime: Duration = .seconds(20)) {
        bootedAt = now + downtime
        for index in sockets.indices {
            sockets[index].losePower()
            if downtime <= .zero { sockets[index].regainPower() }
        }
        settle()
    }

    private var nextTurn: Instant? {
        let turns = sockets.compactMap { $0.nextTurn(after: now) } + [bootedAt, nextForeignWrite].compactMap(\.self)
        return turns.filter { $0 > now }.min()
    }

    private mutating func writeForeignSetpoint() {
        guard let writer = faults.otherWriter, sockets.indices.contains(writer.socket) else { return }
        guard !isDown, now >= nextForeignWrite ?? now else { return }
        // Not more often than ten times a second, or an advance would never end.
        nextForeignWrite = now + max(writer.period, .milliseconds(100))
        sockets[writer.socket].write(writer.setpoint, at: now, delay: faults.applyDelay)
    }

    /// Offers every socket what it may have at this instant.
    private mutating func settle() {
        for index in sockets.indices { sockets[index].takeDueSetpoints(at: now) }
        let limits = sockets.map { $0.car == nil ? .zero : $0.ownLimit(at: now, faults: faults) }
        let shares = VirtualStation.shares(of: min(maximumCurrent, networkLimit ?? maximumCurrent), among: limits)
        for index in sockets.indices {
            let own = sockets[index].ownLimit(at: now, faults: faults)
            // A socket without a car shows what a car would get, and takes nothing from its neighbours.
            let offer = sockets[index].car == nil ? min(own, maximumCurrent) : shares[index]
            sockets[index].advance(to: now, offered: offer)
        }
    }

    /// Divides a current evenly: who needs less than an even part leaves the rest to the others.
    static func shares(of total: Amperes, among limits: [Amperes]) -> [Amperes] {
        var shares = limits
        var left = total.milliamperes
        var count = limits.count
        for index in limits.indices.sorted(by: { (limits[$0], $0) < (limits[$1], $1) }) {
            let share = min(limits[index].milliamperes, max(0, left) / count)
            shares[index] = Amperes(milliamperes: share)
            left -= share
            count -= 1
        }
        return shares
    }
}
