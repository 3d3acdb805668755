// SPDX-License-Identifier: Apache-2.0
import Balancing
import Devices
import Emulation
import Modbus
import ModbusNIO
import Quantities
import ServiceLifecycle
import Simulation
import TestSupport
import Testing

@testable import StationControl

/// A site of virtual devices on the loopback interface and the controllers that run it, in time that a test moves.
///
/// Time stands still while anybody works: it is moved by a second when every loop of the controller sleeps again. So a
/// busy machine makes a test slow, never wrong.
final class Bench: Sendable {
    /// What is special about a test's site.
    struct Setup: Sendable {
        /// The number of sockets of each station, named a, b, …; their sockets are a-1, a-2, ….
        var stations = [1]
        var installation = Amperes(25)
        var safeCurrent = Amperes(12)
        var house = Amperes(2)
        /// How long the controller waits for an answer, in real time.
        var patience = Duration.seconds(10)
        var rules = ChargingRules()
    }

    let setup: Setup
    let clock = VirtualClock()
    let timekeeper: Timekeeper
    let meter: LiveMeter
    let stations: [RecordingStation]
    let log = LogCollector()
    private let ports: (meter: Int, stations: [Int])

    /// The sockets of the site with their stations and units, and the share each of them has.
    private var sockets: [(id: SocketID, station: Int, unit: UInt8, share: Amperes)] {
        Bench.sockets(setup)
    }

    private static func sockets(_ setup: Setup) -> [(id: SocketID, station: Int, unit: UInt8, share: Amperes)] {
        let places = setup.stations.enumerated().flatMap { station, count in (1...count).map { (station, $0) } }
        // As the site file has it: 6 A each while that fits.
        return places.enumerated().map { number, place in
            let share = Amperes(6 * (number + 1)) <= setup.safeCurrent ? Amperes(6) : Amperes.zero
            return (SocketID("\(name(place.0))-\(place.1)"), place.0, UInt8(place.1), share)
        }
    }

    private static func name(_ station: Int) -> StationID { StationID(["a", "b", "c", "d"][station]) }

    private init(
        _ setup: Setup,
        start: (any ModbusResponder, ModbusServerConfiguration) async throws -> Int
    )
        async throws
    {
        self.setup = setup
        let timekeeper = Timekeeper(clock)
        self.timekeeper = timekeeper
        stations = setup.stations.indices.map { index in
            let sockets = Bench.sockets(setup).filter { $0.station == index }.map { socket in
                var settings = VirtualSocket.Settings()
                settings.safeCurrent = socket.share
                return settings
            }
            return RecordingStation(VirtualAlfen(sockets: sockets, timekeeper: timekeeper), timekeeper)
        }
        meter = LiveMeter(VirtualCountis(), stations.map(\.station), house: setup.house, timekeeper)
        var stationPorts: [Int] = []
        for station in stations {
            stationPorts.append(try await start(station, station.station.serverConfiguration(port: 0)))
        }
        ports = (try await start(meter, meter.meter.serverConfiguration(port: 0)), stationPorts)
    }

    /// Runs a test with its devices, and takes them down after it.
    static func with(_ setup: Setup = Setup(), _ body: (Bench) async throws -> Void) async throws {
        var servers: [ModbusServer] = []
        let result: Result<Void, any Error>
        do {
            let bench = try await Bench(setup) { responder, configuration in
                let server = try await ModbusServer.start(configuration, responder: responder)
                servers.append(server)
                return server.port
            }
            try await body(bench)
            result = .success(())
        } catch {
            result = .failure(error)
        }
        for server in servers { await server.stop() }
        try result.get()
    }

    /// The meter's name in texts.
    var endpoint: String { "127.0.0.1:\(ports.meter)" }

    /// Connects a car that takes 16 A on three phases and follows within a second.
    func plugIn(_ station: Int = 0, socket: Int = 0) {
        var settings = Car.Settings()
        settings.rampUp = Amperes(16)
        settings.rampDown = Amperes(32)
        stations[station].station.plugIn(Car(settings), socket: socket)
    }

    // MARK: Running

    /// A controller at work.
    struct Running: Sendable {
        let bench: Bench
        let controller: SiteController
        fileprivate let loops: Int
    }

    /// Runs a controller for as long as a test's body, then cancels it and waits for its end; `whileStopping` comes
    /// between the two.
    func run(
        whileStopping: () async -> Void = {},
        _ body: (Running) async throws -> Void
    ) async throws {
        try await withController { running in
            let task = Task { try await running.controller.run() }
            let result = await outcome(of: body, running)
            task.cancel()
            await whileStopping()
            try await task.value
            try result.get()
        }
    }

