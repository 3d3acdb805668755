// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import Scenarios

@Suite("Circuits, devices and loads of a plant")
struct CircuitTests {
    private func tripTick(_ scenario: Scenario) -> Int? {
        var plant = Plant(scenario)
        while !plant.isOver {
            plant.advance { _, _ in }
            if plant.figures().trips > 0 { return plant.tick - 1 }
        }
        return nil
    }

    @Test("Devices trip when their thermal image or the current says so")
    func devices() {
        // 2² (1 - e^(-n/120)) >= 1.25² from n = 60 on, which is tick 59.
        #expect(tripTick(Sites.house(Triple(126, 0, 0))) == 59)
        // Feeding in warms as well.
        #expect(tripTick(Sites.house(Triple(0, -126, 0))) == 59)
        // 1.25 times the rating is approached and never reached.
        #expect(tripTick(Sites.house(Triple(78, 0, 0), duration: 3600)) == nil)
        // 1.5² (1 - e^(-n/60)) >= 1.13²: n = 51.
        let breaker = Scenario.Device(kind: .breakerB, rating: 63)
        #expect(tripTick(Sites.house(Triple(94.5, 0, 0), device: breaker)) == 50)
        #expect(tripTick(Sites.house(Triple(0, 0, 189), device: breaker)) == 0)
        #expect(tripTick(Sites.house(Triple(0, 0, 188), device: .init(kind: .breakerC, rating: 63))) ?? 0 > 0)
        #expect(tripTick(Sites.house(Triple(0, 0, 630), device: .init(kind: .breakerD, rating: 63))) == 0)
        #expect(tripTick(Sites.house(Triple(0, 0, 504), device: .init(kind: .mouldedCase, rating: 63))) == 0)
        #expect(Scenario.Device(kind: .gG, rating: 80).timeConstant == 300)
        #expect(Scenario.Device(kind: .mouldedCase, rating: 80).timeConstant == 60)
    }

    @Test("A trip switches off for the reset time, counts once, and the image begins anew")
    func reset() {
        var scenario = Sites.house(Triple(126, 0, 0), duration: 300)
        scenario.resetTime = 100
        var plant = Plant(scenario)
        var on: [Int] = []
        while !plant.isOver {
            plant.advance { _, _ in }
            if plant.circuitCurrents[0][0] > 0 { on.append(plant.tick - 1) }
        }
        // On for 60 ticks, off for 100, on for 60, and off again.
        #expect(on == Array(0..<60) + Array(160..<220))
        #expect(plant.figures().trips == 2)
    }

    @Test("What hangs below is added up on its phases, and a tripped part is missing above")
    func tree() {
        var scenario = Sites.oneCar(duration: 200) { _ in
        } visit: {
            $0.conductors = 1
        }
        scenario.circuits = [
            .init(id: "grid", limit: 63),
            .init(id: "garage", parent: 0, limit: 16, device: .init(kind: .gG, rating: 10)),
        ]
        scenario.sockets[0].circuit = 1
        scenario.sockets[0].phases = [1, 2, 0]
        scenario.loads = [.init(.constant(Triple(1, 2, 3))), .init(circuit: 1, .constant(Triple(0, 0, 4)))]
        var plant = Plant(scenario)
        for _ in 0..<3 { plant.advance { _, setpoints in setpoints[0] = 20 } }
        #expect(plant.circuitCurrents == [Triple(1, 22, 7), Triple(0, 20, 4)])
        #expect(plant.backgroundCurrents == [Triple(1, 2, 7), Triple(0, 0, 4)])
        while plant.figures().trips == 0, !plant.isOver { plant.advance { _, setpoints in setpoints[0] = 20 } }
        plant.advance { _, setpoints in setpoints[0] = 20 }
        #expect(!plant.isPowered(circuit: 1))
        #expect(plant.isPowered(circuit: 0))
        #expect(plant.current(ofSocket: 0) == 0)
        #expect(plant.circuitCurrents == [Triple(1, 2, 3), .zero])
    }

    @Test("Loads: steps, pulses, and recordings with offset, wrapping, scale and order of phases")
    func loads() {
        var scenario = Sites.house(.zero, duration: 12)
        var trace = Scenario.Trace(times: [0, 4], currents: [Triple(1, 2, 3), Triple(10, 20, 30)])
        trace.span = 6
        trace.offset = 3
        trace.scale = 2
        trace.columns = [2, 0, 1]
        scenario.loads = [
            .init(.step(time: 2, duration: 3, amperes: Triple(1, 0, 0))),
            .init(.pulse(time: 1, duration: 8, period: 4, on: 2, amperes: Triple(0, 1, 0))),
        ]
        func currents(_ phase: Int) -> [Double] {
            var plant = Plant(scenario)
            return (0..<12).map { _ in
                plant.advance { _, _ in }
                return plant.circuitCurrents[0][phase]
            }
        }
        #expect(currents(0) == [0, 0, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0])
        #expect(currents(1) == [0, 1, 1, 0, 0, 1, 1, 0, 0, 0, 0, 0])
        scenario.loads = [.init(.trace(trace))]
        // Places 3, 4, 5, 0, 1, 2, 3, ...; phase 1 takes the third column, twice.
        #expect(currents(0) == [6, 60, 60, 6, 6, 6, 6, 60, 60, 6, 6, 6])
        #expect(currents(1) == [2, 20, 20, 2, 2, 2, 2, 20, 20, 2, 2, 2])
        trace.span = nil
        trace.offset = -2
        scenario.loads = [.init(.trace(trace))]
        #expect(currents(0) == [0, 0, 6, 6, 6, 6, 60, 60, 60, 60, 60, 60])
    }

    @Test("Noise follows its stream, one value for each hold time and phase")
    func noise() {
        var scenario = Sites.house(.zero, duration: 6)
        scenario.seed = 7
        scenario.loads = [.init(.constant(.zero)), .init(.noise(sigma: 2, correlation: 10, hold: 2))]
        var stream = RandomStream(seed: 7, name: "noise1")
        let keep = exponential(-0.2)
        var value = Triple.zero
        var plant = Plant(scenario)
        for tick in 0..<6 {
            if tick % 2 == 0 {
                for phase in 0..<3 {
                    value[phase] = keep * value[phase] + 2 * (1 - keep * keep).squareRoot() * stream.normal()
                }
            }
            plant.advance { _, _ in }
            for phase in 0..<3 { #expect(abs(plant.circuitCurrents[0][phase] - value[phase]) < 1e-12) }
        }
    }
}
