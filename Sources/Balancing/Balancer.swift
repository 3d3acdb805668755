// SPDX-License-Identifier: Apache-2.0
public import Quantities

/// Decides what every socket of a site may draw.
///
/// Does no I/O and knows no clock: the shell (`StationControl`) tells it facts with their instants and carries out the
/// directives it returns, each at once. Every event may be followed by any other; an event that was late, doubled or out of
/// order never raises an offer.
///
/// The law, in the order of a decision:
/// 1. *Background*: each recent reading less what the sockets drew at the reading's own instant; the highest of the last
///    seconds counts, so that a rise of the house lowers offers at once and a fall raises them calmly.
/// 2. *Rows*: what each circuit, station and the cap leave for charging on each phase. While the meter is lost, the safe
///    current takes the place of the grid connection.
/// 3. *Who*: sockets that charge go on; when their minima do not fit, somebody is paused; who waits longest resumes first,
///    and takes over from who has charged longest after the alternating period.
/// 4. *How much*: max-min fair filling (``Allocator``).
/// 5. *When*: decreases are sent at once; increases wait until the ledger shows room, that is until every decrease that
///    pays for them has been applied and has settled, or has surely run out (``Ledger``, hazards A.6).
public struct Balancer: Sendable {
    /// The site as configured.
    public let site: Site
    let layout: Layout
    var rules: ChargingRules { site.rules }
    var supervisor: MeterSupervisor
    var sockets: [SocketControl]
    var stations: [StationContact]
    var ledger: Ledger
    /// Recent readings, oldest first; bounded by ``mostSamples``.
    var samples: [MeterSample] = []
    var budget = Budget()
    var shortageSince: Instant?
    var waitingOrder: [Int] = []
    private let indexOfSocket: [SocketID: Int]
    private let indexOfStation: [StationID: Int]

    /// Ten a second for as long as a decision looks back.
    private static let mostSamples = 128

    /// Creates a balancer that knows nothing yet: no reading, no station.
    ///
    /// - Parameters:
    ///   - site: The site; validated before.
    ///   - now: The present instant.
    public init(_ site: Site, at now: Instant) {
        self.site = site
        let layout = Layout(site)
        self.layout = layout
        supervisor = MeterSupervisor(name: site.meter, rules: site.rules, startedAt: now)
        sockets = site.sockets.map(SocketControl.init)
        stations = site.stations.map { StationContact(validity: $0.validity, since: now) }
        ledger = Ledger(
            sockets: site.sockets.indices.map { index in
                let station = site.stations[layout.stationOfSocket[index]]
                let socket = site.sockets[index]
                // A setpoint of an earlier controller may be in force for as long as one of our own would be.
                let unknownUntil = now + Balancer.leaseLife(station, validity: station.validity, site.rules)
                return (socket.safeCurrent, socket.maximum, unknownUntil)
            }
        )
        indexOfSocket = Dictionary(uniqueKeysWithValues: site.sockets.enumerated().map { ($1.id, $0) })
        indexOfStation = Dictionary(uniqueKeysWithValues: site.stations.enumerated().map { ($1.id, $0) })
    }

    /// When ``Event/deadlineReached`` must be handed in at the latest.
    public var nextDeadline: Instant? {
        let renewals = supervisor.state.isLost ? sockets.indices.compactMap { renewalDue($0) } : []
        return ([supervisor.nextDeadline].compactMap { $0 } + renewals).min()
    }

