// SPDX-License-Identifier: Apache-2.0
import Emulation
import Foundation
import ModbusNIO
import Quantities
import Simulation
import Synchronization
import Testing

/// A 25 A house whose meter, stations and controller are processes of their own, joined by nothing but TCP.
///
/// The test is the wiring of the house: it looks at what the stations' meters show, adds a recorded household, and tells
/// the meter what flows through it.
@Suite("A site of separate processes")
struct SeparateProcessesTests {
    private static let limit = 25.0
    private static let safeCurrent = 12.0

    @Test(
        "The limit holds; a killed and a stopped meter bring the safe current within six seconds, with the right texts",
        .timeLimit(.minutes(6))
    )
    func meterLoss() async throws {
        let stations = try await [Station(car: "3x16"), Station(car: "1x16")].asyncMap { try await $0.ready() }
        var meter = try VirtualMeterProcess(port: 0)
        let port = try await meter.port()
        let house = House(stations, meter)
        let site = try SiteFile(meterPort: port, stationPorts: stations.map(\.port))
        defer { site.remove() }
        let controller = try ChildProcess(ChildProcess.headroom, ["run", site.path, "--json"])
        defer { controller.kill() }
        let wiring = Task { await house.live() }
        defer { wiring.cancel() }
        var watch = Watch(controller)

        // Normal operation: both cars charge, no phase stays over the limit for longer than cars need to follow.
        try await watch.follow("both cars charge", within: 90) { _ in house.charging.allSatisfy { $0 > 5 } }
        try await watch.follow("twenty quiet seconds", within: 30) { $0.seconds >= 20 }
        #expect(watch.texts.contains("TCP MODBUS unit 5 connected via 127.0.0.1:\(port)"))

        // Killed: connections are reset and refused.
        watch.forget()
        let killed = ContinuousClock.now
        meter.process.kill()
        try await watch.follow("the warning", within: 6) {
            $0.texts.contains("Communication warning for modbus unit 5") && house.applied <= Self.safeCurrent
        }
        #expect(ContinuousClock.now - killed <= .seconds(6.5))
        try await watch.follow("the ceiling holds", within: 15) { watch in
            #expect(house.applied <= Self.safeCurrent)
            return watch.seconds >= 10
        }
        meter = try VirtualMeterProcess(port: port)
        _ = try await meter.port()
        house.connect(meter)
        try await watch.follow("the return", within: 30) {
            $0.texts.contains("TCP MODBUS unit 5 connected via 127.0.0.1:\(port)")
        }
        #expect(
            watch.meterTexts == [
                "Communication warning for modbus unit 5", "TCP MODBUS unit 5 connected via 127.0.0.1:\(port)",
            ]
        )
        try await watch.follow("a gradual rise", within: 30) { watch in
            #expect(watch.offers.allSatisfy { $0 <= 6 + 1 + watch.seconds / 5 })
            return watch.seconds >= 25
        }

        // Stopped: the connection stays open and nothing comes.
        watch.forget()
        meter.process.signal(SIGSTOP)
        try await watch.follow("the second warning", within: 6.5) {
            $0.texts.contains("Communication warning for modbus unit 5") && house.applied <= Self.safeCurrent
        }
        try await watch.follow("the error", within: 125) { watch in
            #expect(house.applied <= Self.safeCurrent)
            return watch.texts.contains("Communication error for modbus unit 5")
        }
        meter.process.signal(SIGCONT)
        try await watch.follow("the second return", within: 40) {
            $0.texts.contains("TCP MODBUS unit 5 connected via 127.0.0.1:\(port)")
        }
        #expect(
            watch.meterTexts == [
                "Communication warning for modbus unit 5", "Communication error for modbus unit 5",
                "TCP MODBUS unit 5 connected via 127.0.0.1:\(port)",
            ]
        )

        // Stopping leaves the stations at their safe currents.
        controller.signal(SIGTERM)
        #expect(await controller.exitCode() == 0)
        for station in stations { #expect(try await station.setpoint() == 6) }
        #expect(house.longestOverload <= .seconds(10), "a phase was over the limit for \(house.longestOverload)")
        _ = meter
    }
}

// MARK: Parts

