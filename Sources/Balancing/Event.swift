// SPDX-License-Identifier: Apache-2.0
public import Quantities

/// A fact that the balancer is told.
public enum Event: Sendable, Equatable {
    /// The meter gave an acceptable reading.
    case measured(MeterSample)
    /// A read of the meter failed, or gave a reading that may not be used.
    case measurementMissed(MissedMeasurement)
    /// A station told how it is.
    case stationReported(StationReport)
    /// A station did not answer, or not sensibly.
    case stationMissed(StationID, cause: String)
    /// A setpoint may not have reached its station; it is to be written again.
    case setpointLost(SocketID)
    /// A station refused a setpoint.
    case setpointRefused(SocketID, cause: String)
    /// The time of ``Balancer/nextDeadline`` has come.
    case deadlineReached
}

/// What the grid meter measured at one instant.
public struct MeterSample: Sendable, Equatable {
    /// When it was measured, as well as that is known.
    public var sampledAt: Instant
    /// Signed current per phase of the site, import positive, rounded up.
    public var currents: PerPhase<Amperes>

    /// Creates a sample.
    public init(sampledAt: Instant, currents: PerPhase<Amperes>) {
        self.sampledAt = sampledAt
        self.currents = currents
    }
}

/// Why there is no reading.
public struct MissedMeasurement: Sendable, Equatable {
    /// What happened, for people.
    public var cause: String
    /// Whether trying again cannot help: wrong device, illegal address, frozen values.
    ///
    /// Such a miss is a loss at once.
    public var isPermanent: Bool

    /// Creates a miss.
    public init(cause: String, isPermanent: Bool = false) {
        self.cause = cause
        self.isPermanent = isPermanent
    }
}

/// What a station told about itself.
public struct StationReport: Sendable, Equatable {
    /// The station.
    public var station: StationID
    /// Whether it has restarted since its last report; its setpoints are lost then.
    public var hasRestarted: Bool
    /// Its sockets.
    public var sockets: [SocketReport]

    /// Creates a report.
    public init(station: StationID, hasRestarted: Bool = false, sockets: [SocketReport]) {
        self.station = station
        self.hasRestarted = hasRestarted
        self.sockets = sockets
    }
}

/// What a station told about one of its sockets.
public struct SocketReport: Sendable, Equatable {
    /// The socket.
    public var socket: SocketID
    /// What the vehicle does.
    public var vehicle: VehicleState
    /// The current the station applies, all its own limits considered; `nil` when it does not tell.
    public var applied: Amperes?
    /// The setpoint the station holds; `nil` when it does not tell.
    public var setpoint: Amperes?
    /// How long the last setpoint still holds; `nil` when it does not tell.
    public var validityRemaining: Duration?
    /// Whether our setpoint takes part in what the station applies; `nil` when it does not tell.
    public var isAccountedFor: Bool?
    /// What the station would fall to by itself; `nil` when it does not tell.
    public var safeCurrent: Amperes?
    /// Measured current per conductor of the socket; `nil` when it does not tell.
    public var currents: PerPhase<Amperes>?
    /// When ``currents`` were measured.
    public var measuredAt: Instant

    /// Creates a report.
    public init(
        socket: SocketID,
        vehicle: VehicleState,
        applied: Amperes? = nil,
        setpoint: Amperes? = nil,
        validityRemaining: Duration? = nil,
        isAccountedFor: Bool? = nil,
        safeCurrent: Amperes? = nil,
        currents: PerPhase<Amperes>? = nil,
        measuredAt: Instant
    ) {
        self.socket = socket
        self.vehicle = vehicle
        self.applied = applied
        self.setpoint = setpoint
        self.validityRemaining = validityRemaining
        self.isAccountedFor = isAccountedFor
        self.safeCurrent = safeCurrent
        self.currents = currents
        self.measuredAt = measuredAt
    }
}

/// What the vehicle at a socket does, after the states of IEC 61851-1.
public enum VehicleState: String, Sendable, Equatable, Codable {
    /// No vehicle (A).
    case absent
    /// A vehicle that the station holds back (B1, C1, D1).
    case waiting
    /// A vehicle that may charge and does not (B2).
    case ready
    /// A vehicle that charges or is about to (C2, D2).
    case charging
    /// The socket is out of order (E, F).
    case unavailable

    /// Whether a vehicle is there.
    public var isConnected: Bool { self == .waiting || self == .ready || self == .charging }
}
