// SPDX-License-Identifier: Apache-2.0
internal import Devices
public import Logging
internal import ModbusNIO
public import Quantities
internal import ServiceLifecycle
public import StationControl
internal import UnixSignals

/// The composition root: makes every part of a running site from its file.
///
/// Services in order of dependency: connections, then the controller. They stop in reverse: the controller leaves every
/// socket at its safe current first, then the connections close.
public struct SiteProgram: Sendable {
    /// The controller; ask it for status and notifications.
    public let controller: SiteController
    private let clients: [ModbusClient]
    private let logger: Logger

    /// Makes the parts; nothing is sent before ``run(untilSignalled:)``.
    ///
    /// - Parameters:
    ///   - file: The site.
    ///   - timekeeper: Time.
    ///   - logger: Gets one line for each change.
    public init(_ file: SiteFile, timekeeper: Timekeeper, logger: Logger) {
        let meterClient = SiteProgram.client(file.meter.host, file.meter.port, timekeeper)
        var meterConfiguration = Meter.Configuration()
        meterConfiguration.isInverted = file.meter.isInverted
        meterConfiguration.expectedSerial = file.meter.serial
        meterConfiguration.checks.rating = file.meter.rating
        let meter = Meter(
            profile: file.meter.profile,
            client: meterClient,
            unit: file.meter.unit,
            timekeeper: timekeeper,
            configuration: meterConfiguration
        )
        var clients = [meterClient]
        let links = file.stations.map { station in
            let client = SiteProgram.client(station.host, station.port, timekeeper)
            clients.append(client)
            let charger = Charger(
                profile: station.profile,
                client: client,
                units: station.sockets.map(\.unit),
                timekeeper: timekeeper
            )
            return StationLink(station: station.id, charger: charger, sockets: station.sockets)
        }
        self.clients = clients
        self.logger = logger
        controller = SiteController(
            site: file.site,
            meter: meter,
            links: links,
            timekeeper: timekeeper,
            logger: logger
        )
    }

    /// Balances until the task is cancelled or, when wanted, ctrl-C or SIGTERM arrives.
    ///
    /// - Parameter untilSignalled: Whether the signals of the process end the run.
    /// - Throws: What the service group throws when a service ends by itself.
    public func run(untilSignalled: Bool) async throws {
        let group = ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: [.init(service: controller)],
                gracefulShutdownSignals: untilSignalled ? [.sigterm, .sigint] : [],
                logger: logger
            )
        )
        do {
            try await group.run()
        } catch {
            await close()
            throw error
        }
        await close()
    }

    /// A connection that gives up early enough for the lease of a setpoint, which counts from the decision.
    ///
    /// The wire does not know that a demonstration runs faster than life, so its patience is shortened: to what a busy
    /// machine needs on its own loopback interface, but never beyond the two seconds of the site's time that leases allow
    /// for each of waiting and answering.
    private static func client(_ host: String, _ port: Int, _ timekeeper: Timekeeper) -> ModbusClient {
        var configuration = ModbusClientConfiguration(host: host, port: port)
        let speed = timekeeper.speed
        let patience = max(Duration.seconds(1) / speed, min(.milliseconds(300), .seconds(2) / speed))
        configuration.requestTimeout = patience
        configuration.queueTimeout = patience
        configuration.reconnectDelays = configuration.reconnectDelays.map { $0 / speed }
        return ModbusClient(configuration)
    }

    private func close() async {
        for client in clients { await client.close() }
    }
}