    /// Takes one event and returns what has to be done now.
    ///
    /// - Parameters:
    ///   - event: What happened.
    ///   - now: When it happened; not before the instant of the event before.
    /// - Returns: Offers to write and notifications to show, in order.
    public mutating func handle(_ event: Event, at now: Instant) -> [Directive] {
        switch event {
        case .measured(let sample):
            return take(sample, at: now)
        case .measurementMissed(let miss):
            let before = supervisor.state
            let notes = supervisor.missed(miss, at: now)
            return notify(notes) + meterChanged(from: before, at: now) + decide(at: now)
        case .stationReported(let report):
            return take(report, at: now)
        case .stationMissed(let station, let cause):
            return indexOfStation[station].map { miss(station: $0, cause: cause, at: now) } ?? []
        case .setpointLost(let socket):
            if let index = indexOfSocket[socket] {
                sockets[index].mustWrite = true
                sockets[index].lostAt = now
            }
            return []
        case .setpointRefused(let socket, let cause):
            return indexOfSocket[socket].map { refuse(socket: $0, cause: cause) } ?? []
        case .deadlineReached:
            let before = supervisor.state
            let notes = supervisor.timePassed(at: now)
            return notify(notes) + meterChanged(from: before, at: now) + decide(at: now)
        }
    }

    // MARK: Meter

    private mutating func take(_ sample: MeterSample, at now: Instant) -> [Directive] {
        guard now - sample.sampledAt <= rules.freshSample else {
            let age = (now - sample.sampledAt).seconds
            return handle(.measurementMissed(MissedMeasurement(cause: "the reading is \(age) s old")), at: now)
        }
        // A reading cannot be newer than now: dated ahead, it would look fresh for too long.
        let sample = MeterSample(sampledAt: min(sample.sampledAt, now), currents: sample.currents)
        // A reading that is not newer than the last says nothing new; its age goes on growing.
        if let newest = samples.last, sample.sampledAt <= newest.sampledAt { return [] }
        samples.append(sample)
        let oldest = sample.sampledAt - max(rules.increaseHold, rules.resumeHold)
        let outdated = samples.prefix { $0.sampledAt < oldest }.count
        samples.removeFirst(max(outdated, samples.count - Balancer.mostSamples))
        let before = supervisor.state
        let notes = supervisor.measured(at: sample.sampledAt)
        return notify(notes) + meterChanged(from: before, at: now) + decide(at: now)
    }

    /// Begins the ceiling or the gradual return where the state of the meter has changed.
    private mutating func meterChanged(from before: MeterState, at now: Instant) -> [Directive] {
        let state = supervisor.state
        guard before.isLost != state.isLost else { return [] }
        for index in sockets.indices where sockets[index].hasReported {
            sockets[index].ceilingStart = (sockets[index].offer, now)
        }
        shortageSince = nil
        if state.isLost {
            samples.removeAll()
            return notify([
                Notification(
                    id: "safe.entered",
                    level: .warning,
                    text: "All sockets together at most \(site.safeCurrent) per phase until the meter is back"
                )
            ])
        }
        return notify([
            Notification(
                id: "safe.left",
                level: .info,
                text: "The meter is back; offers rise by 1 A each \(rules.returnStepInterval.seconds) s per socket"
            )
        ])
    }

    // MARK: Stations

    private mutating func take(_ report: StationReport, at now: Instant) -> [Directive] {
        guard let station = indexOfStation[report.station] else { return [] }
        let hasGap = stations[station].isOverdue(at: now)
        let wasSilent = stations[station].isSilent
        var notes = stations[station].heard(report.station, hasRestarted: report.hasRestarted, at: now)
        for socketReport in report.sockets {
            guard let index = indexOfSocket[socketReport.socket], layout.stationOfSocket[index] == station else {
                continue
            }
            if let remaining = socketReport.validityRemaining {
                stations[station].validity = max(stations[station].validity, remaining)
            }
            if report.hasRestarted { sockets[index].mustWrite = true }
            // Another vehicle may have come while nobody looked (hazard S05).
            if hasGap { sockets[index].demand = VehicleDemand() }
            let isBack = wasSilent && sockets[index].hasReported
            notes += take(socketReport, socket: index, station: station, at: now)
            if isBack { goOn(socket: index, at: now) }
        }
        return notify(notes)
    }

