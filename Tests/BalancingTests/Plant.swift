// SPDX-License-Identifier: Apache-2.0
import Quantities
import TestSupport

@testable import Balancing

/// A site around a balancer, for tests: house, meter, stations with setpoints that lapse, cars that follow late.
///
/// Time passes in tenths of a second. Every message can be lost, and every setpoint arrives a tenth of a second late.
struct Plant {
    /// One socket with the car behind it.
    struct Outlet {
        let socket: Socket
        /// When its station forgets a setpoint.
        let validity: Duration
        var car: Car?
        var setpoint = Amperes.zero
        var validUntil = Instant.start
        var draw = Amperes.zero
        /// What was signalled to the car lately, for the oracle of what may flow.
        var signalled: [(at: Instant, current: Amperes)] = []
        /// Ignores every setpoint and applies its maximum.
        var isDeaf = false

        func applied(at now: Instant) -> Amperes {
            if isDeaf { return socket.maximum }
            return min(now < validUntil ? setpoint : socket.safeCurrent, socket.maximum)
        }
    }

    /// A car that follows its pilot after a dead time.
    struct Car {
        var conductors = 3
        var maximum = Amperes(16)
        var deadTime = Duration.seconds(2)
    }

    var now = Instant.start
    var balancer: Balancer
    var outlets: [SocketID: Outlet]
    var house: (Instant) -> PerPhase<Amperes> = { _ in .zero }
    /// Whether the meter answers.
    var hasMeter = true
    /// Stations that cannot be reached.
    var unreachable: Set<StationID> = []
    /// Sockets whose station refuses setpoints.
    var refusing: Set<SocketID> = []
    /// Stations that have restarted since their last report.
    var restarted: Set<StationID> = []
    var notes: [(at: Instant, note: Notification)] = []
    var offersSent = 0
    private var pending: [(at: Instant, offer: Offer)] = []
    private var tenths = 0

    init(_ site: Site) {
        balancer = Balancer(site, at: .start)
        let validity = Dictionary(uniqueKeysWithValues: site.stations.map { ($0.id, $0.validity) })
        outlets = Dictionary(
            uniqueKeysWithValues: site.sockets.map {
                ($0.id, Outlet(socket: $0, validity: validity[$0.station] ?? .seconds(60)))
            }
        )
    }

    /// The controller is replaced by a new one that knows nothing.
    mutating func restartController() {
        balancer = Balancer(balancer.site, at: now)
        pending.removeAll()
    }

    mutating func plug(_ car: Car?, into socket: SocketID) { outlets[socket]?.car = car }

    /// What flows at the grid connection.
    var load: PerPhase<Amperes> {
        outlets.values.reduce(house(now)) { sum, outlet in
            sum + (outlet.socket.rotation ?? .straight).onSite(conductors(outlet), empty: .zero)
        }
    }

    /// What all cars draw together.
    var charging: PerPhase<Amperes> { load - house(now) }

    private func conductors(_ outlet: Outlet) -> PerPhase<Amperes> {
        let count = outlet.car?.conductors ?? 0
        return PerPhase.each { $0.index < count ? outlet.draw : .zero }
    }

    /// Passes time, calling back after each tenth of a second.
    mutating func run(seconds: Double, check: (Plant) -> Void = { _ in }) {
        for _ in 0..<Int(seconds * 10) {
            step()
            check(self)
        }
    }

    private mutating func step() {
        tenths += 1
        now = Instant(sinceStart: .milliseconds(tenths * 100))
        for (at, offer) in pending where at <= now { deliver(offer) }
        pending.removeAll { $0.at <= now }
        for id in outlets.keys { advance(id) }
        if let deadline = balancer.nextDeadline, deadline <= now { handle(.deadlineReached) }
        if tenths % 10 == 3 {
            for station in balancer.site.stations { report(station.id) }
        }
        guard tenths % 10 == 0 else { return }
        handle(
            hasMeter
                ? .measured(MeterSample(sampledAt: now, currents: load))
                : .measurementMissed(MissedMeasurement(cause: "no answer within 1 s"))
        )
    }

    private mutating func deliver(_ offer: Offer) {
        if refusing.contains(offer.socket) { return handle(.setpointRefused(offer.socket, cause: "illegal function")) }
        guard let outlet = outlets[offer.socket], !unreachable.contains(outlet.socket.station) else { return }
        outlets[offer.socket]?.setpoint = offer.current
        outlets[offer.socket]?.validUntil = now + outlet.validity
    }

