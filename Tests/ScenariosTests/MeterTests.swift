// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import Scenarios

@Suite("Meters of a plant")
struct MeterTests {
    /// What the controller has seen after each tick, of a load that tells the tick.
    private func readings(
        _ ticks: Int = 12,
        seed: UInt64 = 0,
        _ change: (inout Scenario.Meter) -> Void
    )
        -> [Observation.Reading?]
    {
        var scenario = Sites.house(.zero, device: .init(kind: .gG, rating: 1000), duration: Double(ticks))
        scenario.seed = seed
        let times = (0..<ticks).map(Double.init)
        scenario.loads = [.init(.trace(.init(times: times, currents: times.map { Triple($0 + 0.26, -$0 - 0.26, 0) })))]
        var meter = Scenario.Meter(id: "grid")
        meter.latency = 0
        meter.resolution = 0
        change(&meter)
        scenario.meters = [meter]
        var plant = Plant(scenario)
        return (0..<ticks).map { _ in
            var seen: Observation.Reading?
            plant.advance { observation, _ in seen = observation.meters[0] }
            return seen
        }
    }

    @Test("A reading comes after the latency, with the time at which it was measured")
    func latency() {
        let late = readings(5) { $0.latency = 1.2 }
        #expect(late.map { $0?.time } == [nil, nil, 0, 1, 2])
        #expect(late[4]?.currents == Triple(2.26, -2.26, 0))
        let seldom = readings(7) { $0.period = 3 }
        #expect(seldom.map { $0?.time } == [0, 0, 0, 3, 3, 3, 6])
    }

    @Test("Resolution, cutting and a missing sign")
    func resolution() {
        #expect(readings(3) { $0.resolution = 0.5 }[2]?.currents == Triple(2.5, -2.5, 0))
        #expect(readings(3) { $0.resolution = 1 }[2]?.currents == Triple(2, -2, 0))
        let cut = readings(3) {
            $0.resolution = 1
            $0.truncates = true
            $0.isSigned = false
        }
        #expect(cut[2]?.currents == Triple(2, 2, 0))
        // Halves go up, also below zero.
        #expect(rounded(-2.5, to: 1, truncates: false) == -2)
        #expect(rounded(2.5, to: 1, truncates: false) == 3)
    }

    @Test("Drop-outs begin with their first second and end before their last")
    func dropouts() {
        let seen = readings(6) { $0.dropouts = [2..<4] }
        #expect(seen.map { $0?.time } == [0, 1, 1, 1, 4, 5])
    }

    @Test("Losses, noise and jitter take their draws from the stream of the meter in this order")
    func draws() {
        let seen = readings(200, seed: 42) {
            $0.lossProbability = 0.3
            $0.noise = 0.1
            $0.latency = 1
            $0.jitter = 3
        }
        var stream = RandomStream(seed: 42, name: "metergrid")
        var arrivals: [(due: Int, sampled: Int, first: Double)] = []
        for tick in 0..<200 {
            let isLost = stream.uniform() < 0.3
            let noise = (0..<3).map { _ in 0.1 * stream.normal() }
            guard !isLost else { continue }
            let jitter = Int((stream.uniform() * 3).rounded())
            arrivals.append((tick + 1 + jitter, tick, Double(tick) + 0.26 + noise[0]))
        }
        for tick in 0..<200 {
            let newest = arrivals.filter { $0.due <= tick }.max { $0.sampled < $1.sampled }
            #expect(seen[tick]?.time == newest.map { Double($0.sampled) })
            #expect(seen[tick]?.currents[0] == newest?.first)
        }
    }

    @Test("The meter of a socket shows the conductors in use")
    func socketMeter() {
        let scenario = Sites.oneCar(duration: 5) {
            $0.meter?.latency = 1
            $0.meter?.resolution = 0.5
        } visit: {
            $0.conductors = 2
            $0.undershoot = 0.2
        }
        var plant = Plant(scenario)
        var seen: [Observation.Socket] = []
        while !plant.isOver {
            plant.advance { observation, setpoints in
                setpoints[0] = 10
                seen.append(observation.sockets[0])
            }
        }
        #expect(seen.map { $0.reading?.time } == [nil, 0, 1, 2, 3])
        #expect(seen[4].reading?.currents == Triple(10, 10, 0))
        #expect(seen[0].isConnected && seen[0].wants && seen[0].isReachable)
        #expect(seen[4].setpoint == 10)
        #expect(abs(seen[4].energy - 2 * 230 * 9.8 * 4 / 3.6e6) < 1e-12)
    }

    @Test("Times that are not whole steps: delays are covered, periods and moments are rounded")
    func rounding() {
        var scenario = Sites.house(.zero)
        scenario.step = 0.1
        #expect(scenario.ticksCovering(0.3) == 3)
        #expect(scenario.ticksCovering(0.31) == 4)
        #expect(scenario.ticksCovering(1.1) == 11)
        #expect(scenario.ticks(0.34) == 3)
        #expect(scenario.ticksOfPeriod(0.01) == 1)
        #expect(scenario.tickCount == 6000)
    }
}
