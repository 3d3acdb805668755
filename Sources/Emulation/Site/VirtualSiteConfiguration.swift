// SPDX-License-Identifier: Apache-2.0
public import Quantities
public import Simulation

/// Everything a virtual site consists of.
public struct VirtualSiteConfiguration: Sendable {
    /// One socket and its wiring.
    public struct Socket: Hashable, Sendable {
        /// What the installer set.
        public var settings: VirtualSocket.Settings
        /// Where its conductors hang.
        public var rotation: PhaseRotation

        /// Creates a socket; its number of conductors follows from the wiring.
        public init(settings: VirtualSocket.Settings = VirtualSocket.Settings(), rotation: PhaseRotation = .straight) {
            self.settings = settings
            self.settings.conductors = rotation.phases.count
            self.rotation = rotation
        }
    }

    /// One station and its port.
    public struct Station: Hashable, Sendable {
        /// Its name in snapshots.
        public var id: StationID
        /// What it says about itself.
        public var settings: AlfenSettings
        /// One or two sockets.
        public var sockets: [Socket]
        /// The most all sockets offer together.
        public var maximumCurrent: Amperes
        /// The TCP port; 0 lets the system choose.
        public var port: Int
        /// What is wrong, and when.
        public var faults: [ScheduledFault<StationFaults>] = []

        /// Creates a station.
        public init(
            id: StationID,
            settings: AlfenSettings = AlfenSettings(),
            sockets: [Socket] = [Socket()],
            maximumCurrent: Amperes = Amperes(32),
            port: Int = 0
        ) {
            self.id = id
            self.settings = settings
            self.sockets = sockets
            self.maximumCurrent = maximumCurrent
            self.port = port
        }
    }

    /// The building.
    public var house: House
    /// The grid meter.
    public var meter = CountisSettings()
    /// The grid meter's TCP port; 0 lets the system choose.
    public var meterPort = 0
    /// What is wrong with the grid meter, and when.
    public var meterFaults: [ScheduledFault<MeterFaults>] = []
    /// The voltage of each phase at the grid connection.
    public var voltages = PerPhase(repeating: Volts(millivolts: 230_000))
    /// The power factor of everything together in thousandths.
    public var powerFactorPermille = 1000
    /// The stations; at most ``mostStations``.
    public var stations: [Station]
    /// Which cars come and go, in any order; sockets count over all stations.
    public var visits: [CarVisit] = []

    /// Every station listens on its own port and is stepped ten times a second: more than this is no demonstration.
    public static let mostStations = 256

    /// Creates a site without visits and faults.
    public init(house: House, stations: [Station]) {
        self.house = house
        self.stations = stations
    }
}
