// SPDX-License-Identifier: Apache-2.0
public import Quantities

/// An order to the shell.
public enum Directive: Sendable, Equatable {
    /// Write this setpoint now.
    case offer(Offer)
    /// Tell people.
    case notify(Notification)
}

/// What a socket may draw, until when, and why.
public struct Offer: Sendable, Equatable, Codable {
    /// The socket.
    public var socket: SocketID
    /// The current per conductor: zero, or at least the socket's minimum.
    public var current: Amperes
    /// The limit that decided it.
    public var bound: BindingLimit
    /// One sentence with the numbers that decided it.
    public var why: String

    /// Creates an offer.
    public init(socket: SocketID, current: Amperes, bound: BindingLimit, why: String) {
        self.socket = socket
        self.current = current
        self.bound = bound
        self.why = why
    }
}

/// The limit that decided an offer.
public enum BindingLimit: Sendable, Equatable, Codable {
    /// A circuit, on one phase.
    case circuit(CircuitID, Phase)
    /// The station's own maximum.
    case station(StationID)
    /// The socket's maximum.
    case socket
    /// The vehicle takes no more.
    case vehicle
    /// The cap on all charging together.
    case networkCap(Phase)
    /// The safe current, because the meter is lost.
    case safeCurrent(Phase)
    /// The gradual return after a loss or a start.
    case gradualReturn
    /// Another station has not let go yet.
    case lease
    /// Readings do not show yet that the current is free.
    case readings
    /// Other vehicles have their turn.
    case turn
    /// There is no vehicle that wants current.
    case notCharging
    /// The station does not answer.
    case silent

    /// A stable word for machines: "circuit", "safeCurrent", ...
    public var kind: String {
        switch self {
        case .circuit: "circuit"
        case .station: "station"
        case .socket: "socket"
        case .vehicle: "vehicle"
        case .networkCap: "networkCap"
        case .safeCurrent: "safeCurrent"
        case .gradualReturn: "gradualReturn"
        case .lease: "lease"
        case .readings: "readings"
        case .turn: "turn"
        case .notCharging: "notCharging"
        case .silent: "silent"
        }
    }

    /// The phase it concerns, if it concerns one.
    public var phase: Phase? {
        switch self {
        case .circuit(_, let phase), .networkCap(let phase), .safeCurrent(let phase): phase
        default: nil
        }
    }
}

/// Something people should know: one for each change, never one for each failed read.
public struct Notification: Sendable, Equatable, Codable {
    /// How serious it is.
    public enum Level: String, Sendable, Codable {
        /// Good to know.
        case info
        /// Works, but reduced.
        case warning
        /// Needs somebody.
        case error
    }

    /// A stable name for machines, such as "meter.warning".
    public var id: String
    /// How serious it is.
    public var level: Level
    /// The text that people read.
    public var text: String
    /// What caused it, with details; may be empty.
    public var cause: String

    /// Creates a notification.
    public init(id: String, level: Level, text: String, cause: String = "") {
        self.id = id
        self.level = level
        self.text = text
        self.cause = cause
    }
}
