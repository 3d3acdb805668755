// SPDX-License-Identifier: Apache-2.0
public import Balancing
import Quantities

/// Drives the balancer of this project in a plant: what a controller sees becomes events, offers become setpoints.
///
/// Each socket is a station of its own. Only the meter of the root is used, as the balancer has one meter. What a real
/// site would tell and a scenario does not know is left out: remaining validity, and whether a setpoint counts. A reading
/// that should have come and did not is a missed one; a socket that cannot be reached is a missed report.
///
/// A plant sends every setpoint again at each call, which prolongs leases beyond the balancer's last renewal by up to a
/// third of the validity. The validity that the balancer reckons with is therefore one and a half of the real one; and
/// an offer that it does not renew for as long as the real one ends here.
public struct HeadroomController: SetpointController {
    /// The balancer, for those who look on.
    public private(set) var balancer: Balancer
    private let installation: Installation
    private let ids: [SocketID]
    private let stations: [StationID]
    private let meter: Int?
    private let meterPeriod: Double
    private let allowance: Double
    private let indexOfSocket: [SocketID: Int]

    private var offers: [(current: Double, at: Double)]
    private var lastSampled = -Double.infinity
    private var lastNews = 0.0

    /// Creates the controller of a site.
    ///
    /// - Parameter installation: The site. Of its parameters those of ``rules(_:)`` are used.
    public init(_ installation: Installation) {
        self.installation = installation
        ids = installation.sockets.map { SocketID($0.id) }
        stations = installation.sockets.map { StationID($0.id) }
        meter = installation.rootMeter
        meterPeriod = max(meter.map { installation.meters[$0].period } ?? 1, installation.controlPeriod)
        // A reading may stand for half a step more than it shows.
        allowance = meter.map { installation.meters[$0].resolution / 2 } ?? 0
        indexOfSocket = Dictionary(uniqueKeysWithValues: ids.enumerated().map { ($1, $0) })
        offers = Array(repeating: (0, 0), count: ids.count)
        balancer = Balancer(HeadroomController.site(installation), at: .start)
    }

    /// Decides.
    public mutating func decide(_ seen: Observation, _ setpoints: inout [Double]) {
        let now = HeadroomController.instant(seen.time)
        for index in seen.sockets.indices { tell(index, seen, at: now) }
        tellMeter(seen, at: now)
        if let deadline = balancer.nextDeadline, deadline <= now { tell(.deadlineReached, seen.time, at: now) }
        for index in setpoints.indices {
            let socket = installation.sockets[index]
            let isOver = seen.time - offers[index].at >= socket.timeout
            setpoints[index] = isOver ? min(offers[index].current, socket.fallback) : offers[index].current
        }
    }

    private mutating func tell(_ index: Int, _ seen: Observation, at now: Instant) {
        let socket = seen.sockets[index]
        guard socket.isReachable else {
            return tell(.stationMissed(stations[index], cause: "no answer"), seen.time, at: now)
        }
        let isOffered = socket.setpoint >= 6
        let vehicle: VehicleState =
            !socket.isConnected ? .absent : !isOffered ? .waiting : socket.wants ? .charging : .ready
        let report = SocketReport(
            socket: ids[index],
            vehicle: vehicle,
            applied: Amperes(roundingDown: socket.setpoint),
            setpoint: Amperes(roundingDown: socket.setpoint),
            currents: socket.reading.map { HeadroomController.perPhase($0.currents) },
            measuredAt: socket.reading.map { HeadroomController.instant($0.time) } ?? now
        )
        tell(.stationReported(StationReport(station: stations[index], sockets: [report])), seen.time, at: now)
    }

    private mutating func tellMeter(_ seen: Observation, at now: Instant) {
        guard let meter else { return }
        if let reading = seen.meters[meter], reading.time > lastSampled {
            lastSampled = reading.time
            lastNews = seen.time
            let currents = HeadroomController.perPhase(reading.currents + Triple(repeating: allowance))
            let sample = MeterSample(sampledAt: HeadroomController.instant(reading.time), currents: currents)
            tell(.measured(sample), seen.time, at: now)
        } else if seen.time - lastNews >= 1.5 * meterPeriod {
            // A reading that is late by less than half a period is no missed one; from then on one is, each period.
            lastNews += meterPeriod
            tell(.measurementMissed(MissedMeasurement(cause: "no reading")), seen.time, at: now)
        }
    }

