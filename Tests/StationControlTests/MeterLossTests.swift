// SPDX-License-Identifier: Apache-2.0
import Balancing
import Emulation
import Logging
import Modbus
import Quantities
import Simulation
import Testing

@testable import StationControl

@Suite("A running site that loses its meter", .timeLimit(.minutes(2)))
struct MeterLossTests {
    private static let warning = "Communication warning for modbus unit 5"
    private static let error = "Communication error for modbus unit 5"

    /// Two stations that charge with more than the safe current, and a little patience for what does not answer.
    private static var setup: Bench.Setup {
        var setup = Bench.Setup()
        setup.stations = [1, 1]
        setup.patience = .milliseconds(250)
        return setup
    }

    private static func sum(_ bench: Bench) -> Double {
        bench.stations.compactMap { $0.register(unit: 1) }.reduce(0, +)
    }

    private static func chargeAboveSafeCurrent(_ running: Bench.Running) async throws {
        running.bench.plugIn(0)
        running.bench.plugIn(1)
        try await running.pass(within: .seconds(180)) { sum(running.bench) > 18 }
    }

    @Test("falls to the safe current, says the three texts in order and once each, and returns gradually")
    func silence() async throws {
        try await Bench.with(Self.setup) { bench in
            try await bench.run { running in
                try await Self.chargeAboveSafeCurrent(running)
                let before = bench.log.entries.count
                let lostAt = bench.timekeeper.now
                bench.meter.meter.faults.answering = .never
                try await running.pass(within: .seconds(6)) { !bench.log.entries(Self.warning).isEmpty }
                await running.pass(.seconds(2))
                #expect(Self.sum(bench) <= 12)
                #expect(bench.log.entries(Self.warning).first?.level == .warning)
                #expect(bench.log.entries(Self.warning).first?.cause.contains("no answer in time") == true)
                #expect(bench.log.entries(Self.error).isEmpty)
                // The error comes two minutes after the first failed read.
                await running.pass(lostAt + .seconds(115) - bench.timekeeper.now, step: .seconds(5))
                #expect(bench.log.entries(Self.error).isEmpty)
                try await running.pass(within: .seconds(10)) { !bench.log.entries(Self.error).isEmpty }
                #expect(bench.timekeeper.now - lostAt <= .seconds(123))
                #expect(bench.log.entries(Self.error).first?.level == .error)
                await running.pass(.seconds(60), step: .seconds(5))
                #expect(Self.sum(bench) <= 12)
                #expect(bench.stations.allSatisfy { $0.register(unit: 1) == 6 })

                bench.meter.meter.faults.answering = .normally
                let connected = "TCP MODBUS unit 5 connected via \(bench.endpoint)"
                try await running.pass(within: .seconds(20)) { bench.log.entries(connected).count == 2 }
                let back = bench.timekeeper.now
                try await running.pass(within: .seconds(120)) { Self.sum(bench) > 18 }
                for station in bench.stations {
                    let currents = station.setpoints.filter { $0.at >= back }.map(\.current)
                    #expect(zip(currents, currents.dropFirst()).allSatisfy { $1 - $0 <= Amperes(1) }, "\(currents)")
                }
                #expect(
                    bench.log.texts.dropFirst(before) == [
                        Self.warning, "All sockets together at most 12.0 A per phase until the meter is back",
                        Self.error,
                        connected, "The meter is back; offers rise by 1 A each 5.0 s per socket",
                    ]
                )
            }
        }
    }

    /// What is wrong with a meter, and the words by which its loss must name it.
    struct Trouble: Sendable, CustomTestStringConvertible {
        var name: String
        var parts: [String]
        /// Whether waiting cannot help, so that the loss is one at once.
        var isPermanent = false
        var change: @Sendable (inout MeterFaults) -> Void

        var testDescription: String { name }
    }

    private static let troubles = [
        Trouble(name: "silence", parts: ["does not answer", "no answer in time"]) { $0.answering = .never },
        Trouble(name: "another unit identifier", parts: ["does not answer", "unit identifier"]) { $0.movedUnit = 9 },
        Trouble(
            name: "illegal address",
            parts: ["refuses the question", "illegal data address (2)"],
            isPermanent: true
        ) {
            $0.answering = .exception(.illegalDataAddress)
        },
        Trouble(name: "busy", parts: ["cannot answer now", "busy (6)"]) {
            $0.answering = .exception(.serverDeviceBusy)
        },
        Trouble(name: "a gateway without target", parts: ["cannot answer now", "(11)"]) {
            $0.answering = .exception(.gatewayTargetDeviceFailedToRespond)
        },
        Trouble(name: "an answer of the wrong length", parts: ["bad response"]) { $0.answering = .malformed },
        Trouble(name: "values that are none", parts: ["no value for"]) { $0.showsSentinels = true },
        Trouble(name: "a missing phase", parts: ["phase L2 is missing"]) { $0.missingPhases = [.l2] },
        Trouble(name: "zeros", parts: ["all currents and voltages read zero"]) { $0.showsZeros = true },
    ]

    @Test("names the cause of the loss", arguments: troubles)
    func causes(_ trouble: Trouble) async throws {
        try await Bench.with(Self.setup) { bench in
            try await bench.run { running in
                try await Self.chargeAboveSafeCurrent(running)
                trouble.change(&bench.meter.meter.faults)
                let limit: Duration = trouble.isPermanent ? .seconds(1) : .seconds(6)
                try await running.pass(within: limit) { !bench.log.entries(Self.warning).isEmpty }
                let cause = try #require(bench.log.entries(Self.warning).first).cause
                for part in trouble.parts + [bench.endpoint] { #expect(cause.contains(part), "\(cause)") }
                await running.pass(.seconds(2))
                #expect(Self.sum(bench) <= 12)
                #expect(bench.log.entries(Self.warning).count == 1)
            }
        }
    }

    @Test("takes values that stand still for a minute as a loss")
    func frozen() async throws {
        try await Bench.with(Self.setup) { bench in
            try await bench.run { running in
                try await Self.chargeAboveSafeCurrent(running)
                bench.meter.meter.faults.isFrozen = true
                await running.pass(.seconds(55))
                #expect(bench.log.entries(Self.warning).isEmpty)
                try await running.pass(within: .seconds(20)) { !bench.log.entries(Self.warning).isEmpty }
                let cause = try #require(bench.log.entries(Self.warning).first).cause
                #expect(cause.contains("repeats the same values"))
                await running.pass(.seconds(2))
                #expect(Self.sum(bench) <= 12)
                bench.meter.meter.faults.isFrozen = false
                try await running.pass(within: .seconds(20)) { await running.controller.status.meter == .normal }
            }
        }
    }

    @Test("never believes another device than the profile describes, at the start and after an exchange")
    func wrongDevice() async throws {
        try await Bench.with(Self.setup) { bench in
            bench.meter.meter.faults.foreignName = "DIRIS A40"
            try await bench.run { running in
                try await running.pass(within: .seconds(6)) { !bench.log.entries(Self.warning).isEmpty }
                let first = try #require(bench.log.entries(Self.warning).first).cause
                for part in ["another device answers", "COUNTIS E27", "DIRIS A40"] { #expect(first.contains(part)) }
                bench.meter.meter.faults.foreignName = nil
                try await running.pass(within: .seconds(20)) { await running.controller.status.meter == .normal }
                try await Self.chargeAboveSafeCurrent(running)
                bench.meter.meter.faults.foreignName = "DIRIS A40"
                bench.meter.closeConnection()
                try await running.pass(within: .seconds(6)) { bench.log.entries(Self.warning).count == 2 }
                await running.pass(.seconds(2))
                #expect(Self.sum(bench) <= 12)
            }
        }
    }

    @Test("logs one line for each change, however long the outage lasts")
    func longOutage() async throws {
        try await Bench.with(Self.setup) { bench in
            bench.plugIn(0)
            try await bench.run { running in
                try await running.pass(within: .seconds(120)) { bench.stations[0].register(unit: 1) == 16 }
                let before = bench.log.entries.count
                // Answers that are refused take no time, so an hour of them fits into a test.
                bench.meter.meter.faults.answering = .exception(.serverDeviceBusy)
                bench.stations[1].hangsUp = true
                await running.pass(.seconds(15))
                await running.pass(.seconds(600), step: .seconds(10))
                let texts = bench.log.texts.dropFirst(before)
                #expect(
                    texts.sorted()
                        == [
                            "All sockets together at most 12.0 A per phase until the meter is back", Self.error,
                            Self.warning, "Station b does not answer; what it may still draw stays reserved",
                        ].sorted()
                )
                // The other station keeps its share by renewals, which need no meter.
                #expect(bench.stations[0].register(unit: 1) == 6)
            }
        }
    }
}
