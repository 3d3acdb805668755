// SPDX-License-Identifier: Apache-2.0
import Emulation
import Modbus
import ModbusNIO
import Quantities
import Simulation
import TestSupport
import Testing

@Suite("A virtual site")
struct VirtualSiteTests {
    private static func at(_ seconds: Int) -> Instant { Instant(sinceStart: .seconds(seconds)) }

    /// A house with 3, 4 and 5 A, and one station whose second socket is wired L2-L3-L1.
    private static func configuration(seed: UInt64 = 1) throws -> VirtualSiteConfiguration {
        let house = House(load: LoadTrace(constant: PerPhase(Amperes(3), Amperes(4), Amperes(5))))
        let turned = try #require(PhaseRotation("L2L3L1"))
        let station = VirtualSiteConfiguration.Station(
            id: "carport",
            sockets: [VirtualSiteConfiguration.Socket(), VirtualSiteConfiguration.Socket(rotation: turned)]
        )
        var configuration = VirtualSiteConfiguration(house: house, stations: [station])
        var generator = SplitMix64(seed: seed)
        let pattern = CarVisit.Pattern(gap: .seconds(10) ... .seconds(300), stay: .seconds(300) ... .seconds(900))
        configuration.visits = CarVisit.schedule(
            sockets: 2,
            until: at(86_400),
            pattern: pattern,
            using: &generator
        )
        return configuration
    }

    private static func visit(socket: Int, from: Int, until: Int, conductors: Int = 3) -> CarVisit {
        var settings = Car.Settings()
        settings.conductors = conductors
        return CarVisit(socket: socket, arrival: at(from), departure: at(until), car: Car(settings))
    }

    @Test("adds up house and cars per phase, following the wiring")
    func grid() async throws {
        var configuration = try Self.configuration()
        configuration.visits = [
            Self.visit(socket: 1, from: 10, until: 300, conductors: 1), Self.visit(socket: 0, from: 100, until: 200),
        ]
        let site = VirtualSite(configuration, timekeeper: Timekeeper(VirtualClock()))
        await site.advance(to: Self.at(60))
        #expect(site.snapshot.at == Self.at(60))
        #expect(site.snapshot.grid == PerPhase(Amperes(3), Amperes(10), Amperes(5)))
        #expect(site.snapshot.sockets[1].draw == PerPhase(.zero, Amperes(6), .zero))
        #expect(site.snapshot.sockets[0].car == nil)
        await site.advance(to: Self.at(150))
        #expect(site.snapshot.grid == PerPhase(Amperes(9), Amperes(16), Amperes(11)))
        await site.advance(to: Self.at(250))
        #expect(site.snapshot.grid == PerPhase(Amperes(3), Amperes(10), Amperes(5)))
        await site.advance(to: Self.at(301))
        #expect(site.snapshot.grid == site.snapshot.background)
        #expect(site.snapshot.sockets.allSatisfy { $0.status.state == .a })
    }

    @Test("shows its grid meter what flows")
    func meter() async throws {
        var configuration = try Self.configuration()
        configuration.visits = [Self.visit(socket: 0, from: 1, until: 10_000)]
        let site = VirtualSite(configuration, timekeeper: Timekeeper(VirtualClock()))
        await site.advance(to: Self.at(3600))
        let answer = site.meter.respond(to: .readHoldingRegisters(address: 50528, count: 6), unit: 5)
        #expect(answer == .now(.readHoldingRegisters([0, 9000, 0, 10_000, 0, 11_000])))
    }

    @Test("is the same again from the same seed, and another from another", arguments: [1, 2] as [UInt64])
    func determinism(seed: UInt64) async throws {
        func play(_ seed: UInt64) async throws -> [SiteSnapshot] {
            let site = VirtualSite(try Self.configuration(seed: seed), timekeeper: Timekeeper(VirtualClock()))
            var snapshots: [SiteSnapshot] = []
            for minute in stride(from: 5, through: 30, by: 5) {
                await site.advance(to: Self.at(minute * 60))
                snapshots.append(site.snapshot)
            }
            return snapshots
        }
        let first = try await play(seed)
        let second = try await play(seed)
        let other = try await play(seed + 10)
        #expect(first == second)
        #expect(first != other)
        #expect(first.contains { $0.sockets.contains { $0.draw.maximum > .zero } })
    }