    private mutating func take(
        _ report: SocketReport,
        socket index: Int,
        station: Int,
        at now: Instant
    ) -> [Notification] {
        let isFirst = !sockets[index].hasReported
        let hadVehicle = sockets[index].vehicle.isConnected
        sockets[index].report = report
        var notes: [Notification] = []
        if let safe = report.safeCurrent, safe > ledger.share(index) {
            ledger.raiseShare(index, to: safe)
            notes.append(larger(safeCurrent: safe, socket: index))
        }
        if isFirst { takeOver(socket: index, station: station, at: now) }
        if hadVehicle != report.vehicle.isConnected { vehicleChanged(socket: index, at: now) }
        if let currents = report.currents, sockets[index].history.append(currents, at: report.measuredAt) {
            sockets[index].demand.observe(
                currents,
                offer: sockets[index].offer,
                lastRaise: sockets[index].raisedAt,
                at: now,
                rules
            )
        }
        settle(socket: index, at: now)
        forgetVehicle(socket: index, at: now)
        return notes + checkObedience(socket: index, at: now)
    }

    /// What a running station already holds is where we begin, so that a restart of ours is no step for the car.
    private mutating func takeOver(socket index: Int, station: Int, at now: Instant) {
        let socket = sockets[index].socket
        let report = sockets[index].report
        let applied = report?.applied ?? socket.maximum
        // A setpoint that still holds counts although an empty socket applies nothing: a vehicle may come before ours does.
        let isHolding = report?.validityRemaining.map { $0 > .zero } ?? false
        let held = max(applied, ledger.share(index), isHolding ? report?.setpoint ?? .zero : .zero)
        let life = Balancer.leaseLife(site.stations[station], validity: stations[station].validity, rules)
        ledger.open(index, holding: held, until: now + life)
        let isCharging = sockets[index].vehicle == .charging && applied >= socket.minimum
        sockets[index].offer = isCharging ? min(applied, socket.maximum) : .zero
        sockets[index].servedSince = isCharging ? now : nil
        sockets[index].ceilingStart = (max(sockets[index].offer, ledger.share(index)), now)
        sockets[index].mustWrite = true
        sockets[index].lowered = [(held, now)]
    }

    /// A station that was silent may have fallen to its share: its sockets go on from what they apply, as after a start.
    private mutating func goOn(socket index: Int, at now: Instant) {
        let share = ledger.share(index)
        let applied = sockets[index].report?.applied ?? share
        guard applied < sockets[index].offer else { return }
        let minimum = sockets[index].socket.minimum
        sockets[index].offer = applied >= minimum ? applied : .zero
        sockets[index].ceilingStart = (max(sockets[index].offer, share), now)
        sockets[index].mustWrite = true
        guard sockets[index].offer == .zero else { return }
        sockets[index].servedSince = nil
        sockets[index].waitingSince = sockets[index].wantsCurrent ? now : nil
    }

    /// Forgets what a vehicle that has left had shown, once its last setpoint is closed.
    ///
    /// Nobody draws that setpoint on other phases without having been seen to arrive; the share counts on all of them.
    private mutating func forgetVehicle(socket index: Int, at now: Instant) {
        guard !sockets[index].wantsCurrent, ledger.worstCase(index, at: now) <= ledger.share(index) else { return }
        sockets[index].demand = VehicleDemand()
    }

    private mutating func vehicleChanged(socket index: Int, at now: Instant) {
        if sockets[index].wantsCurrent { sockets[index].demand = VehicleDemand() }
        sockets[index].pausedAt = nil
        sockets[index].waitingSince = sockets[index].wantsCurrent ? now : nil
        if !sockets[index].wantsCurrent { sockets[index].servedSince = nil }
    }

    /// Closes older setpoints once the station has shown a later one applied for as long as a vehicle needs to follow.
    ///
    /// A low measured current alone does not close them: a vehicle may still be on its way up to the older value.
    private mutating func settle(socket index: Int, at now: Instant) {
        let control = sockets[index]
        guard let report = control.report, control.sentAt != nil, let applied = report.applied,
            report.isAccountedFor != false, applied <= control.offer + Amperes(milliamperes: 50)
        else { return }
        ledger.settle(index, before: control.lastSequence, at: now, after: rules.settleTime)
    }

