// SPDX-License-Identifier: Apache-2.0
import Balancing
import Quantities
import Testing

@testable import Scenarios

@Suite("Controllers in a plant")
struct ControllerTests {
    /// Two cars on 25 A with a house that switches 8 A on for five minutes.
    private var scenario: Scenario {
        var scenario = Sites.oneCar(limit: 25, duration: 1800) {
            $0.fallback = 0
        } visit: {
            $0.resumeDelay = 5
        }
        scenario.seed = 3
        var second = scenario.sockets[0]
        second.id = "t"
        second.phases = [1, 2, 0]
        scenario.sockets.append(second)
        var visit = scenario.visits[0]
        visit.socket = 1
        visit.arrival = 300
        visit.lag = 2
        scenario.visits.append(visit)
        scenario.meters = [.init(id: "grid")]
        scenario.loads = [
            .init(.constant(Triple(3, 2, 4))), .init(.step(time: 900, duration: 300, amperes: Triple(0, 8, 0))),
            .init(.noise(sigma: 0.2, correlation: 10, hold: 1)),
        ]
        return scenario
    }

    @Test("Headroom keeps two cars under the limit, with no trip and little above it")
    func headroom() {
        var controller = HeadroomController(Installation(scenario))
        let figures = Plant.play(scenario, with: &controller)
        #expect(figures.trips == 0)
        #expect(figures.heatFraction == 0)
        #expect(figures.over.aboveFive <= 12)
        #expect(figures.delivered > 5)
        #expect(figures.pausesPerHour == 0)
        #expect(controller.balancer.site.stations[0].validity == .seconds(90))
    }

    @Test("Headroom falls to the safe current when the meter is silent")
    func meterLoss() {
        var silent = scenario
        silent.safeCurrent = 12
        silent.meters[0].dropouts = [600..<1800]
        var controller = HeadroomController(Installation(silent))
        var plant = Plant(silent)
        while !plant.isOver {
            plant.advance { controller.decide($0, &$1) }
            guard plant.tick > 615 else { continue }
            let sum = plant.setpoint(ofSocket: 0) + plant.setpoint(ofSocket: 1)
            #expect(sum <= 12)
        }
        #expect(controller.balancer.status(at: .start).meter.isLost)
    }

    @Test("A socket that cannot be reached is told as such, and its lease ends by its own clock")
    func partition() {
        var cut = scenario
        cut.sockets[1].partitions = [600..<900]
        var controller = HeadroomController(Installation(cut))
        var plant = Plant(cut)
        while plant.tick < 700 { plant.advance { controller.decide($0, &$1) } }
        #expect(plant.setpoint(ofSocket: 1) == 0)
        #expect(controller.balancer.status(at: .start).sockets[1].activity == .silent)
        while !plant.isOver { plant.advance { controller.decide($0, &$1) } }
        #expect(plant.setpoint(ofSocket: 1) >= 6)
        #expect(plant.figures().trips == 0)
    }

    @Test("The same scenario gives the same figures, and recorded setpoints give them again")
    func determinism() {
        var first = HeadroomController(Installation(scenario))
        var second = HeadroomController(Installation(scenario))
        var recording: [[Double]] = []
        var plant = Plant(scenario)
        while !plant.isOver {
            plant.advance { seen, setpoints in
                first.decide(seen, &setpoints)
                recording.append(setpoints)
            }
        }
        let figures = plant.figures()
        #expect(Plant.play(scenario, with: &second) == figures)
        var replay = Replay(recording)
        #expect(Plant.play(scenario, with: &replay) == figures)
    }

    @Test("The simple controllers do what they are described to do")
    func baselines() {
        let installation = Installation(scenario)
        var seen = Observation(meters: [nil], sockets: [Observation.Socket(), Observation.Socket()])
        for index in 0..<2 {
            seen.sockets[index].isConnected = true
            seen.sockets[index].wants = true
            seen.sockets[index].arrival = Double(10 - index)
        }
        var setpoints = [0.0, 0]
        let equal = EqualSplit(installation)
        // Without a meter the safe current, which is enough for one: the one that came first.
        equal.decide(seen, &setpoints)
        #expect(setpoints == [0, 6])
        seen.time = 100
        seen.meters[0] = .init(time: 100, currents: Triple(5, 3, 1))
        equal.decide(seen, &setpoints)
        #expect(setpoints == [10, 10])
        var step = StepController(installation)
        step.decide(seen, &setpoints)
        #expect(setpoints == [0, 7])
        seen.time = 102
        seen.meters[0] = .init(time: 102, currents: Triple(15, 3, 1))
        step.decide(seen, &setpoints)
        #expect(setpoints == [0, 7])
        seen.time = 106
        seen.meters[0] = .init(time: 106, currents: Triple(26, 3, 1))
        step.decide(seen, &setpoints)
        #expect(setpoints == [0, 6])
        var proportional = ProportionalController(installation)
        seen.time = 107
        seen.meters[0] = .init(time: 107, currents: Triple(-23, -25, -30))
        proportional.decide(seen, &setpoints)
        #expect(setpoints == [6, 6])
        seen.time = 108
        seen.meters[0] = .init(time: 108, currents: Triple(30, 25, 10))
        proportional.decide(seen, &setpoints)
        #expect(setpoints == [0, 7])
    }

    @Test("A controller is not told what only the plant knows")
    func knowledge() {
        var secret = scenario
        secret.sockets[0].arePhasesKnown = false
        secret.sockets[0].partitions = [1..<2]
        secret.sockets[0].lossProbability = 0.5
        let installation = Installation(secret)
        #expect(installation.sockets[0].phases.isEmpty)
        #expect(installation.sockets[0].partitions.isEmpty)
        #expect(installation.sockets[0].lossProbability == 0)
        #expect(HeadroomController(installation).balancer.site.sockets[0].rotation == nil)
    }
}

@Suite("Parameters of the balancer in a plant")
struct ParameterTests {
    @Test(
        "The least and the most of every parameter can be played",
        arguments: HeadroomController.parameters.keys.sorted()
    )
    func extremes(name: String) throws {
        let range = try #require(HeadroomController.parameters[name])
        for value in [range.lowerBound, range.upperBound] {
            var scenario = Sites.oneCar(limit: 25, duration: 120)
            scenario.meters = [.init(id: "grid")]
            scenario.meters[0].dropouts = [40..<60]
            scenario.parameters = [name: value]
            #expect(HeadroomController.rules(scenario.parameters) != HeadroomController.rules([:]))
            var controller = HeadroomController(Installation(scenario))
            let figures = Plant.play(scenario, with: &controller)
            #expect(figures.trips == 0)
            #expect(figures.over.total == 0)
        }
    }
}