extension SeparateProcessesTests {
    @Test(
        "A controller that is killed is taken over without a step, and without a successor the setpoints lapse",
        .timeLimit(.minutes(3))
    )
    func controllerLoss() async throws {
        let station = try await Station(car: "3x16", validity: 15).ready()
        let meter = try VirtualMeterProcess(port: 0)
        let house = House([station], meter)
        let site = try SiteFile(meterPort: try await meter.port(), stationPorts: [station.port], validity: 15)
        defer { site.remove() }
        let wiring = Task { await house.live() }
        defer { wiring.cancel() }

        let first = try ChildProcess(ChildProcess.headroom, ["run", site.path, "--json"])
        defer { first.kill() }
        var watch = Watch(first)
        try await watch.follow("more than the safe current", within: 60) { _ in house.applied >= 9 }
        first.kill()
        _ = await first.exitCode()
        let held = try await station.applied()

        let second = try ChildProcess(ChildProcess.headroom, ["run", site.path, "--json"])
        defer { second.kill() }
        watch = Watch(second)
        try await watch.follow("ten seconds of the second controller", within: 20) { watch in
            #expect(house.applied >= held - 0.5, "fell from \(held) A to \(house.applied) A")
            return watch.seconds >= 10
        }
        second.kill()
        _ = await second.exitCode()
        let killed = ContinuousClock.now
        while try await station.applied() > 6 {
            try #require(ContinuousClock.now - killed < .seconds(17), "the setpoint has not lapsed")
            try await ContinuousClock().sleep(for: .milliseconds(200))
        }
        withExtendedLifetime(meter) {}
    }
}

/// A virtual Alfen station in a process of its own.
private final class Station: Sendable {
    let process: ChildProcess
    private let place = Mutex<(port: Int, client: ModbusClient)?>(nil)

    init(car: String, validity: Int = 60) throws {
        process = try ChildProcess(
            ChildProcess.headroom,
            [
                "station", "simulate", "--port", "0", "--sockets", "1", "--car", car, "--max-current", "16",
                "--validity", "\(validity)",
            ]
        )
    }

    func ready() async throws -> Station {
        let line = try #require(await process.nextLine())
        let port = try #require(Int(line))
        place.withLock { $0 = (port, ModbusClient(ModbusClientConfiguration(host: "127.0.0.1", port: port))) }
        return self
    }

    var port: Int { place.withLock { $0?.port ?? 0 } }

    private func floats(at address: UInt16, count: Int) async throws -> [Double] {
        let client = try #require(place.withLock { $0?.client })
        let words = try await client.readHoldingRegisters(address: address, count: count * 2, unit: 1)
        return (0..<count).map {
            Double(Float(bitPattern: UInt32(words[$0 * 2]) << 16 | UInt32(words[$0 * 2 + 1])))
        }
    }

    func currents() async throws -> [Double] { try await floats(at: 320, count: 3).map { $0.isNaN ? 0 : $0 } }
    func applied() async throws -> Double { try await floats(at: 1206, count: 1)[0] }
    func setpoint() async throws -> Double { try await floats(at: 1210, count: 1)[0] }
}

/// A virtual Countis E27 in a process of its own.
private struct VirtualMeterProcess: Sendable {
    let process: ChildProcess

    init(port: Int) throws {
        process = try ChildProcess(
            ChildProcess.headroom,
            ["meter", "simulate", "--profile", "socomec-countis-e27", "--port", "\(port)"]
        )
    }

    func port() async throws -> Int {
        let line = try #require(await process.nextLine())
        return try #require(Int(line))
    }
}

/// The wiring: sums what flows and shows it to the meter, ten times a second.
private final class House: Sendable {
    private struct State {
        var meter: VirtualMeterProcess
        var charging: [Double] = []
        var applied = 0.0
        var overSince: ContinuousClock.Instant?
        var longestOverload = Duration.zero
    }

    private let stations: [Station]
    private let state: Mutex<State>

    init(_ stations: [Station], _ meter: VirtualMeterProcess) {
        self.stations = stations
        state = Mutex(State(meter: meter))
    }

    /// The largest conductor current of each station.
    var charging: [Double] { state.withLock(\.charging) }
    /// What all stations together allow per phase.
    var applied: Double { state.withLock(\.applied) }
    var longestOverload: Duration { state.withLock(\.longestOverload) }
    func connect(_ meter: VirtualMeterProcess) { state.withLock { $0.meter = meter } }

