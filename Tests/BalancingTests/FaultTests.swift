// SPDX-License-Identifier: Apache-2.0
import Quantities
import TestSupport
import Testing

@testable import Balancing

/// Random sites, houses, cars and faults; the oracles look at every tenth of a second.
@Suite("Invariants under faults")
struct FaultTests {
    private struct Script {
        var random: SeededGenerator
        var plant: Plant
        var isQuiet = false

        init(seed: UInt64) {
            var random = SeededGenerator(seed: seed)
            let count = Int.random(in: 1...4, using: &random)
            var rotations: [String] = []
            for _ in 0..<count {
                rotations.append(PhaseRotation.all.randomElement(using: &random)?.description ?? "L1")
            }
            let limit = [16, 25, 35, 40].randomElement(using: &random) ?? 25
            let safe = [0, 6, 12, 13].randomElement(using: &random) ?? 12
            plant = Plant(Sites.home(limit: limit, safeCurrent: safe, sockets: count, rotations: rotations))
            self.random = random
        }

        mutating func act() {
            let ids = plant.balancer.site.sockets.map(\.id)
            let stations = plant.balancer.site.stations.map(\.id)
            guard let socket = ids.randomElement(using: &random), let station = stations.randomElement(using: &random)
            else {
                return
            }
            switch Int.random(in: 0..<12, using: &random) {
            case 0...2:
                let car = Plant.Car(
                    conductors: Int.random(in: 1...3, using: &random),
                    maximum: Amperes(Int.random(in: 6...16, using: &random)),
                    deadTime: .milliseconds(Int.random(in: 2...40, using: &random) * 100)
                )
                plant.plug(plant.outlets[socket]?.car == nil ? car : nil, into: socket)
            case 3, 4:
                let load = PerPhase.each { _ in Amperes(milliamperes: Int.random(in: -6000...14_000, using: &random)) }
                plant.house = { _ in load }
            case 5: plant.hasMeter.toggle()
            case 6: plant.unreachable.formSymmetricDifference([station])
            case 7: plant.restart(station: station)
            case 8: plant.restartController()
            default: break
            }
        }
    }

    @Test(
        "No fault makes offers pass the cap, the ledger or the safe current",
        arguments: LongRun.seeds(usual: 24, long: 2000)
    )
    func invariants(seed: UInt64) {
        var script = Script(seed: seed)
        for _ in 0..<60 {
            script.act()
            let seconds = Double(Int.random(in: 1...25, using: &script.random))
            var lostFor = Duration.zero
            script.plant.run(seconds: seconds) { plant in
                let cap = plant.balancer.site.networkCap
                let status = plant.balancer.status(at: plant.now)
                for phase in Phase.allCases {
                    #expect(plant.mayFlow[phase] <= cap[phase], "I1, seed \(seed) at \(plant.now.sinceStart)")
                }
                for socket in status.sockets {
                    let offer = plant.offer(socket.socket)
                    #expect(offer <= socket.reserved, "I3, seed \(seed) at \(plant.now.sinceStart): \(socket.socket)")
                    #expect(offer == .zero || offer >= Amperes(6), "range, seed \(seed)")
                }
                lostFor = status.meter.isLost ? lostFor + .milliseconds(100) : .zero
                let allReachable = plant.unreachable.isEmpty && lostFor > .seconds(9)
                if allReachable {
                    let safe = plant.balancer.site.safeCurrent
                    #expect(plant.mayFlow.maximum <= safe, "I2, seed \(seed) at \(plant.now.sinceStart)")
                }
            }
        }
    }

    @Test(
        "When all faults are over, every vehicle that fits charges again",
        arguments: LongRun.seeds(usual: 16, long: 500)
    )
    func liveness(seed: UInt64) {
        var script = Script(seed: seed &+ 1000)
        for _ in 0..<30 {
            script.act()
            script.plant.run(seconds: Double(Int.random(in: 1...20, using: &script.random)))
        }
        script.plant.hasMeter = true
        script.plant.unreachable = []
        script.plant.house = { _ in .zero }
        for id in script.plant.outlets.keys.sorted() { script.plant.plug(nil, into: id) }
        script.plant.run(seconds: 20)
        guard let first = script.plant.outlets.keys.sorted().first else { return }
        script.plant.plug(Plant.Car(), into: first)
        script.plant.run(seconds: 400)
        #expect(script.plant.offer(first) >= Amperes(6), "seed \(seed)")
        #expect(script.plant.balancer.status(at: script.plant.now).meter == .normal)
    }

    @Test("The same events give the same directives")
    func determinism() {
        func run() -> [String] {
            var script = Script(seed: 7)
            for _ in 0..<20 {
                script.act()
                script.plant.run(seconds: 10)
            }
            return script.plant.notes.map { "\($0)" } + ["\(script.plant.balancer.status(at: script.plant.now))"]
        }
        #expect(run() == run())
    }
}