    /// Compares what a socket does with the most it was allowed within the settling time (hazards A.5 rule 7).
    private mutating func checkObedience(socket index: Int, at now: Instant) -> [Notification] {
        let settleTime = rules.settleTime
        sockets[index].lowered.removeAll { now - $0.at >= settleTime }
        let control = sockets[index]
        guard let report = control.report, control.sentAt != nil else { return [] }
        let floor = control.lowered.map(\.current).reduce(max(control.offer, ledger.share(index)), max)
        // An old measurement proves nothing (hazard S03).
        let isRecent = now - report.measuredAt <= rules.silentAfter
        let drawsMore = isRecent && report.currents.map { $0.maximum > ChargingRules.tolerated(floor) } ?? false
        let appliesMore = report.applied.map { $0 > floor + Amperes(milliamperes: 50) } ?? false
        let hasArrived = control.lostAt.map { now - $0 >= rules.settleTime } ?? true
        let ignores = report.isAccountedFor == false && control.offer > .zero && hasArrived
        guard drawsMore || appliesMore || ignores else {
            sockets[index].disobeysSince = nil
            // A station that counts no setpoint counts none of 0 A either: the pause is no sign that it obeys.
            guard control.isDisobedient, report.isAccountedFor != false, !stillRefuses(control, report) else {
                return []
            }
            sockets[index].isDisobedient = false
            sockets[index].refusedSequence = nil
            return [note("station.obeys", .info, "Socket \(control.socket.id) follows its setpoint again")]
        }
        let since = control.disobeysSince ?? now
        sockets[index].disobeysSince = since
        // A station takes a moment to account for a new setpoint; for the others that moment has passed already.
        let patience = drawsMore || appliesMore ? rules.disobedienceAfter : rules.settleTime
        guard now - since >= patience, !control.isDisobedient else { return [] }
        sockets[index].isDisobedient = true
        let cause =
            drawsMore
            ? "draws \(report.currents?.maximum ?? .zero) where \(floor) is allowed"
            : appliesMore
                ? "applies \(report.applied ?? .zero) where \(floor) was ordered"
                : "does not take the setpoint into account; check that control by Modbus is enabled in the station"
        return [
            note("station.disobeys", .error, "Socket \(control.socket.id) does not follow its setpoint", cause: cause)
        ]
    }

    private mutating func miss(station index: Int, cause: String, at now: Instant) -> [Directive] {
        let notes = stations[index].missed(site.stations[index].id, cause: cause, at: now, rules)
        if !notes.isEmpty { forgetVehicles(station: index) }
        return notify(notes)
    }

    /// Whatever vehicle charges while nobody looks may use all phases (hazard S05).
    private mutating func forgetVehicles(station: Int) {
        for index in sockets.indices where layout.stationOfSocket[index] == station {
            sockets[index].demand = VehicleDemand()
        }
    }

    /// Takes note of stations of which nothing was told for long, as after a suspension of this machine (hazard C04).
    mutating func watchStations(at now: Instant) -> [Directive] {
        stations.indices.filter { stations[$0].isForgotten(at: now, rules) }
            .flatMap { miss(station: $0, cause: "neither an answer nor a failed poll", at: now) }
    }

    /// A refused setpoint is tried again when it is due for renewal; until one is taken the socket counts as disobedient.
    private mutating func refuse(socket index: Int, cause: String) -> [Directive] {
        sockets[index].refusedSequence = sockets[index].lastSequence
        guard !sockets[index].isDisobedient else { return [] }
        sockets[index].isDisobedient = true
        sockets[index].disobeysSince = nil
        return notify([
            note("station.refuses", .error, "Socket \(sockets[index].socket.id) refused its setpoint", cause: cause)
        ])
    }

