// SPDX-License-Identifier: Apache-2.0
import Balancing
import Emulation
import Modbus
import Quantities
import TestSupport
import Testing

@testable import StationControl

@Suite("A running site", .timeLimit(.minutes(2)))
struct SiteControllerTests {
    @Test("writes each socket's offer to register 1210 of its unit")
    func offers() async throws {
        var setup = Bench.Setup()
        setup.stations = [2]
        try await Bench.with(setup) { bench in
            bench.plugIn(socket: 1)
            try await bench.run { running in
                try await running.pass(within: .seconds(120)) { bench.stations[0].register(unit: 2) == 16 }
                let status = await running.controller.status
                #expect(status.meter == .normal)
                #expect(status.sockets.map(\.offer) == [.zero, Amperes(16)])
                // The car is 16 A of what the meter sees, the house the rest.
                await running.pass(.seconds(5))
                #expect(bench.meter.grid.maximum >= Amperes(18))
                #expect(bench.stations[0].register(unit: 1) == 0)
            }
        }
    }

    @Test("keeps two cars and the house together under the limit, and follows the house down at once")
    func sharing() async throws {
        var setup = Bench.Setup()
        setup.stations = [1, 1]
        try await Bench.with(setup) { bench in
            bench.plugIn(0)
            bench.plugIn(1)
            try await bench.run { running in
                try await running.pass(within: .seconds(180)) {
                    bench.stations.allSatisfy { ($0.register(unit: 1) ?? 0) > 10 }
                }
                #expect(bench.stations.compactMap { $0.register(unit: 1) }.reduce(0, +) <= 23)
                bench.meter.house = PerPhase(repeating: Amperes(11))
                // Invariant I4: a reading, a second on the way, and the time that a vehicle may take to follow.
                await running.pass(.seconds(1) + .seconds(1) + bench.setup.rules.settleTime)
                #expect(bench.meter.grid.maximum <= Amperes(25), "\(bench.meter.grid)")
                #expect(bench.stations.compactMap { $0.register(unit: 1) }.reduce(0, +) <= 14)
            }
        }
    }

    @Test("renews setpoints that do not change long before they lapse")
    func renewal() async throws {
        try await Bench.with { bench in
            bench.plugIn()
            try await bench.run { running in
                try await running.pass(within: .seconds(120)) { bench.stations[0].register(unit: 1) == 16 }
                await running.pass(.seconds(180))
                #expect(bench.stations[0].register(unit: 1) == 16)
                let steady = bench.stations[0].setpoints.drop { $0.current != Amperes(16) }
                #expect(steady.allSatisfy { $0.current == Amperes(16) })
                #expect(steady.count >= 7)
                let gaps = zip(steady, steady.dropFirst()).map { $1.at - $0.at }
                #expect(gaps.allSatisfy { $0 <= .seconds(25) }, "\(gaps)")
                // A renewal for its own sake every second would wear nothing but be no lease.
                #expect(gaps.allSatisfy { $0 >= .seconds(5) }, "\(gaps)")
            }
        }
    }

    @Test("begins where an earlier controller left off, without a step for the car")
    func takeover() async throws {
        try await Bench.with { bench in
            bench.plugIn()
            bench.stations[0].write(10, unit: 1)
            bench.clock.advance(by: .seconds(20))
            try await bench.run { running in
                try await running.pass(within: .seconds(10)) { !bench.stations[0].setpoints.isEmpty }
                #expect(bench.stations[0].currents(unit: 1).first == Amperes(10))
                try await running.pass(within: .seconds(120)) { bench.stations[0].register(unit: 1) == 16 }
                // From there calmly: by 1 A each 5 s, so 6 A take half a minute.
                let currents = bench.stations[0].currents(unit: 1)
                #expect(currents == currents.sorted())
                #expect(zip(currents, currents.dropFirst()).allSatisfy { $1 - $0 <= Amperes(1) }, "\(currents)")
            }
        }
    }

    @Test("goes on with another controller after the first has ended")
    func successor() async throws {
        try await Bench.with { bench in
            bench.plugIn()
            try await bench.run { running in
                try await running.pass(within: .seconds(120)) { bench.stations[0].register(unit: 1) == 16 }
            }
            #expect(bench.stations[0].register(unit: 1) == 6)
            let count = bench.stations[0].setpoints.count
            try await bench.run { running in
                try await running.pass(within: .seconds(120)) { bench.stations[0].register(unit: 1) == 16 }
            }
            let second = bench.stations[0].currents(unit: 1).dropFirst(count)
            #expect(second.allSatisfy { $0 >= Amperes(6) }, "\(second)")
        }
    }

    @Test("tells listeners what it logs, in order and with instants, until it ends")
    func notices() async throws {
        try await Bench.with { bench in
            var streams: [AsyncStream<SiteController.Notice>] = []
            var controller: SiteController?
            try await bench.run { running in
                controller = running.controller
                streams = [await running.controller.notices(), await running.controller.notices()]
                await running.pass(.seconds(3))
            }
            for stream in streams {
                var notices: [SiteController.Notice] = []
                for await notice in stream { notices.append(notice) }
                #expect(notices.map(\.at) == notices.map(\.at).sorted())
                // The first reading and the first report may come before the listener.
                let texts = bench.log.texts.dropLast()
                #expect(Array(texts.suffix(notices.count)) == notices.map(\.notification.text))
            }
            // Whoever comes late is not left waiting.
            for await _ in try #require(await controller?.notices()) { Issue.record("a notice after the end") }
        }
    }

    @Test("logs nothing while nothing changes")
    func quiet() async throws {
        try await Bench.with { bench in
            bench.plugIn()
            try await bench.run { running in
                try await running.pass(within: .seconds(120)) { bench.stations[0].register(unit: 1) == 16 }
                await running.pass(.seconds(300))
                #expect(
                    Set(bench.log.texts) == ["TCP MODBUS unit 5 connected via \(bench.endpoint)", "Station a answers"]
                )
                #expect(bench.log.entries.count == 2)
            }
        }
    }
}
