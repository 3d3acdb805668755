// SPDX-License-Identifier: Apache-2.0
import Balancing
import BenchmarkSupport
import Quantities

/// A balancer with a plant of cars and a house around it, second by second; everything follows from the seed.
struct Rehearsal {
    private struct Outlet {
        let socket: Socket
        let station: Int
        var hasCar = true
        var conductors = 3
        var carMaximum = Amperes(16)
        var setpoint = Amperes.zero
        var validUntil = Instant.start
        var draw = Amperes.zero
        var isDeaf = false
    }

    var balancer: Balancer
    private(set) var now = Instant.start
    /// Whether nothing goes wrong and the house only flickers.
    var isCalm = false
    private(set) var digest = Digest()
    private(set) var directives = 0
    private var random: Random
    private var outlets: [Outlet]
    private var reachable: [Bool]
    private var restarted: [Bool]
    private var house = PerPhase<Amperes>.zero
    private var hasMeter = true
    private var seconds = 0

    init(_ site: Site, seed: UInt64) {
        balancer = Balancer(site, at: .start)
        random = Random(seed: seed &+ 77)
        let index = Dictionary(uniqueKeysWithValues: site.stations.enumerated().map { ($1.id, $0) })
        outlets = site.sockets.map { Outlet(socket: $0, station: index[$0.station] ?? 0) }
        reachable = Array(repeating: true, count: site.stations.count)
        restarted = Array(repeating: false, count: site.stations.count)
        for position in outlets.indices {
            outlets[position].conductors = [3, 3, 1, 2][random.below(4)]
            outlets[position].carMaximum = Amperes([16, 16, 10, 7, 32, 0][random.below(6)])
        }
    }

    /// Passes one second: stations report, then the meter is read.
    mutating func second() {
        beforeReading()
        handle(reading)
        if !isCalm, seconds % 7 == 0 { digest.add(balancer.status(at: now)) }
    }

    /// Everything of a second but the reading.
    mutating func beforeReading() {
        seconds += 1
        now = Instant(sinceStart: .milliseconds(seconds * 1000 - 700))
        if !isCalm { disturb() }
        for index in outlets.indices { advance(index) }
        if let deadline = balancer.nextDeadline, deadline <= now { handle(.deadlineReached) }
        for station in balancer.site.stations.indices { report(station) }
        now = Instant(sinceStart: .milliseconds(seconds * 1000))
        house = house.map { Amperes(milliamperes: $0.milliamperes + random.below(201) - 100) }
    }

    /// What the meter says now.
    var reading: Event {
        guard hasMeter else { return .measurementMissed(MissedMeasurement(cause: "no answer within 1 s")) }
        let load = outlets.reduce(house) { sum, outlet in
            sum + (outlet.socket.rotation ?? .straight).onSite(conductors(outlet), empty: .zero)
        }
        return .measured(MeterSample(sampledAt: now, currents: load))
    }

    /// Stations take what was decided.
    mutating func carryOut(_ list: [Directive]) {
        for directive in list {
            directives += 1
            digest.add(directive)
            guard case .offer(let offer) = directive,
                let index = outlets.firstIndex(where: { $0.socket.id == offer.socket })
            else { continue }
            if !isCalm, random.below(60) == 0 { continue }
            guard reachable[outlets[index].station] else { continue }
            outlets[index].setpoint = offer.current
            outlets[index].validUntil = now + balancer.site.stations[outlets[index].station].validity
        }
    }

    private mutating func handle(_ event: Event) { carryOut(balancer.handle(event, at: now)) }

    private mutating func disturb() {
        guard random.below(6) == 0 else { return }
        let index = random.below(outlets.count)
        let station = outlets[index].station
        switch random.below(14) {
        case 0, 1:
            outlets[index].hasCar.toggle()
            outlets[index].conductors = 1 + random.below(3)
            outlets[index].carMaximum = Amperes([16, 10, 7, 32, 0][random.below(5)])
        case 2...5: house = PerPhase.each { _ in Amperes(milliamperes: random.below(24_000) - 4000) }
        case 6: hasMeter.toggle()
        case 7: hasMeter = true
        case 8: reachable[station].toggle()
        case 9: reachable = reachable.map { _ in true }
        case 10:
            restarted[station] = true
            for other in outlets.indices where outlets[other].station == station { outlets[other].validUntil = .start }
        case 11: handle(.setpointLost(outlets[index].socket.id))
        case 12: handle(.setpointRefused(outlets[index].socket.id, cause: "illegal function"))
        default: outlets[index].isDeaf.toggle()
        }
    }

    private func applied(_ outlet: Outlet) -> Amperes {
        if outlet.isDeaf { return outlet.socket.maximum }
        return min(now < outlet.validUntil ? outlet.setpoint : outlet.socket.safeCurrent, outlet.socket.maximum)
    }

    private mutating func advance(_ index: Int) {
        let outlet = outlets[index]
        let wanted = outlet.hasCar ? min(applied(outlet), outlet.carMaximum) : .zero
        outlets[index].draw = wanted >= Amperes(6) ? wanted : .zero
    }

    private func conductors(_ outlet: Outlet) -> PerPhase<Amperes> {
        let count = outlet.hasCar ? outlet.conductors : 0
        return PerPhase.each { $0.index < count ? outlet.draw : .zero }
    }

    private mutating func report(_ station: Int) {
        let id = balancer.site.stations[station].id
        guard reachable[station] else { return handle(.stationMissed(id, cause: "no answer within 1 s")) }
        if !isCalm, random.below(40) == 0 { return }
        let first = outlets.partitioningIndex { $0.socket.station >= id }
        var reports: [SocketReport] = []
        for outlet in outlets[first...].prefix(while: { $0.socket.station == id }) {
            let isLow = applied(outlet) < outlet.socket.minimum
            reports.append(
                SocketReport(
                    socket: outlet.socket.id,
                    vehicle: !outlet.hasCar ? .absent : isLow ? .waiting : outlet.draw > .zero ? .charging : .ready,
                    applied: applied(outlet),
                    setpoint: outlet.setpoint,
                    validityRemaining: max(.zero, outlet.validUntil - now),
                    isAccountedFor: now < outlet.validUntil && !outlet.isDeaf,
                    safeCurrent: outlet.socket.safeCurrent,
                    currents: conductors(outlet),
                    measuredAt: isCalm || random.below(9) > 0 ? now : now - .milliseconds(random.below(4000))
                )
            )
        }
        handle(.stationReported(StationReport(station: id, hasRestarted: restarted[station], sockets: reports)))
        restarted[station] = false
    }
}

extension Array {
    /// The first place whose element satisfies a condition that holds from there on.
    fileprivate func partitioningIndex(_ isLater: (Element) -> Bool) -> Int {
        var (low, high) = (0, count)
        while low < high {
            let middle = (low + high) / 2
            if isLater(self[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
