// SPDX-License-Identifier: Apache-2.0
public import Quantities

/// What the control pilot of a socket says (IEC 61851-1, annex A; the station's own letters).
public enum Mode3State: String, Hashable, Sendable, CaseIterable {
    /// No car.
    case a = "A"
    /// A car, and the station does not offer current.
    case b1 = "B1"
    /// A car that does not ask for current, and the station offers it.
    case b2 = "B2"
    /// A car that asks for current, and the station does not offer it.
    case c1 = "C1"
    /// Charging.
    case c2 = "C2"
    /// As C1, ventilation required.
    case d1 = "D1"
    /// As C2, ventilation required.
    case d2 = "D2"
    /// No power on the pilot.
    case e = "E"
    /// The station is not available.
    case f = "F"

    /// Whether a car is connected.
    public var hasVehicle: Bool {
        switch self {
        case .a, .e, .f: false
        case .b1, .b2, .c1, .c2, .d1, .d2: true
        }
    }

    /// Whether the car may draw current now.
    public var isCharging: Bool { self == .c2 || self == .d2 }
}

/// What a station said about itself and its sockets in one poll.
public struct ChargerStatus: Hashable, Sendable {
    /// When the sockets were read: the middle between the first request and the last answer.
    public let readAt: Instant
    /// How long the station runs; less than before means that it restarted and lost its setpoints.
    public let uptime: Duration?
    /// One for each unit that was asked, in that order.
    public let sockets: [SocketReading]

    /// Creates a status.
    public init(readAt: Instant, uptime: Duration?, sockets: [SocketReading]) {
        self.readAt = readAt
        self.uptime = uptime
        self.sockets = sockets
    }
}

/// What a station said about one socket; `nil` where it has no value.
public struct SocketReading: Hashable, Sendable {
    /// The socket's unit identifier.
    public let unit: UInt8
    /// What the control pilot says.
    public var mode3: Mode3State?
    /// The limit the socket applies, of all that it knows.
    public var applied: Amperes?
    /// The setpoint that the station holds.
    public var setpoint: Amperes?
    /// How long the setpoint is still valid.
    public var validityRemaining: Duration?
    /// Whether the setpoint takes part in the limit: the proof that it counts.
    public var accountedFor: Bool?
    /// What the socket falls back to when the setpoint lapses.
    public var safeCurrent: Amperes?
    /// What the car draws on each conductor of the socket.
    public var currents: PerPhase<Amperes>?
    /// How old the currents were when they were read.
    public var measurementAge: Duration?

    /// Creates a reading without values.
    public init(unit: UInt8) { self.unit = unit }
}