    /// Runs a controller in a service group, then ends it as a signal would and waits for its end.
    func runAsService(_ body: (Running) async throws -> Void) async throws {
        try await withController { running in
            let group = ServiceGroup(services: [running.controller], logger: LogCollector().logger)
            let task = Task { try await group.run() }
            let result = await outcome(of: body, running)
            await group.triggerGracefulShutdown()
            try await task.value
            try result.get()
        }
    }

    private func outcome(of body: (Running) async throws -> Void, _ running: Running) async -> Result<Void, any Error> {
        do {
            await clock.sleepers(atLeast: running.loops)
            try await body(running)
            return .success(())
        } catch {
            return .failure(error)
        }
    }

    private func withController(_ body: (Running) async throws -> Void) async throws {
        let catalogue = try ProfileCatalogue()
        let meterClient = client(ports.meter)
        let clients = ports.stations.map(client)
        let charger = try catalogue.charger("alfen-ng9xx")
        let links = stations.indices.map { link($0, clients[$0], charger) }
        let controller = SiteController(
            site: site,
            meter: Meter(
                profile: try catalogue.meter("socomec-countis-e27"),
                client: meterClient,
                timekeeper: timekeeper
            ),
            links: links,
            timekeeper: timekeeper,
            logger: log.logger
        )
        let result: Result<Void, any Error>
        do {
            // Meter, deadlines, and a poll for each station.
            try await body(Running(bench: self, controller: controller, loops: 2 + links.count))
            result = .success(())
        } catch {
            result = .failure(error)
        }
        for client in clients + [meterClient] { await client.close() }
        try result.get()
    }

    /// Runs a test with the way to the first station alone.
    func withLink(_ body: (StationLink, EventCollector) async throws -> Void) async throws {
        let client = client(ports.stations[0])
        let result: Result<Void, any Error>
        do {
            let link = link(0, client, try ProfileCatalogue().charger("alfen-ng9xx"))
            try await body(link, EventCollector(timekeeper))
            result = .success(())
        } catch {
            result = .failure(error)
        }
        await client.close()
        try result.get()
    }

    private func link(_ station: Int, _ client: ModbusClient, _ profile: ChargerProfile) -> StationLink {
        let own = sockets.filter { $0.station == station }
        let units = own.map(\.unit)
        return StationLink(
            station: Bench.name(station),
            charger: Charger(profile: profile, client: client, units: units, timekeeper: timekeeper),
            sockets: own.map { ($0.id, $0.unit) }
        )
    }

    private var site: Site {
        Site(
            circuits: [Circuit(id: "main", limit: PerPhase(repeating: setup.installation))],
            stations: stations.indices.map { Station(id: Bench.name($0), circuit: "main", maximum: Amperes(32)) },
            sockets: sockets.map {
                Socket(id: $0.id, station: Bench.name($0.station), maximum: Amperes(16), safeCurrent: $0.share)
            },
            safeCurrent: setup.safeCurrent,
            networkCap: PerPhase(repeating: setup.installation),
            meter: MeterName(unit: 5, endpoint: endpoint),
            rules: setup.rules
        )
    }

    private func client(_ port: Int) -> ModbusClient {
        var configuration = ModbusClientConfiguration(host: "127.0.0.1", port: port)
        configuration.requestTimeout = setup.patience
        configuration.queueTimeout = setup.patience
        configuration.reconnectDelays = [.milliseconds(1)]
        return ModbusClient(configuration)
    }
}

extension Bench.Running {
    /// Lets time pass in steps, each once the controller has done all it had to do.
    func pass(_ time: Duration, step: Duration = .seconds(1)) async {
        for _ in 0..<Int((time / step).rounded(.up)) {
            bench.clock.advance(by: step)
            await bench.clock.sleepers(atLeast: loops)
        }
    }

    /// Lets time pass until something is so; at most so long.
    func pass(
        within limit: Duration,
        step: Duration = .seconds(1),
        until condition: () async throws -> Bool,
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        var passed = Duration.zero
        while passed < limit {
            if try await condition() { return }
            await pass(step, step: step)
            passed += step
        }
        let isSo = try await condition()
        let status = await controller.status
        try #require(isSo, "not so within \(limit): \(status); \(bench.log.entries)", sourceLocation: sourceLocation)
    }

    /// What one socket is offered, as the balancer has it.
    func offer(_ socket: SocketID) async -> Amperes? {
        await controller.status.sockets.first { $0.socket == socket }?.offer
    }
}
