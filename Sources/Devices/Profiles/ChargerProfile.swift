// SPDX-License-Identifier: Apache-2.0
public import Quantities

/// A charging station as data: which registers order, which tell, and what happens when the orders stop.
public struct ChargerProfile: Hashable, Sendable {
    /// How a station is told what it may draw.
    public struct Setpoint: Hashable, Sendable {
        /// Where the setpoint is written, in amperes.
        public let field: RegisterField
        /// The step of setpoints; orders round down to it.
        public let resolution: Amperes
        /// The smallest current to charge with; smaller orders pause.
        public let minimum: Amperes
        /// The largest current that may be written.
        public let maximum: Amperes?
        /// What to write to pause.
        public let pause: Amperes
    }

    /// What a station does when nobody orders any more.
    public enum FailSafe: String, Hashable, Sendable, CaseIterable {
        /// The setpoint has a lifetime and lapses to a safe value.
        case lifetime
        /// Any request keeps a watchdog quiet.
        case watchdog
        /// The last value stays for ever: the station must not be trusted with a shared limit.
        case none
    }

    /// How long a setpoint counts.
    public struct Validity: Hashable, Sendable {
        /// Where the remaining time can be read.
        public let remaining: RegisterField?
        /// The lifetime as delivered.
        public let usual: Duration
        /// How often to write the setpoint again.
        public let refresh: Duration
    }

    /// What can be read about the station as a whole.
    public struct StationFields: Hashable, Sendable {
        /// How long the station runs, in seconds.
        public let uptime: RegisterField?
        /// How many sockets it has.
        public let socketCount: RegisterField?
        /// The limit of the whole station, in amperes.
        public let maximumCurrent: RegisterField?
    }

    /// What can be read about each socket.
    public struct SocketFields: Hashable, Sendable {
        /// The state of the control pilot as text: address and registers.
        public let mode3: ReadBlock?
        /// The limit in force, in amperes.
        public let applied: RegisterField?
        /// What the socket falls back to, in amperes.
        public let safeCurrent: RegisterField?
        /// 1 when the setpoint takes part in the limit.
        public let accountedFor: RegisterField?
        /// What the car draws on each conductor, in amperes.
        public let currents: PerPhase<RegisterField>?
        /// How old the currents are, in seconds.
        public let measurementAge: RegisterField?
    }

    /// What all profiles have in common.
    public let header: ProfileHeader
    /// The unit identifier of the station as a whole.
    public let stationUnit: UInt8
    /// The unit identifiers of the sockets, first socket first.
    public let socketUnits: [UInt8]
    /// How many connections the station accepts; one is ours.
    public let maximumConnections: Int?
    /// How long the station keeps an idle connection.
    public let idleLimit: Duration?
    /// How often the station may be read.
    public let pollPeriod: Duration
    /// How it is told what it may draw.
    public let setpoint: Setpoint
    /// How long that counts.
    public let validity: Validity?
    /// What happens when the orders stop.
    public let failSafe: FailSafe
    /// What can be read about the station.
    public let station: StationFields
    /// What can be read about each socket.
    public let socket: SocketFields
    /// What the station says that it is; asked of the station's unit.
    public let identification: [IdentificationField]

    /// The name of the profile.
    public var id: String { header.id }

    /// The requests of one poll to the station's unit.
    public var stationBlocks: [ReadBlock] { header.planner.plan([station.uptime].compactMap { $0?.span }) }

    /// The requests of one poll to each socket's unit.
    public var socketBlocks: [ReadBlock] {
        let single = [
            setpoint.field, validity?.remaining, socket.applied, socket.safeCurrent, socket.accountedFor,
            socket.measurementAge,
        ]
        let currents = socket.currents?.values ?? []
        let spans = (single.compactMap(\.self) + currents).map(\.span)
        return header.planner.plan(spans + [socket.mode3?.range].compactMap(\.self), together: currents.map(\.span))
    }
}
