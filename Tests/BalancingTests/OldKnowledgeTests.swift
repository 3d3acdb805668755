// SPDX-License-Identifier: Apache-2.0
import Quantities
import Testing

@testable import Balancing

/// Nothing that was true a while ago is taken for true now.
@Suite("Old knowledge")
struct OldKnowledgeTests {
    /// Two stations on 25 A without shares, told and read once a second, that apply offers at once.
    private struct Pair {
        var balancer = Balancer(Sites.home(socketSafe: 0), at: .start)
        var applied: [SocketID: Amperes] = ["s1-1": .zero, "s2-1": .zero]
        /// What a station whose measurement stands still goes on telling, and since when.
        var stuck: [StationID: (current: Amperes, at: Instant)] = [:]

        func load(_ house: Amperes) -> Amperes { applied.values.reduce(house, +) }

        mutating func second(_ number: Int, house: Amperes, reports: Bool = true) {
            let now = Instant(sinceStart: .seconds(number))
            for station in reports ? ["s1", "s2"] as [StationID] : [] {
                let socket = SocketID(station.text + "-1")
                let current = applied[socket] ?? .zero
                let report = SocketReport(
                    socket: socket,
                    vehicle: .charging,
                    applied: current,
                    isAccountedFor: true,
                    currents: PerPhase(repeating: stuck[station]?.current ?? current),
                    measuredAt: stuck[station]?.at ?? now
                )
                _ = balancer.handle(.stationReported(StationReport(station: station, sockets: [report])), at: now)
            }
            let sample = MeterSample(sampledAt: now, currents: PerPhase(repeating: load(house)))
            for directive in balancer.handle(.measured(sample), at: now) {
                if case .offer(let offer) = directive { applied[offer.socket] = offer.current }
            }
        }
    }

