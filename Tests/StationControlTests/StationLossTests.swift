// SPDX-License-Identifier: Apache-2.0
import Balancing
import Emulation
import Logging
import Modbus
import Quantities
import Simulation
import Testing

@testable import StationControl

@Suite("A running site with trouble at a station", .timeLimit(.minutes(2)))
struct StationLossTests {
    private static let lost = "Station b does not answer"

    private static var setup: Bench.Setup {
        var setup = Bench.Setup()
        setup.stations = [1, 1]
        setup.patience = .milliseconds(250)
        return setup
    }

    @Test("reports a station that disappears once, goes on with the others, and takes it back")
    func disappearance() async throws {
        try await Bench.with(Self.setup) { bench in
            bench.plugIn(0)
            bench.plugIn(1)
            try await bench.run { running in
                try await running.pass(within: .seconds(180)) {
                    bench.stations.allSatisfy { ($0.register(unit: 1) ?? 0) > 10 }
                }
                bench.stations[1].station.faults.isAway = true
                try await running.pass(within: .seconds(10)) { !bench.log.entries(Self.lost).isEmpty }
                let entry = try #require(bench.log.entries(Self.lost).first)
                #expect(entry.level == .warning)
                #expect(entry.cause.contains("no answer in time"), "the first failure tells most: \(entry.cause)")
                // What b may still draw stays reserved until its setpoint has surely lapsed; then a gets the rest.
                let status = await running.controller.status
                #expect(status.sockets.map(\.activity) == [.reduced, .silent])
                #expect(status.sockets[1].reserved > Amperes(10))
                bench.stations[1].hangsUp = true
                try await running.pass(within: .seconds(180)) { bench.stations[0].register(unit: 1) == 16 }
                #expect(bench.meter.grid.maximum <= Amperes(25))
                #expect(await running.controller.status.sockets[1].reserved == Amperes(6))
                #expect(bench.log.entries(Self.lost).count == 1)
                bench.stations[1].station.faults.isAway = false
                bench.stations[1].hangsUp = false
                try await running.pass(within: .seconds(10)) { bench.log.entries("Station b answers").count == 2 }
                try await running.pass(within: .seconds(180)) { (bench.stations[1].register(unit: 1) ?? 0) > 10 }
                #expect(bench.meter.grid.maximum <= Amperes(25))
            }
        }
    }

    @Test("never lets the sum of meter and stations over the limit while a station comes and goes")
    func comingAndGoing() async throws {
        try await Bench.with(Self.setup) { bench in
            bench.plugIn(0)
            bench.plugIn(1)
            try await bench.run { running in
                try await running.pass(within: .seconds(180)) {
                    bench.stations.allSatisfy { ($0.register(unit: 1) ?? 0) > 10 }
                }
                for _ in 0..<3 {
                    bench.stations[1].hangsUp = true
                    for _ in 0..<40 {
                        await running.pass(.seconds(1))
                        #expect(bench.meter.grid.maximum <= Amperes(25))
                    }
                    bench.stations[1].hangsUp = false
                    for _ in 0..<20 {
                        await running.pass(.seconds(1))
                        #expect(bench.meter.grid.maximum <= Amperes(25))
                    }
                }
            }
        }
    }

    @Test("gives a station that has restarted its setpoint again")
    func restart() async throws {
        try await Bench.with(Self.setup) { bench in
            bench.plugIn(0)
            try await bench.run { running in
                try await running.pass(within: .seconds(120)) { bench.stations[0].register(unit: 1) == 16 }
                bench.stations[0].station.reboot(downtime: .seconds(20))
                await running.pass(.seconds(15))
                #expect(bench.log.entries("Station a does not answer").count == 1)
                let text = "Station a has restarted; its setpoints are written again"
                try await running.pass(within: .seconds(10)) { bench.log.entries(text).count == 1 }
                try await running.pass(within: .seconds(120)) { bench.stations[0].register(unit: 1) == 16 }
                #expect(bench.log.entries("Station a has restarted").count == 1)
            }
        }
    }

