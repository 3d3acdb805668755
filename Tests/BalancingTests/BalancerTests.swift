// SPDX-License-Identifier: Apache-2.0
import Quantities
import TestSupport
import Testing

@testable import Balancing

@Suite("Balancer")
struct BalancerTests {
    private func amps(_ value: Double) -> Amperes { Amperes(milliamperes: Int((value * 1000).rounded())) }

    @Test("A single car gets all that the house and the other socket's share leave, and no more")
    func singleCar() {
        var plant = Plant(Sites.home())
        plant.house = { _ in PerPhase(Amperes(8), Amperes(5), Amperes(3)) }
        plant.plug(Plant.Car(), into: "s1-1")
        plant.run(seconds: 120)
        // 25 - 8 - 0.5 margin - 6 kept for the other socket
        #expect(plant.offer("s1-1") == amps(10.5))
        let status = plant.balancer.status(at: plant.now)
        #expect(status.sockets[0].bound == .circuit("main", .l1))
        #expect(status.sockets[0].why == "10.5 A: main, L1, 25.0 A - house 8.0 A - margin 0.5 A - other sockets 6.0 A")
        #expect(status.sockets[0].activity == .reduced)
    }

    @Test("A rise of the house lowers offers with the reading that shows it")
    func immediateReduction() {
        var plant = Plant(Sites.home())
        plant.plug(Plant.Car(), into: "s1-1")
        plant.run(seconds: 120)
        #expect(plant.offer("s1-1") == Amperes(16))
        let step = plant.now
        plant.house = { _ in PerPhase(repeating: Amperes(12)) }
        var reducedAt: Instant?
        plant.run(seconds: 5) { if reducedAt == nil, $0.offer("s1-1") < Amperes(16) { reducedAt = $0.now } }
        #expect(reducedAt.map { $0 - step <= .milliseconds(1200) } == true)
        plant.run(seconds: 20)
        #expect(plant.offer("s1-1") == amps(6.5))
    }