    /// Whether a station that refused shows by now that our last setpoint is in force.
    private func stillRefuses(_ control: SocketControl, _ report: SocketReport) -> Bool {
        guard let refused = control.refusedSequence else { return false }
        let isApplied = report.applied.map { $0 <= control.offer + Amperes(milliamperes: 50) } ?? true
        let isInForce = report.validityRemaining.map { $0 > .zero } ?? true
        return control.lastSequence == refused || !isApplied || !isInForce
    }

    private func larger(safeCurrent: Amperes, socket index: Int) -> Notification {
        let socket = site.sockets[index]
        return note(
            "station.safe-current",
            .warning,
            "Socket \(socket.id) falls to \(safeCurrent) by itself, not to \(socket.safeCurrent)",
            cause: "the larger one is reserved; set the safe current in the station to \(socket.safeCurrent)"
        )
    }

    // MARK: Small parts

    func note(_ id: String, _ level: Notification.Level, _ text: String, cause: String = "") -> Notification {
        Notification(id: id, level: level, text: text, cause: cause)
    }

    private func notify(_ notes: [Notification]) -> [Directive] { notes.map(Directive.notify) }

    /// How long a setpoint may be in force after it was handed to the shell: under way, its validity on a clock that may
    /// be slow by 0.1 %, the time a vehicle needs to follow, and a second (hazards A.5 rule 8 with D = 0).
    static func leaseLife(_ station: Station, validity: Duration, _ rules: ChargingRules) -> Duration {
        station.writeTimeout + validity + validity / 500 + rules.settleTime + .seconds(1)
    }

    /// When the setpoint of a socket is to be written again: after a third of its configured validity.
    ///
    /// A station that once showed a longer one may show a shorter one next.
    func renewalDue(_ index: Int) -> Instant? {
        guard !stations[layout.stationOfSocket[index]].isSilent, let sentAt = sockets[index].sentAt else { return nil }
        return sentAt + site.stations[layout.stationOfSocket[index]].validity / 3
    }
}

/// What is known of the contact with one station.
struct StationContact: Sendable {
    /// The longest validity the station has shown, or the configured one.
    var validity: Duration
    private(set) var isSilent = false
    private var lastHeard: Instant
    private var hasBeenHeard = false

    init(validity: Duration, since now: Instant) {
        self.validity = validity
        lastHeard = now
    }

    var isUsable: Bool { hasBeenHeard && !isSilent }

    /// No vehicle is exchanged for another in less.
    private static let shortestExchange = Duration.seconds(5)

    /// Whether a vehicle can have been exchanged since the last report.
    func isOverdue(at now: Instant) -> Bool { now - lastHeard >= StationContact.shortestExchange }

    /// Whether neither a report nor a failed poll has told about the station for long.
    func isForgotten(at now: Instant, _ rules: ChargingRules) -> Bool {
        isUsable && now - lastHeard >= rules.silentAfter * 3
    }

    mutating func heard(_ id: StationID, hasRestarted: Bool, at now: Instant) -> [Notification] {
        var notes: [Notification] = []
        if isSilent || !hasBeenHeard {
            notes.append(
                Notification(id: "station.connected", level: .info, text: "Station \(id) answers")
            )
        }
        if hasRestarted {
            notes.append(
                Notification(
                    id: "station.restarted",
                    level: .warning,
                    text: "Station \(id) has restarted; its setpoints are written again"
                )
            )
        }
        isSilent = false
        hasBeenHeard = true
        lastHeard = now
        return notes
    }

    mutating func missed(
        _ id: StationID,
        cause: String,
        at now: Instant,
        _ rules: ChargingRules
    ) -> [Notification] {
        guard !isSilent, now - lastHeard >= rules.silentAfter else { return [] }
        isSilent = true
        return [
            Notification(
                id: "station.lost",
                level: .warning,
                text: "Station \(id) does not answer; what it may still draw stays reserved",
                cause: cause
            )
        ]
    }
}