    @Test("notices a restart that was too short to miss an answer")
    func shortRestart() async throws {
        try await Bench.with(Self.setup) { bench in
            bench.plugIn(0)
            try await bench.run { running in
                try await running.pass(within: .seconds(120)) { bench.stations[0].register(unit: 1) == 16 }
                bench.stations[0].station.reboot(downtime: .zero)
                #expect(bench.stations[0].register(unit: 1) == 0)
                // One poll sees it, the next reading of the meter writes.
                await running.pass(.seconds(3))
                #expect(bench.stations[0].register(unit: 1) == 16)
                #expect(bench.log.entries("Station a has restarted").count == 1)
                #expect(bench.log.entries("Station a does not answer").isEmpty)
            }
        }
    }

    @Test("reports a station that refuses setpoints once, and that it takes them again")
    func refusal() async throws {
        try await Bench.with(Self.setup) { bench in
            bench.plugIn(0)
            bench.plugIn(1)
            try await bench.run { running in
                try await running.pass(within: .seconds(180)) {
                    bench.stations.allSatisfy { ($0.register(unit: 1) ?? 0) > 10 }
                }
                let before = bench.log.entries.count
                bench.stations[1].station.faults.refusesWrites = true
                let refused = "Socket b-1 refused its setpoint"
                try await running.pass(within: .seconds(40)) { !bench.log.entries(refused).isEmpty }
                let entry = try #require(bench.log.entries(refused).first)
                #expect(entry.level == .error)
                #expect(entry.cause.contains("illegal function (1)") && entry.cause.contains("enabled"))
                await running.pass(.seconds(120))
                // The socket gets nothing more, which is a change of its own.
                #expect(bench.log.texts.dropFirst(before) == [refused, "Socket b-1 is paused"])
                #expect(await running.controller.status.sockets[1].activity == .faulted)
                #expect(bench.meter.grid.maximum <= Amperes(25))
                // The other one goes on with what is left.
                #expect(bench.stations[0].register(unit: 1) == 16)
                bench.stations[1].station.faults.refusesWrites = false
                let obeys = "Socket b-1 follows its setpoint again"
                try await running.pass(within: .seconds(40)) { !bench.log.entries(obeys).isEmpty }
                try await running.pass(within: .seconds(180)) { (bench.stations[1].register(unit: 1) ?? 0) > 10 }
            }
        }
    }

    @Test("tells a station that is busy its setpoint again, without calling it refused")
    func busy() async throws {
        try await Bench.with(Self.setup) { bench in
            bench.plugIn(0)
            bench.stations[0].answerSetpoints(with: .serverDeviceBusy)
            try await bench.run { running in
                await running.pass(.seconds(20))
                #expect(bench.log.entries("Socket a-1").isEmpty)
                bench.stations[0].answerSetpoints(with: nil)
                try await running.pass(within: .seconds(120)) { bench.stations[0].register(unit: 1) == 16 }
            }
        }
    }

    @Test("writes a setpoint again that was lost on the way")
    func lostSetpoint() async throws {
        try await Bench.with(Self.setup) { bench in
            bench.plugIn(0)
            try await bench.run { running in
                try await running.pass(within: .seconds(120)) { bench.stations[0].register(unit: 1) == 16 }
                bench.stations[0].loseSetpoints(1)
                bench.meter.house = PerPhase(repeating: Amperes(16))
                try await running.pass(within: .seconds(10)) { (bench.stations[0].register(unit: 1) ?? 99) < 9 }
                await running.pass(.seconds(3))
                #expect(bench.meter.grid.maximum <= Amperes(25))
                #expect(bench.log.entries("Socket").isEmpty)
            }
        }
    }

    @Test("says when a station ignores what it is told")
    func deafness() async throws {
        try await Bench.with(Self.setup) { bench in
            bench.stations[0].station.faults.ignoresSetpoints = true
            bench.plugIn(0)
            try await bench.run { running in
                let text = "Socket a-1 does not follow its setpoint"
                try await running.pass(within: .seconds(180)) { bench.log.entries(text).count == 1 }
                #expect(await running.controller.status.sockets[0].activity == .faulted)
                let entry = try #require(bench.log.entries(text).first)
                #expect(entry.level == .error)
                #expect(entry.cause.contains("does not take the setpoint into account"))
            }
        }
    }
}