    @Test("A short fall of the house raises nothing")
    func calmIncrease() {
        var plant = Plant(Sites.home())
        plant.house = { now in
            PerPhase(
                repeating: now > Instant(sinceStart: .seconds(120)) && now < Instant(sinceStart: .seconds(122))
                    ? Amperes(1) : Amperes(10)
            )
        }
        plant.plug(Plant.Car(), into: "s1-1")
        plant.run(seconds: 119)
        let before = plant.offer("s1-1")
        plant.run(seconds: 30) { #expect($0.offer("s1-1") == before) }
    }

    @Test("Two three-phase cars share equally, and no phase passes the limit")
    func fairness() {
        var plant = Plant(Sites.home(rotations: ["L1L2L3", "L2L3L1"]))
        plant.house = { _ in PerPhase(repeating: Amperes(4)) }
        plant.plug(Plant.Car(), into: "s1-1")
        plant.plug(Plant.Car(), into: "s2-1")
        plant.run(seconds: 200) { #expect($0.load.maximum <= Amperes(25)) }
        #expect(plant.offer("s1-1") == plant.offer("s2-1"))
        #expect(plant.offer("s1-1") >= Amperes(10))
    }

    @Test("A car that takes less leaves the rest to the other")
    func smallCar() {
        var plant = Plant(Sites.home())
        plant.plug(Plant.Car(maximum: Amperes(7)), into: "s1-1")
        plant.plug(Plant.Car(), into: "s2-1")
        plant.run(seconds: 200)
        #expect(plant.offer("s1-1") < Amperes(9))
        #expect(plant.offer("s2-1") > Amperes(15))
        #expect(plant.balancer.status(at: plant.now).sockets[0].bound == .vehicle)
    }

    @Test("A single-phase car leaves the other phases to others")
    func singlePhaseCar() {
        var plant = Plant(Sites.home(socketSafe: 0))
        plant.house = { _ in PerPhase(Amperes(2), Amperes(2), Amperes(18)) }
        plant.plug(Plant.Car(conductors: 1), into: "s1-1")
        plant.run(seconds: 200)
        #expect(plant.offer("s1-1") == Amperes(16))
        #expect(plant.load.maximum <= Amperes(25))
    }

    @Test("Export counts as headroom up to the cap on all charging")
    func export() {
        var plant = Plant(Sites.home(limit: 16, socketSafe: 0))
        plant.house = { _ in PerPhase(repeating: -Amperes(20)) }
        plant.plug(Plant.Car(), into: "s1-1")
        plant.plug(Plant.Car(), into: "s2-1")
        plant.run(seconds: 200) { #expect($0.mayFlow.maximum <= Amperes(16)) }
        #expect(plant.offer("s1-1") + plant.offer("s2-1") == Amperes(16))
    }

    @Test("When only one car can have its minimum, they take turns and each offer is zero or at least 6 A")
    func turns() {
        var rules = ChargingRules()
        rules.alternatingPeriod = .seconds(300)
        var plant = Plant(Sites.home(socketSafe: 0, rules: rules))
        plant.house = { _ in PerPhase(repeating: Amperes(16)) }
        plant.plug(Plant.Car(), into: "s1-1")
        plant.plug(Plant.Car(), into: "s2-1")
        var served: [SocketID: Int] = [:]
        plant.run(seconds: 3600) { plant in
            for id in ["s1-1", "s2-1"] as [SocketID] {
                let offer = plant.offer(id)
                #expect(offer == .zero || offer >= Amperes(6))
                if offer > .zero { served[id, default: 0] += 1 }
            }
            #expect(plant.load.maximum <= Amperes(25))
        }
        let first = served["s1-1", default: 0]
        let second = served["s2-1", default: 0]
        #expect(first > 36_000 / 3 && second > 36_000 / 3, "\(served)")
        #expect(plant.notes.filter { $0.note.id == "socket.paused" }.count <= 13)
    }

    @Test("A socket that waits tells its place and what is missing")
    func waiting() {
        var plant = Plant(Sites.home(socketSafe: 0))
        plant.house = { _ in PerPhase(repeating: Amperes(16)) }
        plant.plug(Plant.Car(), into: "s1-1")
        plant.run(seconds: 60)
        plant.plug(Plant.Car(), into: "s2-1")
        plant.run(seconds: 60)
        let waiting = plant.balancer.status(at: plant.now).sockets[1]
        #expect(waiting.activity == .paused)
        #expect(waiting.waitingPosition == 1)
        #expect(waiting.why == "0.0 A: waits, not enough for 6.0 A on main, L1")
    }

    // MARK: Loss of the meter

    @Test(
        "A lost meter brings all sockets under the safe current at once; the error comes after two minutes; the return is gradual"
    )
    func meterLoss() throws {
        var plant = Plant(Sites.home(socketSafe: 6))
        plant.plug(Plant.Car(), into: "s1-1")
        plant.plug(Plant.Car(), into: "s2-1")
        plant.run(seconds: 150)
        #expect(plant.offer("s1-1") > Amperes(10))
        plant.notes.removeAll()
        let lost = plant.now
        plant.hasMeter = false
        plant.run(seconds: 6)
        plant.run(seconds: 194) { #expect($0.mayFlow.maximum <= Amperes(12) || $0.now - lost < .seconds(14)) }
        plant.hasMeter = true
        let back = plant.now
        plant.run(seconds: 100) { plant in
            let elapsed = (plant.now - back).seconds
            for id in ["s1-1", "s2-1"] as [SocketID] {
                #expect(plant.offer(id).amperes <= 6 + max(0, elapsed - 2) / 5 + 0.001)
            }
        }
        #expect(plant.offer("s1-1") > Amperes(10))
        let texts = plant.notes.filter { $0.note.id.hasPrefix("meter.") }
        #expect(
            texts.map(\.note.text) == [
                "Communication warning for modbus unit 5",
                "Communication error for modbus unit 5",
                "TCP MODBUS unit 5 connected via 192.168.0.4:502",
            ]
        )
        let warning = try #require(texts.first)
        #expect(warning.at - lost <= .seconds(6))
        #expect(texts.count == 3 && texts[1].at - lost <= .seconds(122) && texts[1].at - lost >= .seconds(119))
    }

    @Test("Within six seconds of a silent meter the stations have been told")
    func ceilingInTime() {
        var plant = Plant(Sites.home(socketSafe: 6))
        plant.plug(Plant.Car(), into: "s1-1")
        plant.plug(Plant.Car(), into: "s2-1")
        plant.run(seconds: 150)
        plant.hasMeter = false
        plant.run(seconds: 6)
        #expect(plant.offer("s1-1") + plant.offer("s2-1") <= Amperes(12))
    }

    @Test("A car that draws less than the safe current is not touched by the loss")
    func lossIsACeiling() {
        var plant = Plant(Sites.home(safeCurrent: 20, socketSafe: 10))
        plant.plug(Plant.Car(maximum: Amperes(7)), into: "s1-1")
        plant.run(seconds: 150)
        let draw = plant.load
        plant.hasMeter = false
        plant.run(seconds: 60) { #expect($0.load == draw) }
    }

    @Test("Without a meter from the start nobody passes the safe current")
    func neverAMeter() {
        var plant = Plant(Sites.home())
        plant.hasMeter = false
        plant.plug(Plant.Car(), into: "s1-1")
        plant.plug(Plant.Car(), into: "s2-1")
        plant.run(seconds: 300) { #expect($0.mayFlow.maximum <= Amperes(12)) }
        #expect(plant.charging.maximum == Amperes(12))
    }

    @Test("Readings that are old, doubled or out of order never raise an offer")
    func badTimes() {
        var balancer = Balancer(Sites.home(), at: .start)
        let sample = MeterSample(sampledAt: Instant(sinceStart: .seconds(1)), currents: .zero)
        _ = balancer.handle(.measured(sample), at: Instant(sinceStart: .seconds(1)))
        for second in 2..<20 {
            let now = Instant(sinceStart: .seconds(second))
            #expect(
                balancer.handle(.measured(sample), at: now).allSatisfy { if case .notify = $0 { true } else { false } }
            )
        }
        #expect(balancer.status(at: Instant(sinceStart: .seconds(20))).meter == .warning)
    }

    // MARK: Stations

    @Test("What a silent station may still draw stays reserved until it has surely run out; the others go on")
    func silentStation() {
        var plant = Plant(Sites.home(socketSafe: 6))
        plant.house = { _ in PerPhase(repeating: Amperes(3)) }
        plant.plug(Plant.Car(), into: "s1-1")
        plant.plug(Plant.Car(), into: "s2-1")
        plant.run(seconds: 150)
        let held = plant.offer("s1-1")
        plant.unreachable = ["s1"]
        plant.run(seconds: 45) { plant in
            #expect(plant.mayFlow.maximum <= Amperes(25))
            let status = plant.balancer.status(at: plant.now)
            #expect(status.sockets[0].reserved >= held)
        }
        #expect(plant.notes.contains { $0.note.id == "station.lost" })
        #expect(plant.offer("s2-1") >= Amperes(10))
        plant.run(seconds: 60) { #expect($0.mayFlow.maximum + Amperes(3) <= Amperes(25)) }
        // The lost one has fallen to its safe current; the other may use what that leaves.
        #expect(plant.offer("s1-1") == Amperes(6))
        #expect(plant.offer("s2-1") > Amperes(15))
    }

    @Test("A setpoint is renewed well inside its validity")
    func renewal() {
        var plant = Plant(Sites.home())
        plant.plug(Plant.Car(), into: "s1-1")
        plant.run(seconds: 100)
        plant.run(seconds: 600) { plant in
            for outlet in plant.outlets.values { #expect(outlet.validUntil - plant.now > .seconds(30)) }
        }
    }

    @Test("A station that restarted gets its setpoint again with the next decision")
    func stationRestart() {
        var plant = Plant(Sites.home(socketSafe: 0))
        plant.plug(Plant.Car(), into: "s1-1")
        plant.run(seconds: 150)
        #expect(plant.offer("s1-1") == Amperes(16))
        plant.restart(station: "s1")
        #expect(plant.offer("s1-1") == .zero)
        plant.run(seconds: 3)
        #expect(plant.offer("s1-1") == Amperes(16))
        #expect(plant.notes.contains { $0.note.id == "station.restarted" })
    }

    @Test("A restarted controller takes over without a step")
    func takeover() {
        var plant = Plant(Sites.home())
        plant.house = { _ in PerPhase(repeating: Amperes(4)) }
        plant.plug(Plant.Car(), into: "s1-1")
        plant.run(seconds: 150)
        let before = plant.offer("s1-1")
        plant.restartController()
        plant.run(seconds: 120) { #expect($0.offer("s1-1") == before) }
    }

    @Test("A socket that draws more than it may is reported, and the others make room")
    func disobedience() {
        var plant = Plant(Sites.home(socketSafe: 0))
        plant.house = { _ in PerPhase(repeating: Amperes(5)) }
        plant.plug(Plant.Car(), into: "s1-1")
        plant.plug(Plant.Car(), into: "s2-1")
        plant.run(seconds: 150)
        plant.outlets["s1-1"]?.isDeaf = true
        plant.run(seconds: 40)
        #expect(plant.notes.contains { $0.note.id == "station.disobeys" })
        #expect(plant.load.maximum <= Amperes(25))
        plant.outlets["s1-1"]?.isDeaf = false
        plant.run(seconds: 200)
        #expect(plant.notes.contains { $0.note.id == "station.obeys" })
        #expect(plant.offer("s1-1") >= Amperes(6))
    }

    @Test("Constant inputs settle: after a while nothing but renewals is sent")
    func settles() {
        var plant = Plant(Sites.home(sockets: 3))
        plant.house = { _ in PerPhase(Amperes(3), Amperes(4), Amperes(2)) }
        for id in ["s1-1", "s2-1", "s3-1"] as [SocketID] { plant.plug(Plant.Car(), into: id) }
        plant.run(seconds: 300)
        let offers = plant.balancer.status(at: plant.now).sockets.map(\.offer)
        plant.run(seconds: 300) { #expect($0.balancer.status(at: $0.now).sockets.map(\.offer) == offers) }
    }
}

@Suite("Sockets that do not follow")
struct DisobedienceTests {
    @Test("A house that changes every other second does not hide a socket that ignores its setpoint")
    func restlessHouse() {
        var plant = Plant(Sites.home(socketSafe: 0))
        plant.plug(Plant.Car(), into: "s1-1")
        plant.plug(Plant.Car(), into: "s2-1")
        plant.run(seconds: 100)
        plant.outlets["s1-1"]?.isDeaf = true
        plant.house = { now in PerPhase(repeating: Amperes(6 + Int(now.sinceStart.seconds / 2) % 2 * 2)) }
        plant.run(seconds: 20)
        #expect(plant.notes.contains { $0.note.id == "station.disobeys" })
        plant.run(seconds: 30)
        #expect(plant.load.maximum <= Amperes(25))
    }

    @Test("Refused setpoints are tried again seldom, and what was granted before runs out all the same")
    func refusal() {
        var plant = Plant(Sites.home(socketSafe: 6))
        plant.house = { _ in PerPhase(repeating: Amperes(2)) }
        plant.plug(Plant.Car(), into: "s1-1")
        plant.plug(Plant.Car(), into: "s2-1")
        plant.run(seconds: 150)
        plant.refusing = ["s1-1"]
        plant.house = { _ in PerPhase(repeating: Amperes(5)) }
        let before = plant.offersSent
        plant.run(seconds: 120)
        #expect(plant.notes.filter { $0.note.id == "station.refuses" }.count == 1)
        #expect(plant.offersSent - before < 40)
        // It has fallen to its safe current, and the other one has what that leaves.
        #expect(plant.offer("s1-1") == Amperes(6))
        #expect(plant.offer("s2-1") >= Amperes(13))
        plant.refusing = []
        plant.run(seconds: 120)
        #expect(plant.notes.filter { $0.note.id == "station.obeys" }.count == 1)
        #expect(plant.offer("s1-1") > Amperes(8))
    }

    @Test("A socket that counts no setpoint is stopped once, not again and again")
    func deafForGood() {
        var plant = Plant(Sites.home(socketSafe: 6))
        plant.plug(Plant.Car(), into: "s1-1")
        plant.run(seconds: 60)
        plant.outlets["s1-1"]?.isDeaf = true
        plant.run(seconds: 900)
        #expect(plant.notes.filter { $0.note.id == "station.disobeys" }.count == 1)
        #expect(plant.notes.filter { $0.note.id == "station.obeys" }.isEmpty)
    }
}
