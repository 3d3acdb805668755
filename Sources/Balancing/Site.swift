// SPDX-License-Identifier: Apache-2.0
public import Quantities

/// A building as the balancer sees it: circuits with limits, stations, sockets and the rules for dividing.
///
/// A value without behaviour. Whoever makes one has checked it (`SafeCurrents`, and the site file's validation): the first
/// circuit is the grid connection, every name is unique and every reference resolves.
public struct Site: Sendable, Equatable {
    /// The circuits; the first one is the root, the grid connection that the meter measures.
    public var circuits: [Circuit]
    /// The charging stations.
    public var stations: [Station]
    /// The sockets of all stations, ordered by name.
    public var sockets: [Socket]
    /// What all sockets together may draw per phase while the meter is lost (Load Balancing Safe Current).
    public var safeCurrent: Amperes
    /// The most that all sockets together may ever draw per phase, whatever the meter says (hazard P10).
    public var networkCap: PerPhase<Amperes>
    /// How the meter is named in the texts that people read.
    public var meter: MeterName
    /// The rules for dividing.
    public var rules: ChargingRules

    /// Creates a site.
    public init(
        circuits: [Circuit],
        stations: [Station],
        sockets: [Socket],
        safeCurrent: Amperes,
        networkCap: PerPhase<Amperes>,
        meter: MeterName,
        rules: ChargingRules = ChargingRules()
    ) {
        self.circuits = circuits
        self.stations = stations
        self.sockets = sockets.sorted { $0.id < $1.id }
        self.safeCurrent = safeCurrent
        self.networkCap = networkCap
        self.meter = meter
        self.rules = rules
    }
}

/// How the meter is named in notifications: by unit identifier and endpoint.
public struct MeterName: Sendable, Equatable {
    /// The Modbus unit identifier.
    public var unit: UInt8
    /// Address and port, such as "192.168.0.4:502".
    public var endpoint: String

    /// Creates a name.
    public init(unit: UInt8, endpoint: String) {
        self.unit = unit
        self.endpoint = endpoint
    }
}

/// A part of the installation with a limit and a protective device.
public struct Circuit: Sendable, Equatable {
    /// Its name.
    public var id: CircuitID
    /// The circuit that feeds it; `nil` for the grid connection.
    public var parent: CircuitID?
    /// The highest permitted current per phase.
    public var limit: PerPhase<Amperes>
    /// Load of this circuit that no meter sees and that is not charging; set aside always.
    ///
    /// Zero for the root.
    public var unmeteredLoad: PerPhase<Amperes>

    /// Creates a circuit.
    public init(
        id: CircuitID,
        parent: CircuitID? = nil,
        limit: PerPhase<Amperes>,
        unmeteredLoad: PerPhase<Amperes> = .zero
    ) {
        self.id = id
        self.parent = parent
        self.limit = limit
        self.unmeteredLoad = unmeteredLoad
    }
}

/// One charging station.
public struct Station: Sendable, Equatable {
    /// Its name.
    public var id: StationID
    /// The circuit that feeds it.
    public var circuit: CircuitID
    /// The most that its sockets may draw together, per phase.
    public var maximum: Amperes
    /// How long a setpoint holds without renewal, as configured in the station.
    public var validity: Duration
    /// The longest time from an order until its write has arrived or counts as failed: waiting for the writer, for the
    /// connection and for the answer.
    public var writeTimeout: Duration

    /// Creates a station.
    public init(
        id: StationID,
        circuit: CircuitID,
        maximum: Amperes,
        validity: Duration = .seconds(60),
        writeTimeout: Duration = .seconds(5)
    ) {
        self.id = id
        self.circuit = circuit
        self.maximum = maximum
        self.validity = validity
        self.writeTimeout = writeTimeout
    }
}

/// One outlet that charges one vehicle.
public struct Socket: Sendable, Equatable {
    /// Its name.
    public var id: SocketID
    /// The station it belongs to.
    public var station: StationID
    /// How its conductors hang on the phases of the site; `nil` while unknown, then every phase must hold it.
    public var rotation: PhaseRotation?
    /// The most it may be offered.
    public var maximum: Amperes
    /// The least it can charge with; below it the socket is paused.
    public var minimum: Amperes
    /// What it falls to by itself when it hears nothing (socket safe current): zero or at least ``minimum``.
    public var safeCurrent: Amperes
    /// The step of its setpoint; offers are rounded down to it.
    public var resolution: Amperes

    /// Creates a socket.
    public init(
        id: SocketID,
        station: StationID,
        rotation: PhaseRotation? = .straight,
        maximum: Amperes,
        minimum: Amperes = ChargingRules.minimumChargingCurrent,
        safeCurrent: Amperes,
        resolution: Amperes = Amperes(milliamperes: 100)
    ) {
        self.id = id
        self.station = station
        self.rotation = rotation
        self.maximum = maximum
        self.minimum = minimum
        self.safeCurrent = safeCurrent
        self.resolution = resolution
    }

    /// The phases of the site that the socket is connected to.
    public var sitePhases: [Phase] { rotation?.phases ?? Phase.allCases }
}