    private mutating func tell(_ event: Event, _ time: Double, at now: Instant) {
        for case .offer(let offer) in balancer.handle(event, at: now) {
            guard let index = indexOfSocket[offer.socket] else { continue }
            offers[index] = (offer.current.amperes, time)
        }
    }

    // MARK: The site

    /// The rules of the balancer, with what the scenario's controller object says of them: `margin_a`,
    /// `fresh_sample_s`, `loss_after_s`, `increase_hold_s`, `increase_interval_s`, `pause_delay_s`, `alternating_s`,
    /// `return_step_s`.
    public static func rules(_ parameters: [String: Double]) -> ChargingRules {
        var rules = ChargingRules()
        if let margin = parameters["margin_a"].flatMap({ Amperes(roundingUp: $0) }) { rules.margin = margin }
        if let time = parameters["fresh_sample_s"] { rules.freshSample = .milliseconds(Int(time * 1000)) }
        if let time = parameters["loss_after_s"] { rules.lossAfter = .milliseconds(Int(time * 1000)) }
        if let time = parameters["increase_hold_s"] { rules.increaseHold = .milliseconds(Int(time * 1000)) }
        if let time = parameters["increase_interval_s"] { rules.increaseInterval = .milliseconds(Int(time * 1000)) }
        if let time = parameters["pause_delay_s"] { rules.pauseDelay = .milliseconds(Int(time * 1000)) }
        if let time = parameters["alternating_s"] { rules.alternatingPeriod = .milliseconds(Int(time * 1000)) }
        if let time = parameters["return_step_s"] { rules.returnStepInterval = .milliseconds(Int(time * 1000)) }
        return rules
    }

    /// The parameters that ``rules(_:)`` knows, with what each may be.
    public static let parameters: [String: ClosedRange<Double>] = [
        "margin_a": 0...1000, "fresh_sample_s": 0.1...600, "loss_after_s": 0.1...600, "increase_hold_s": 0...600,
        "increase_interval_s": 0...600, "pause_delay_s": 0...3600, "alternating_s": 1...86_400,
        "return_step_s": 0.1...600,
    ]

    private static func site(_ installation: Installation) -> Site {
        let circuits = installation.circuits.map { circuit in
            Circuit(
                id: CircuitID(circuit.id),
                parent: circuit.parent.map { CircuitID(installation.circuits[$0].id) },
                limit: PerPhase(repeating: current(circuit.limit))
            )
        }
        let stations = installation.sockets.map { socket in
            Station(
                id: StationID(socket.id),
                circuit: circuits[socket.circuit].id,
                maximum: current(socket.maximum),
                validity: .milliseconds(Int(socket.timeout * 1500))
            )
        }
        let sockets = installation.sockets.map { socket in
            let step = max(current(socket.resolution), Amperes(milliamperes: 1))
            return Socket(
                id: SocketID(socket.id),
                station: StationID(socket.id),
                rotation: rotation(socket.phases),
                maximum: current(socket.maximum),
                safeCurrent: socket.fallback >= 6 ? current(min(socket.fallback, socket.maximum)) : .zero,
                resolution: step
            )
        }
        return Site(
            circuits: circuits,
            stations: stations,
            sockets: sockets,
            safeCurrent: current(installation.safeCurrent),
            networkCap: circuits[0].limit,
            meter: MeterName(unit: 1, endpoint: "scenario"),
            rules: rules(installation.parameters)
        )
    }

    /// One or three conductors; two, and wiring that is not known, count on every phase.
    private static func rotation(_ phases: [Int]) -> PhaseRotation? {
        guard phases.count != 2 else { return nil }
        return PhaseRotation(phases.map { "L\($0 + 1)" }.joined())
    }

    private static func current(_ amperes: Double) -> Amperes { Amperes(roundingDown: amperes) ?? .zero }

    private static func perPhase(_ currents: Triple) -> PerPhase<Amperes> {
        PerPhase.each { Amperes(roundingUp: currents[$0.index]) ?? Amperes(milliamperes: Amperes.limit) }
    }

    private static func instant(_ time: Double) -> Instant {
        Instant(sinceStart: .milliseconds(Int((time * 1000).rounded())))
    }
}