    @Test("A station whose measurement stands still is not believed: no overload, and the cars go on")
    func stuckMeasurement() {
        var pair = Pair()
        for second in 1...150 { pair.second(second, house: .zero) }
        pair.stuck["s1"] = (pair.applied["s1-1"] ?? .zero, Instant(sinceStart: .seconds(150)))
        for second in 151...160 { pair.second(second, house: .zero) }
        for second in 161...300 {
            pair.second(second, house: Amperes(10))
            if second > 190 { #expect(pair.load(Amperes(10)) <= Amperes(25)) }
        }
        #expect(pair.applied.values.allSatisfy { $0 >= Amperes(6) }, "\(pair.applied)")
    }

    @Test("After a suspension of the machine nobody goes on with the offer of before")
    func suspension() {
        var pair = Pair()
        for second in 1...150 { pair.second(second, house: .zero) }
        #expect(pair.applied["s1-1"] == Amperes(12))
        // An hour later the setpoints have lapsed, and the first thing that is heard is the meter.
        pair.applied = ["s1-1": .zero, "s2-1": .zero]
        pair.second(3750, house: Amperes(18), reports: false)
        #expect(pair.load(.zero) == .zero)
        for second in 3751...3780 {
            pair.second(second, house: Amperes(18))
            #expect(pair.load(Amperes(18)) <= Amperes(25))
        }
    }

    @Test("A vehicle that was exchanged while its station was silent may use other phases")
    func exchange() {
        var plant = Plant(Sites.home(rotations: ["L1L2L3", "L2"], socketSafe: 0))
        plant.plug(Plant.Car(conductors: 1), into: "s1-1")
        plant.plug(Plant.Car(conductors: 1), into: "s2-1")
        plant.run(seconds: 200)
        #expect(plant.offer("s1-1") == Amperes(16) && plant.offer("s2-1") == Amperes(16))
        plant.unreachable = ["s1"]
        plant.plug(nil, into: "s1-1")
        plant.run(seconds: 15)
        plant.plug(Plant.Car(), into: "s1-1")
        plant.run(seconds: 60) { #expect($0.mayFlow.maximum <= Amperes(25)) }
    }

    @Test("A station that comes back after its setpoint lapsed rises gradually from what it applies")
    func comingBack() {
        var plant = Plant(Sites.home(socketSafe: 6))
        plant.plug(Plant.Car(), into: "s1-1")
        plant.run(seconds: 150)
        #expect(plant.offer("s1-1") == Amperes(16))
        plant.unreachable = ["s1"]
        plant.run(seconds: 10)
        plant.hasMeter = false
        plant.run(seconds: 100)
        plant.hasMeter = true
        plant.run(seconds: 5)
        plant.unreachable = []
        let back = plant.now
        plant.run(seconds: 40) { plant in
            #expect(plant.offer("s1-1").amperes <= 6 + (plant.now - back).seconds / 5 + 0.001)
        }
        plant.run(seconds: 60)
        #expect(plant.offer("s1-1") == Amperes(16))
    }

    @Test("The sentence counts a silent socket with what is reserved for it, not with its last offer")
    func sentence() {
        var plant = Plant(Sites.home(socketSafe: 6))
        plant.house = { _ in PerPhase(repeating: Amperes(8)) }
        plant.plug(Plant.Car(), into: "s1-1")
        plant.plug(Plant.Car(), into: "s2-1")
        plant.run(seconds: 150)
        plant.unreachable = ["s1"]
        plant.run(seconds: 100)
        let why = plant.balancer.why(1)
        #expect(why == "10.5 A: main, L1, 25.0 A - house 8.0 A - margin 0.5 A - other sockets 6.0 A")
    }

    @Test("A deaf socket is noticed and makes the others lower although its writes get lost all the time")
    func deafAndLost() {
        var plant = Plant(Sites.home(socketSafe: 0))
        plant.house = { _ in PerPhase(repeating: Amperes(5)) }
        plant.plug(Plant.Car(), into: "s1-1")
        plant.plug(Plant.Car(), into: "s2-1")
        plant.run(seconds: 150)
        plant.outlets["s1-1"]?.isDeaf = true
        for second in 0..<300 {
            plant.run(seconds: 1)
            _ = plant.balancer.handle(.setpointLost("s1-1"), at: plant.now)
            if second > 40 { #expect(plant.load.maximum <= Amperes(25)) }
        }
        #expect(plant.notes.contains { $0.note.id == "station.disobeys" })
    }

    @Test("A station that showed a long validity once is still written to in time")
    func longValidity() {
        var balancer = Balancer(Sites.home(sockets: 1, socketSafe: 0), at: .start)
        var sent: [Int] = [0]
        for second in 1..<400 {
            let now = Instant(sinceStart: .seconds(second))
            let report = SocketReport(
                socket: "s1-1",
                vehicle: .charging,
                applied: Amperes(6),
                validityRemaining: second < 20 ? .seconds(100_000) : .seconds(60),
                isAccountedFor: true,
                currents: PerPhase(repeating: Amperes(6)),
                measuredAt: now
            )
            _ = balancer.handle(.stationReported(StationReport(station: "s1", sockets: [report])), at: now)
            let sample = MeterSample(sampledAt: now, currents: PerPhase(repeating: Amperes(19)))
            for case .offer in balancer.handle(.measured(sample), at: now) { sent.append(second) }
        }
        sent.append(400)
        #expect(zip(sent.dropFirst(), sent).allSatisfy { $0 - $1 <= 30 }, "\(sent)")
    }

    @Test("A reading that is dated ahead counts as read now, so that it ages")
    func futureReading() {
        var balancer = Balancer(Sites.home(), at: .start)
        let sample = MeterSample(sampledAt: Instant(sinceStart: .seconds(1000)), currents: .zero)
        _ = balancer.handle(.measured(sample), at: Instant(sinceStart: .seconds(1)))
        let late = Instant(sinceStart: .seconds(10))
        _ = balancer.handle(.deadlineReached, at: late)
        #expect(balancer.status(at: late).meter == .warning)
    }

    @Test("A miss before the first reading does not date a later loss")
    func earlyMiss() {
        let name = MeterName(unit: 5, endpoint: "192.168.0.4:502")
        var meter = MeterSupervisor(name: name, rules: ChargingRules(), startedAt: .start)
        func at(_ seconds: Int) -> Instant { Instant(sinceStart: .seconds(seconds)) }
        _ = meter.missed(MissedMeasurement(cause: "connection refused"), at: at(1))
        _ = meter.measured(at: at(3))
        let notes = (4...6).flatMap { meter.missed(MissedMeasurement(cause: "no answer"), at: at($0)) }
        #expect(notes.map(\.cause) == ["192.168.0.4:502: no answer"])
        #expect(meter.nextDeadline == at(124))
    }
}

@Suite("What a new controller finds")
struct TakeoverTests {
    @Test("A setpoint that still holds at an empty socket counts until it has run out")
    func emptySocket() {
        var balancer = Balancer(Sites.home(socketSafe: 0), at: .start)
        let report = SocketReport(
            socket: "s1-1",
            vehicle: .absent,
            applied: .zero,
            setpoint: Amperes(16),
            validityRemaining: .seconds(50),
            measuredAt: .start
        )
        _ = balancer.handle(.stationReported(StationReport(station: "s1", sockets: [report])), at: .start)
        #expect(balancer.status(at: .start).sockets[0].reserved == Amperes(16))
        let later = Instant.start + .seconds(75)
        #expect(balancer.status(at: later).sockets[0].reserved == .zero)
    }

    @Test("A car that takes nothing hands its turn over long before the alternating period")
    func finishedCar() {
        var plant = Plant(Sites.home(socketSafe: 0))
        plant.house = { _ in PerPhase(repeating: Amperes(16)) }
        plant.plug(Plant.Car(maximum: .zero), into: "s1-1")
        plant.run(seconds: 60)
        plant.plug(Plant.Car(), into: "s2-1")
        plant.run(seconds: 200)
        #expect(plant.offer("s2-1") >= Amperes(6))
    }
}