    @Test("lets faults come and go by their schedule")
    func scheduledFaults() async throws {
        var configuration = try Self.configuration()
        var silent = MeterFaults()
        silent.answering = .never
        configuration.meterFaults = [ScheduledFault(from: Self.at(10), until: Self.at(20), faults: silent)]
        var away = StationFaults()
        away.isAway = true
        configuration.stations[0].faults = [ScheduledFault(from: Self.at(15), until: Self.at(25), faults: away)]
        let site = VirtualSite(configuration, timekeeper: Timekeeper(VirtualClock()))
        let request = Request.readHoldingRegisters(address: 50528, count: 2)
        for (second, isSilent, isAway) in [(9, false, false), (12, true, false), (19, true, true), (21, false, true)] {
            await site.advance(to: Self.at(second))
            #expect((site.meter.respond(to: request, unit: 5) == .silence) == isSilent, "at \(second) s")
            #expect(site.stations[0].faults.isAway == isAway, "at \(second) s")
        }
    }

    @Test("serves all its devices until it is cancelled, and lives at the timekeeper's pace")
    func run() async throws {
        let clock = VirtualClock()
        var configuration = try Self.configuration()
        configuration.visits = [Self.visit(socket: 0, from: 1, until: 10_000)]
        let site = VirtualSite(configuration, timekeeper: Timekeeper(clock, speed: 10))
        let endpoints = try await site.start()
        let running = Task { try await site.run() }
        await clock.sleepers(atLeast: 1)
        for _ in 0..<100 {
            clock.advance(by: .milliseconds(100))
            await clock.sleepers(atLeast: 1)
        }
        #expect(site.snapshot.at > Self.at(95))
        let meter = connect(to: endpoints.meterPort)
        let block = try await meter.words(50528, 6, unit: 5)
        #expect([50528, 50530, 50532].map(block.u32) == [9000, 10_000, 11_000])
        let station = connect(to: try #require(endpoints.stationPorts["carport"]))
        #expect(try await station.words(1201, 5, unit: 1).text(1201, count: 5) == "C2")
        await meter.close()
        await station.close()
        running.cancel()
        try await running.value
        let late = connect(to: endpoints.meterPort)
        await #expect(throws: ModbusClientError.self) { try await late.words(50528, 2, unit: 5) }
        await late.close()
    }

    @Test("walks through a long gap in bounded time")
    func gap() async throws {
        let site = VirtualSite(try Self.configuration(), timekeeper: Timekeeper(VirtualClock()))
        await site.advance(to: Self.at(2 * 86_400))
        #expect(site.snapshot.at > Self.at(2 * 86_400 - 10))
    }
}

@Suite("The shipped household")
struct HouseholdTraceTests {
    /// The folder of the sources has the trace where an installation has it.
    private static var executable: String {
        let parts = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
        return "/\(parts)/Sources/Emulation/program"
    }

    @Test("keeps a 25 A connection busy in the evening: with a 16 A car it would be too much")
    func evening() throws {
        let trace = try HouseholdTrace.load(executable: Self.executable)
        let peaks = (17 * 3600..<20 * 3600).map { trace.load(at: Instant(sinceStart: .seconds($0))) }
        #expect(peaks.allSatisfy { $0.maximum <= Amperes(25) })
        #expect(peaks.contains { $0.maximum + Amperes(16) > Amperes(25) })
    }

    @Test("begins at the time of day that is asked for")
    func offset() throws {
        let whole = try HouseholdTrace.load(executable: Self.executable)
        let evening = try HouseholdTrace.load(startOffset: .seconds(64_800), executable: Self.executable)
        #expect(evening.load(at: .start) == whole.load(at: Instant(sinceStart: .seconds(64_800))))
    }

    @Test("says where it was looked for when it is missing")
    func missing() {
        do {
            _ = try HouseholdTrace.load(executable: "/nowhere/bin/headroom")
            Issue.record("a trace was found where there is none")
        } catch {
            #expect("\(error)".contains("/nowhere/bin/../share/headroom/Households/house-with-heat-pump.csv"))
        }
    }
}
