// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import Scenarios

@Suite("Cars and sockets of a plant")
struct CarTests {
    @Test("A command arrives late, and the car follows after its dead time, its start delay and by its ramp")
    func following() {
        let scenario = Sites.oneCar(duration: 14) {
            $0.commandLatency = 1.5
        } visit: {
            $0.lag = 1.2
            $0.resumeDelay = 3
            $0.rampUp = 4
        }
        // Asked in tick 0, in force in tick 2, effective in tick 4, drawing from tick 7 on: 4 A more each second.
        let currents = Sites.currents(scenario) { _ in 10.05 }
        #expect(currents == [0, 0, 0, 0, 0, 0, 0, 4, 8, 10, 10, 10, 10, 10])
    }

    @Test("A car approaches its target by its time constant, and falls by its own ramp")
    func dynamics() {
        let scenario = Sites.oneCar(duration: 8) { _ in
        } visit: {
            $0.timeConstant = 2
            $0.rampDown = 3
        }
        let currents = Sites.currents(scenario) { $0 < 3 ? 16 : 0 }
        let share = 1 - exponential(-0.5)
        var expected = [0.0]
        for _ in 0..<3 { expected.append(expected[expected.count - 1] + (16 - expected[expected.count - 1]) * share) }
        for _ in 0..<4 {
            let last = expected[expected.count - 1]
            expected.append(last + max(-last * share, -3))
        }
        for (current, right) in zip(currents, expected) { #expect(abs(current - right) < 1e-12) }
    }

    @Test("A car stays below its offer, in its own steps, and below 6 A it pauses")
    func steps() {
        let scenario = Sites.oneCar(duration: 6) { _ in
        } visit: {
            $0.undershoot = 0.4
            $0.quantum = 1
        }
        #expect(Sites.currents(scenario) { _ in 12.3 }.last == 11)
        #expect(Sites.currents(scenario) { _ in 5.99 }.last == 0)
        #expect(Sites.currents(scenario) { _ in .nan }.last == 0)
        #expect(Sites.currents(scenario) { _ in .infinity }.last == 31)
    }

    @Test("A setpoint is floored to the steps of its socket, and 13.2 A stays 13.2 A")
    func resolution() {
        var socket = Scenario.Socket(id: "s", maximum: 16)
        #expect(abs(Plant.accepted(13.2, socket) - 13.2) < 1e-9)
        #expect(abs(Plant.accepted(13.29, socket) - 13.2) < 1e-9)
        #expect(Plant.accepted(5.999, socket) == 0)
        socket.resolution = 1
        #expect(Plant.accepted(40, socket) == 16)
        #expect(Plant.accepted(.nan, socket) == 0)
    }

    @Test("A nearly full car takes less and less, and a full one nothing any more")
    func taper() {
        let scenario = Sites.oneCar(duration: 4) { _ in
        } visit: {
            $0.initialCharge = 0.95
            $0.taperFrom = 0.9
            $0.taperFloor = 0.06
        }
        // Half of the way from 90 % to 100 % is gone: half of the maximum.
        let currents = Sites.currents(scenario) { _ in 32 }
        #expect(abs(currents[1] - 16) < 1e-9)
        let satisfied = Sites.oneCar(duration: 10) { _ in
        } visit: {
            $0.request = 3 * 230.0 * 32 * 3 / 3.6e6
        }
        // The energy of three seconds; the fourth one draws nothing.
        #expect(Sites.currents(satisfied) { _ in 32 } == [0, 32, 32, 32, 0, 0, 0, 0, 0, 0])
    }

    @Test("Energy is current times conductors, voltage and time")
    func energy() {
        var scenario = Sites.oneCar(duration: 3601) { _ in
        } visit: {
            $0.conductors = 2
        }
        scenario.voltage = 200
        var controller = Replay([[10]])
        let figures = Plant.play(scenario, with: &controller)
        #expect(abs(figures.delivered - 2 * 200 * 10 / 1000) < 1e-9)
        #expect(figures.sessions == [figures.delivered])
        #expect(abs(figures.unmet - (100 - figures.delivered)) < 1e-12)
    }

    @Test("Without commands a socket falls to its fallback after its timeout, and never rises to it")
    func timeout() {
        let scenario = Sites.oneCar(duration: 20) {
            $0.timeout = 5
            $0.fallback = 6
            $0.partitions = [3..<15]
        }
        let currents = Sites.currents(scenario) { _ in 16 }
        // The last contact is at 2 s; more than 5 s later it falls; the command of 14 s arrives at 15 s.
        #expect(currents == [0, 16, 16, 16, 16, 16, 16, 16, 6, 6, 6, 6, 6, 6, 6, 16, 16, 16, 16, 16])
        let none = Sites.oneCar(duration: 8) {
            $0.timeout = 2
            $0.initial = 0
            $0.partitions = [0..<8]
        }
        #expect(Sites.currents(none) { _ in 16 } == Array(repeating: 0, count: 8))
    }

    @Test("A departure ends the draw in its tick; the next car begins with the setpoint in force")
    func departures() {
        var scenario = Sites.oneCar(duration: 10) { _ in
        } visit: {
            $0.departure = 5
        }
        var second = scenario.visits[0]
        second.arrival = 7
        second.departure = 10
        second.lag = 3
        scenario.visits.append(second)
        // The dead time of the second car looks back to setpoints before it came as if they had been those of now.
        #expect(Sites.currents(scenario) { _ in 16 } == [0, 16, 16, 16, 16, 0, 0, 16, 16, 16])
    }

    @Test("Commands are lost by the stream of commands, one draw for each socket")
    func lostCommands() {
        var scenario = Sites.oneCar(duration: 40) { $0.lossProbability = 0.5 }
        scenario.seed = 42
        var stream = RandomStream(seed: 42, name: "cmd")
        var plant = Plant(scenario)
        var expected = 0.0
        var isFirst = true
        while !plant.isOver {
            let wanted = Double(6 + plant.tick % 20)
            let inForce = expected
            plant.advance { _, setpoints in setpoints[0] = wanted }
            if !isFirst { #expect(plant.setpoint(ofSocket: 0) == inForce) }
            isFirst = false
            if stream.uniform() >= 0.5 { expected = wanted }
        }
    }
}