    private mutating func advance(_ id: SocketID) {
        guard var outlet = outlets[id] else { return }
        let applied = outlet.applied(at: now)
        outlet.signalled.append((now, outlet.car == nil ? .zero : applied))
        outlet.signalled.removeAll { $0.at < now - .seconds(7) }
        let deadTime = outlet.car?.deadTime ?? .zero
        let followed = outlet.signalled.last { $0.at <= now - deadTime }?.current ?? .zero
        let maximum = outlet.car?.maximum ?? .zero
        outlet.draw = followed >= Amperes(6) ? min(followed, maximum) : .zero
        outlets[id] = outlet
    }

    private mutating func report(_ station: StationID) {
        guard !unreachable.contains(station) else {
            return handle(.stationMissed(station, cause: "no answer within 1 s"))
        }
        let reports = outlets.values.filter { $0.socket.station == station }.map { outlet in
            SocketReport(
                socket: outlet.socket.id,
                vehicle: outlet.car == nil ? .absent : outlet.applied(at: now) >= Amperes(6) ? .charging : .waiting,
                applied: outlet.applied(at: now),
                validityRemaining: max(.zero, outlet.validUntil - now),
                isAccountedFor: now < outlet.validUntil && !outlet.isDeaf,
                safeCurrent: outlet.socket.safeCurrent,
                currents: conductors(outlet),
                measuredAt: now
            )
        }
        handle(
            .stationReported(
                StationReport(station: station, hasRestarted: restarted.remove(station) != nil, sockets: reports)
            )
        )
    }

    /// A station loses its setpoints.
    mutating func restart(station: StationID) {
        restarted.insert(station)
        for (id, outlet) in outlets where outlet.socket.station == station { outlets[id]?.validUntil = .start }
    }

    private mutating func handle(_ event: Event) {
        for directive in balancer.handle(event, at: now) {
            switch directive {
            case .offer(let offer):
                pending.append((now + .milliseconds(100), offer))
                offersSent += 1
            case .notify(let note): notes.append((now, note))
            }
        }
    }

    /// The most that may flow to cars, phase by phase: the largest signal of the last seven seconds of each.
    var mayFlow: PerPhase<Amperes> {
        outlets.values.reduce(.zero) { sum, outlet in
            let most = outlet.signalled.map(\.current).max() ?? .zero
            let count = outlet.car?.conductors ?? 0
            let conductors = PerPhase.each { $0.index < count ? most : Amperes.zero }
            return sum + (outlet.socket.rotation ?? .straight).onSite(conductors, empty: .zero)
        }
    }

    func offer(_ socket: SocketID) -> Amperes { outlets[socket].map { $0.applied(at: now) } ?? .zero }
}

/// Sites for tests.
enum Sites {
    /// A house on 25 A with sockets on stations of their own.
    static func home(
        limit: Int = 25,
        safeCurrent: Int = 12,
        sockets: Int = 2,
        rotations: [String] = [],
        socketSafe: Int? = nil,
        rules: ChargingRules = ChargingRules()
    ) -> Site {
        let main = Circuit(id: "main", limit: PerPhase(repeating: Amperes(limit)))
        let stations = (1...sockets).map { Station(id: StationID("s\($0)"), circuit: "main", maximum: Amperes(32)) }
        // The minimum for each in order, while that fits.
        let shares = (1...sockets).map { number in
            socketSafe.map { Amperes($0) } ?? (number * 6 <= safeCurrent ? Amperes(6) : .zero)
        }
        let outlets = (1...sockets).map { number in
            Socket(
                id: SocketID("s\(number)-1"),
                station: StationID("s\(number)"),
                rotation: rotations.isEmpty ? .straight : PhaseRotation(rotations[number - 1]),
                maximum: Amperes(16),
                safeCurrent: shares[number - 1]
            )
        }
        return Site(
            circuits: [main],
            stations: stations,
            sockets: outlets,
            safeCurrent: Amperes(safeCurrent),
            networkCap: PerPhase(repeating: Amperes(limit)),
            meter: MeterName(unit: 5, endpoint: "192.168.0.4:502"),
            rules: rules
        )
    }
}