    func live() async {
        let start = ContinuousClock.now
        guard let trace = try? HouseholdTrace.load(startOffset: .seconds(17 * 3600 + 40 * 60)) else {
            Issue.record("the household trace is missing")
            return
        }
        while !Task.isCancelled {
            // A poll that fails shows the same flow as before, as a real wire would go on carrying it.
            try? await step(trace.load(at: Instant(sinceStart: ContinuousClock.now - start)))
            try? await ContinuousClock().sleep(for: .milliseconds(100))
        }
    }

    private func step(_ household: PerPhase<Amperes>) async throws {
        var flow = household.values.map(\.amperes)
        var charging: [Double] = []
        var applied = 0.0
        for station in stations {
            let currents = try await station.currents()
            for phase in 0..<3 { flow[phase] += currents[phase] }
            charging.append(currents.max() ?? 0)
            applied += try await station.applied()
        }
        let now = ContinuousClock.now
        let meter = state.withLock { state in
            state.charging = charging
            state.applied = applied
            if flow.contains(where: { $0 > 25 }) {
                state.overSince = state.overSince ?? now
                state.longestOverload = max(state.longestOverload, now - (state.overSince ?? now))
            } else {
                state.overSince = nil
            }
            return state.meter
        }
        meter.process.write(flow.map { String(format: "%.3f", $0) }.joined(separator: " "))
    }
}

/// Follows the JSON lines of the controller.
private struct Watch {
    private var lines: AsyncStream<String>.Iterator
    private(set) var texts: [String] = []
    private(set) var offers: [Double] = []
    /// Seconds since the present step began.
    private(set) var seconds = 0.0

    init(_ controller: ChildProcess) { lines = controller.lines.makeAsyncIterator() }

    /// The texts about the meter.
    var meterTexts: [String] { texts.filter { $0.contains("modbus unit") || $0.contains("MODBUS unit") } }

    mutating func forget() { texts = [] }

    /// Reads lines until a condition holds.
    mutating func follow(_ what: String, within limit: Double, until condition: (Watch) -> Bool) async throws {
        let start = ContinuousClock.now
        seconds = 0
        while let line = await lines.next(isolation: #isolation) {
            seconds = (ContinuousClock.now - start).seconds
            let json = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
            let events = json?["events"] as? [[String: Any]] ?? []
            texts += events.compactMap { $0["text"] as? String }
            offers = (json?["sockets"] as? [[String: Any]] ?? []).compactMap { $0["offer_a"] as? Double }
            if condition(self) { return }
            guard seconds < limit else { throw TooLate(what: what, texts: texts, offers: offers) }
        }
        throw TooLate(what: what + " (the controller ended)", texts: texts, offers: offers)
    }

    struct TooLate: Error {
        var what: String
        var texts: [String]
        var offers: [Double]
    }
}

/// A site file in the folder for temporary files.
private struct SiteFile {
    let path: String

    init(meterPort: Int, stationPorts: [Int], validity: Int = 60) throws {
        let stations = stationPorts.enumerated().map { index, port in
            """
              - id: s\(index + 1)
                profile: alfen-ng9xx
                host: 127.0.0.1
                port: \(port)
                max_current: 16
                validity: \(validity)
                sockets: [{ id: s\(index + 1)-1, unit: 1, max_current: 16 }]
            """
        }
        let text = """
            site: { name: Processes, installation_max_current: 25 }
            meter: { profile: socomec-countis-e27, host: 127.0.0.1, port: \(meterPort), unit: 5 }
            safe_current: 12
            stations:
            \(stations.joined(separator: "\n"))
            """
        path = FileManager.default.temporaryDirectory.appending(path: "headroom-\(UUID().uuidString).yaml").path
        try text.write(toFile: path, atomically: true, encoding: .utf8)
    }

    func remove() { try? FileManager.default.removeItem(atPath: path) }
}

extension Array {
    fileprivate func asyncMap<Result>(_ transform: (Element) async throws -> Result) async rethrows -> [Result] {
        var results: [Result] = []
        for element in self { results.append(try await transform(element)) }
        return results
    }
}
