// SPDX-License-Identifier: Apache-2.0
import Balancing
import Emulation
import Modbus
import Quantities
import Simulation
import TestSupport
import Testing

@testable import StationControl

@Suite("A running site that is stopped", .timeLimit(.minutes(2)))
struct StoppingTests {
    private static let farewell = "All stations were left at their safe current"

    /// Three sockets of which two have 6 A and the last nothing, all with cars.
    private static var setup: Bench.Setup {
        var setup = Bench.Setup()
        setup.stations = [2, 1]
        setup.installation = Amperes(50)
        return setup
    }

    private static func charge(_ running: Bench.Running) async throws {
        running.bench.plugIn(0, socket: 0)
        running.bench.plugIn(0, socket: 1)
        running.bench.plugIn(1, socket: 0)
        try await running.pass(within: .seconds(240)) { registers(running.bench).allSatisfy { ($0 ?? 0) > 12 } }
    }

    private static func registers(_ bench: Bench) -> [Double?] {
        [bench.stations[0].register(unit: 1), bench.stations[0].register(unit: 2), bench.stations[1].register(unit: 1)]
    }

    @Test("by cancelling its task leaves register 1210 at the safe current of every socket")
    func cancellation() async throws {
        try await Bench.with(Self.setup) { bench in
            try await bench.run { running in try await Self.charge(running) }
            #expect(Self.registers(bench) == [6, 6, 0])
            #expect(bench.log.texts.last == Self.farewell)
        }
    }

    @Test("by a graceful shutdown leaves register 1210 at the safe current of every socket")
    func gracefulShutdown() async throws {
        try await Bench.with(Self.setup) { bench in
            try await bench.runAsService { running in try await Self.charge(running) }
            #expect(Self.registers(bench) == [6, 6, 0])
            #expect(bench.log.texts.last == Self.farewell)
        }
    }

    @Test("at once after its start leaves every socket at its safe current too")
    func atOnce() async throws {
        try await Bench.with(Self.setup) { bench in
            bench.stations[0].write(16, unit: 2)
            try await bench.run { _ in }
            #expect(Self.registers(bench) == [6, 6, 0])
        }
    }

    @Test("while the meter is lost leaves every socket at its safe current")
    func meterLost() async throws {
        try await Bench.with(Self.setup) { bench in
            try await bench.run { running in
                try await Self.charge(running)
                bench.meter.meter.faults.answering = .exception(.serverDeviceBusy)
                try await running.pass(within: .seconds(6)) { await running.controller.status.meter == .warning }
            }
            #expect(Self.registers(bench) == [6, 6, 0])
        }
    }

    @Test("leaves nothing that comes after the safe current")
    func lastWord() async throws {
        for seconds in 1...8 {
            try await Bench.with(Self.setup) { bench in
                bench.plugIn(0, socket: 0)
                bench.plugIn(1, socket: 0)
                try await bench.run { running in await running.pass(.seconds(seconds)) }
                #expect(Self.registers(bench) == [6, 6, 0], "stopped after \(seconds) s")
            }
        }
    }

    @Test("names the sockets that it could not tell, and does not claim that all are well")
    func refusal() async throws {
        try await Bench.with(Self.setup) { bench in
            try await bench.run { running in
                try await Self.charge(running)
                bench.stations[0].answerSetpoints(with: .serverDeviceBusy)
            }
            #expect(bench.stations[1].register(unit: 1) == 0)
            #expect(
                bench.log.texts.suffix(2) == [
                    "Socket a-1 falls to its safe current when its setpoint lapses",
                    "Socket a-2 falls to its safe current when its setpoint lapses",
                ]
            )
            #expect(!bench.log.texts.contains(Self.farewell))
        }
    }

    @Test("does not wait for a silent station longer than its limit")
    func silentStation() async throws {
        try await Bench.with(Self.setup) { bench in
            try await bench.run(
                whileStopping: {
                    // The limit of the farewell is the last that sleeps; it passes when the other station has been told.
                    try? await eventually { bench.stations[1].register(unit: 1) == 0 }
                    await bench.clock.sleepers(atLeast: 1)
                    bench.clock.advance(by: SiteController.Configuration().stopLimit)
                },
                { running in
                    try await Self.charge(running)
                    bench.stations[0].station.faults.isAway = true
                }
            )
            #expect(bench.stations[1].register(unit: 1) == 0)
            #expect(!bench.log.texts.contains(Self.farewell))
            #expect(bench.log.entries("Socket a-").count == 2)
        }
    }
}
