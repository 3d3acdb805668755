// SPDX-License-Identifier: Apache-2.0
import Balancing
import Daemon
import Devices
import Documents
import Emulation
import Quantities
import Simulation

/// The site of the demonstration: a house on 25 A, three stations, four visits of cars, one loss of the meter.
struct DemoSite {
    /// When things happen, on the demonstration's own clock.
    struct Schedule {
        var meterLost: Instant
        var meterBack: Instant

        /// The loss lasts longer than the two minutes after which it is an error, when there is time for that.
        init(length: Duration?) {
            let usual = (lost: Duration.seconds(130), for: Duration.seconds(135))
            let lost = length.map { min(usual.lost, $0 * 36 / 100) } ?? usual.lost
            let lasting = length.map { min(usual.for, $0 * 375 / 1000) } ?? usual.for
            meterLost = .start + lost
            meterBack = .start + lost + lasting
        }
    }

    /// The installation of the demonstration: one socket a station, each with another phase first.
    private static let stations: [(id: StationID, rotation: PhaseRotation)] = [
        ("carport", .straight),
        ("drive", PhaseRotation("L2L3L1") ?? .straight),
        ("guest", PhaseRotation("L3L1L2") ?? .straight),
    ]
    /// Half past five in the evening: people come home and cook.
    private static let timeOfDay = Duration.seconds(17 * 3600 + 35 * 60)

    /// The devices, not yet listening.
    let devices: VirtualSite

    /// Makes the devices.
    ///
    /// - Parameters:
    ///   - length: How long the demonstration lasts on its own clock; `nil` when it has no end.
    ///   - timekeeper: Its clock.
    /// - Throws: `HouseholdTrace.LoadError` when the recorded household is missing.
    init(length: Duration?, timekeeper: Timekeeper) throws {
        let house = House(load: try HouseholdTrace.load(startOffset: DemoSite.timeOfDay))
        var configuration = VirtualSiteConfiguration(house: house, stations: DemoSite.stations.map(DemoSite.station))
        let schedule = Schedule(length: length)
        var silent = MeterFaults()
        silent.answering = .never
        configuration.meterFaults = [
            ScheduledFault(from: schedule.meterLost, until: schedule.meterBack, faults: silent)
        ]
        configuration.visits = DemoSite.visits
        devices = VirtualSite(configuration, timekeeper: timekeeper)
    }

    private static func station(_ id: StationID, _ rotation: PhaseRotation) -> VirtualSiteConfiguration.Station {
        var settings = VirtualSocket.Settings()
        settings.maximumCurrent = Amperes(16)
        // The third falls to 0 A: 12 A in all hold two sockets at 6 A, never three at 4 A.
        settings.safeCurrent = id == "guest" ? .zero : Amperes(6)
        return VirtualSiteConfiguration.Station(
            id: id,
            sockets: [VirtualSiteConfiguration.Socket(settings: settings, rotation: rotation)],
            maximumCurrent: Amperes(16)
        )
    }

    /// A family car, a small hybrid on one phase, a guest who leaves again.
    private static var visits: [CarVisit] {
        let never = Instant.start + .seconds(86_400)
        return [
            visit(0, from: 4, until: never, conductors: 3, maximum: 16),
            visit(1, from: 25, until: .start + .seconds(300), conductors: 1, maximum: 16),
            visit(2, from: 50, until: .start + .seconds(110), conductors: 3, maximum: 11),
            visit(1, from: 330, until: never, conductors: 3, maximum: 16),
        ]
    }

    private static func visit(
        _ socket: Int,
        from arrival: Int,
        until departure: Instant,
        conductors: Int,
        maximum: Int
    ) -> CarVisit {
        var settings = Car.Settings()
        settings.conductors = conductors
        settings.maximumCurrent = Amperes(maximum)
        settings.offset = Amperes(milliamperes: 200)
        return CarVisit(
            socket: socket,
            arrival: .start + .seconds(arrival),
            departure: departure,
            car: Car(settings, stateOfCharge: StateOfCharge(percent: 35))
        )
    }

    /// The site file that an installer would write for these devices.
    static func siteFile(_ endpoints: VirtualSite.Endpoints, _ catalogue: ProfileCatalogue) throws -> SiteFile {
        let stations = Self.stations.map { id, rotation in
            """
              - id: \(id)
                profile: alfen-ng9xx
                host: 127.0.0.1
                port: \(endpoints.stationPorts[id] ?? 0)
                max_current: 16
                sockets: [{ id: \(id)-1, unit: 1, max_current: 16, phases: \(rotation) }]
            """
        }
        let text = """
            site: { name: Example house, installation_max_current: 25 }
            meter: { profile: socomec-countis-e27, host: 127.0.0.1, port: \(endpoints.meterPort), unit: 5 }
            safe_current: 12
            stations:
            \(stations.joined(separator: "\n"))
            """
        return try SiteFile(text: text, file: "demo.yaml", catalogue: catalogue)
    }
}
