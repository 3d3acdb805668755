// SPDX-License-Identifier: Apache-2.0
import Quantities
import Testing

@testable import Balancing

@Suite("Shortage, pauses and their end")
struct ShortageTests {
    private func amps(_ value: Double) -> Amperes { Amperes(milliamperes: Int((value * 1000).rounded())) }

    @Test("A phase that the house alone overloads does not hide the shortage of another phase")
    func houseAboveLimit() {
        var plant = Plant(Sites.home(rotations: ["L2", "L2"], socketSafe: 0))
        plant.plug(Plant.Car(conductors: 1), into: "s1-1")
        plant.plug(Plant.Car(conductors: 1), into: "s2-1")
        plant.run(seconds: 150)
        plant.house = { _ in PerPhase(Amperes(26), Amperes(15), Amperes(0)) }
        plant.run(seconds: 60)
        plant.run(seconds: 100) { #expect($0.load.l2 <= Amperes(25)) }
    }

    @Test("Sockets that were paused get their shares while the meter is lost")
    func resumingDuringLoss() {
        var plant = Plant(Sites.home(socketSafe: 6))
        plant.plug(Plant.Car(), into: "s1-1")
        plant.plug(Plant.Car(), into: "s2-1")
        plant.run(seconds: 150)
        plant.house = { _ in PerPhase(repeating: Amperes(24)) }
        plant.run(seconds: 30)
        #expect(plant.charging.maximum == .zero)
        plant.hasMeter = false
        plant.run(seconds: 300)
        #expect(plant.offer("s1-1") == Amperes(6) && plant.offer("s2-1") == Amperes(6))
    }

    @Test("Two sockets whose minima just fit their station both resume after a pause")
    func resumingAtStationMaximum() {
        var site = Sites.home()
        site.stations = [Station(id: "s", circuit: "main", maximum: Amperes(12))]
        site.sockets = ["a", "b"].map { Socket(id: $0, station: "s", maximum: Amperes(16), safeCurrent: .zero) }
        var plant = Plant(site)
        plant.plug(Plant.Car(), into: "a")
        plant.plug(Plant.Car(), into: "b")
        plant.run(seconds: 150)
        plant.house = { _ in PerPhase(repeating: Amperes(24)) }
        plant.run(seconds: 70)
        #expect(plant.charging.maximum == .zero)
        plant.house = { _ in .zero }
        plant.run(seconds: 300)
        #expect(plant.offer("a") == Amperes(6) && plant.offer("b") == Amperes(6))
    }

    @Test("A minimum between two steps of the station is rounded up, so that no offer is below it")
    func minimumBetweenSteps() {
        var site = Sites.home(sockets: 1, socketSafe: 0)
        site.sockets[0].minimum = amps(6.5)
        site.sockets[0].resolution = Amperes(1)
        var plant = Plant(site)
        plant.plug(Plant.Car(), into: "s1-1")
        plant.run(seconds: 100)
        plant.house = { _ in PerPhase(repeating: amps(17.6)) }
        plant.run(seconds: 200) { plant in
            let offer = plant.balancer.sockets[0].offer
            #expect(offer == .zero || offer >= amps(6.5))
        }
    }

    @Test("A single-phase car that leaves does not disturb a car on another phase")
    func leaving() {
        var plant = Plant(Sites.home(rotations: ["L1L2L3", "L2"], socketSafe: 0))
        plant.plug(Plant.Car(conductors: 1), into: "s1-1")
        plant.plug(Plant.Car(conductors: 1), into: "s2-1")
        plant.run(seconds: 200)
        #expect(plant.offer("s1-1") == Amperes(16) && plant.offer("s2-1") == Amperes(16))
        plant.plug(nil, into: "s1-1")
        plant.run(seconds: 60) { #expect($0.offer("s2-1") == Amperes(16)) }
        // What the car showed is forgotten once its setpoint is closed: the next one may use all phases.
        #expect(plant.balancer.sockets[0].loadedPhases == Phase.allCases)
    }
}
