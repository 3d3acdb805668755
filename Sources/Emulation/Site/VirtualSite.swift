// SPDX-License-Identifier: Apache-2.0
public import NIOCore
public import NIOPosix
public import Quantities
internal import ModbusNIO
internal import Simulation
internal import Synchronization

/// A whole site on the loopback interface: a house behind a Countis E27, Alfen stations, and cars that come and go.
///
/// Call ``start(group:)`` to learn the ports, then ``run()`` until cancelled. Without servers ``advance(to:)`` alone plays
/// the site, the same way every time.
public actor VirtualSite {
    /// Where its devices listen on 127.0.0.1.
    public struct Endpoints: Hashable, Sendable {
        /// The grid meter's port.
        public var meterPort: Int
        /// Each station's port.
        public var stationPorts: [StationID: Int]
    }

    /// The site is brought up to date ten times a second of its own time.
    public static let step = Duration.milliseconds(100)
    /// A jump in time, such as after a suspended machine, is walked in at most so many steps: an hour's worth.
    static let mostSteps = 36_000
    /// However fast the site lives, its task rests so long between two looks at the time.
    private static let shortestRest = Duration.milliseconds(10)

    /// The grid meter.
    public nonisolated let meter: VirtualCountis
    /// The stations, in the order of the configuration.
    public nonisolated let stations: [VirtualAlfen]

    private nonisolated let newest: Mutex<SiteSnapshot>
    private let configuration: VirtualSiteConfiguration
    private let timekeeper: Timekeeper
    /// Which station and which of its sockets a socket of the site is.
    private let sockets: [(station: Int, socket: Int)]

    private var now: Instant
    private var pending: [CarVisit]
    private var present: [CarVisit] = []
    private var servers: [ModbusServer] = []
    private var endpoints: Endpoints?

    /// Creates a site at the present instant; nothing listens yet.
    ///
    /// - Parameters:
    ///   - configuration: All its parts. Visits of sockets that do not exist are left out.
    ///   - timekeeper: Gives the time; its speed is the site's.
    public init(_ configuration: VirtualSiteConfiguration, timekeeper: Timekeeper) {
        precondition(
            configuration.stations.count <= VirtualSiteConfiguration.mostStations,
            "a virtual site has at most \(VirtualSiteConfiguration.mostStations) stations"
        )
        self.configuration = configuration
        self.timekeeper = timekeeper
        meter = VirtualCountis(settings: configuration.meter)
        stations = configuration.stations.map { station in
            VirtualAlfen(
                settings: station.settings,
                sockets: station.sockets.map(\.settings),
                maximumCurrent: station.maximumCurrent,
                timekeeper: timekeeper
            )
        }
        let sockets = configuration.stations.enumerated().flatMap { index, station in
            station.sockets.indices.map { (station: index, socket: $0) }
        }
        self.sockets = sockets
        let now = timekeeper.now
        self.now = now
        pending = configuration.visits
            .filter { sockets.indices.contains($0.socket) }
            .sorted { ($0.arrival, $0.socket) < ($1.arrival, $1.socket) }
        let snapshot = VirtualSite.snapshot(of: configuration, stations: stations, at: now)
        newest = Mutex(snapshot)
        meter.measure(VirtualSite.supply(of: configuration, currents: snapshot.grid), at: now)
    }

    /// What truly happens, as of the last step; may be asked from any thread.
    public nonisolated var snapshot: SiteSnapshot { newest.withLock { $0 } }

    /// Starts the servers of all devices; they run until ``run()`` ends or ``stop()``.
    ///
    /// - Returns: Their ports, the same on every call.
    /// - Throws: What the system says when a port cannot be had; nothing listens then.
    @discardableResult
    public func start(
        group: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton
    ) async throws -> Endpoints {
        if let endpoints { return endpoints }
        var started: [ModbusServer] = []
        do {
            let devices: [(ModbusServerConfiguration, any ModbusResponder)] =
                [(meter.serverConfiguration(port: configuration.meterPort), meter)]
                + zip(configuration.stations, stations).map { ($1.serverConfiguration(port: $0.port), $1) }
            for (configuration, responder) in devices {
                started.append(try await ModbusServer.start(configuration, responder: responder, group: group))
            }
        } catch {
            for server in started { await server.stop() }
            throw error
        }
        let stationPorts = zip(configuration.stations, started.dropFirst()).map { ($0.id, $1.port) }
        let result = Endpoints(
            meterPort: started[0].port,
            stationPorts: Dictionary(stationPorts) { first, _ in first }
        )
        servers += started
        endpoints = result
        return result
    }

    /// Lives at the timekeeper's pace until the task is cancelled, and then stops the servers.
    ///
    /// - Throws: What ``start(group:)`` throws, if it has not been called before.
    public func run() async throws {
        try await start()
        let rest = max(VirtualSite.step, VirtualSite.shortestRest * timekeeper.speed)
        while !Task.isCancelled {
            advance(to: timekeeper.now)
            // Throws only when the task is cancelled, which the loop sees.
            try? await timekeeper.sleep(for: rest)
        }
        await stop()
    }

    /// Stops the servers; the site can be started again.
    public func stop() async {
        let stopping = servers
        servers = []
        endpoints = nil
        for server in stopping { await server.stop() }
    }

    /// Lives on to an instant, step by step.
    public func advance(to instant: Instant) {
        let step = max(VirtualSite.step, (instant - now) / VirtualSite.mostSteps)
        while now + step <= instant {
            now = now + step
            live(at: now)
        }
    }

    private func live(at instant: Instant) {
        setFaults(at: instant)
        for station in stations { station.advance(to: instant) }
        moveCars(at: instant)
        let snapshot = VirtualSite.snapshot(of: configuration, stations: stations, at: instant)
        newest.withLock { $0 = snapshot }
        meter.measure(VirtualSite.supply(of: configuration, currents: snapshot.grid), at: instant)
    }

    /// Leaves devices without a schedule alone, so that their faults can be set by hand.
    private func setFaults(at instant: Instant) {
        if !configuration.meterFaults.isEmpty {
            meter.faults = configuration.meterFaults.faults(at: instant) ?? MeterFaults()
        }
        for (index, station) in configuration.stations.enumerated() where !station.faults.isEmpty {
            stations[index].faults = station.faults.faults(at: instant) ?? StationFaults()
        }
    }

    /// Departures before arrivals, so that a socket is free for the next car at the instant the last one leaves.
    private func moveCars(at instant: Instant) {
        let leaving = present.filter { $0.departure <= instant }
        present.removeAll { $0.departure <= instant }
        for visit in leaving {
            let place = sockets[visit.socket]
            stations[place.station].unplug(socket: place.socket)
        }
        while let visit = pending.first, visit.arrival <= instant {
            pending.removeFirst()
            guard visit.departure > instant else { continue }
            let place = sockets[visit.socket]
            stations[place.station].plugIn(visit.car, socket: place.socket)
            present.removeAll { $0.socket == visit.socket }
            present.append(visit)
        }
    }

    private static func snapshot(
        of configuration: VirtualSiteConfiguration,
        stations: [VirtualAlfen],
        at instant: Instant
    ) -> SiteSnapshot {
        var sockets: [SiteSnapshot.Socket] = []
        for (settings, station) in zip(configuration.stations, stations.map(\.station)) {
            for (index, socket) in settings.sockets.enumerated() {
                let status = station.status(ofSocket: index)
                sockets.append(
                    SiteSnapshot.Socket(
                        station: settings.id,
                        unit: UInt8(index + 1),
                        rotation: socket.rotation,
                        status: status,
                        draw: socket.rotation.onSite(status.currents, empty: .zero),
                        car: station.sockets[index].car
                    )
                )
            }
        }
        let taps = sockets.map { House.Tap(currents: $0.status.currents, rotation: $0.rotation) }
        return SiteSnapshot(
            at: instant,
            grid: configuration.house.gridCurrents(at: instant, taps: taps),
            background: configuration.house.background(at: instant),
            solar: configuration.house.solar.current(at: instant),
            sockets: sockets
        )
    }

    private static func supply(
        of configuration: VirtualSiteConfiguration,
        currents: PerPhase<Amperes>
    ) -> Supply {
        Supply(
            currents: currents,
            voltages: configuration.voltages,
            powerFactorPermille: configuration.powerFactorPermille
        )
    }
}
