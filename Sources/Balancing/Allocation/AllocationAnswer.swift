// SPDX-License-Identifier: Apache-2.0
public import Quantities

/// What every socket may draw, and why.
public struct AllocationAnswer: Sendable, Equatable {
    /// The limit that decided an offer.
    public struct Bound: Sendable, Equatable {
        /// A stable word: circuit, circuitPower, imbalance, station, socket, request, safeCurrent, turn, notCharging.
        public var kind: String
        /// The circuit or station.
        public var id: String?
        /// The phase.
        public var phase: Phase?
    }

    /// What one socket may draw.
    public struct Offer: Sendable, Equatable {
        /// The socket.
        public var socket: SocketID
        /// The current per conductor.
        public var current: Amperes
        /// What stopped it from being more.
        public var bound: Bound
        /// One sentence with the numbers that decided it.
        public var why: String
    }

    /// A socket that wants current and gets none.
    public struct Waiting: Sendable, Equatable {
        /// The socket.
        public var socket: SocketID
        /// What is missing.
        public var reason: String
        /// Its place in the queue, from 1.
        public var position: Int
    }

    /// Current that is set aside because a socket may be drawing it.
    public struct Reserved: Sendable, Equatable {
        /// The socket.
        public var socket: SocketID
        /// How much.
        public var current: Amperes
        /// For how many seconds, when that is known.
        public var until: Double?
        /// Why.
        public var reason: String
    }

    /// The sum of one circuit.
    public struct Load: Sendable, Equatable {
        /// The circuit.
        public var circuit: CircuitID
        /// Background, offers and what is set aside.
        public var load: PerPhase<Amperes>
        /// Its limit.
        public var limit: PerPhase<Amperes>?
    }

    /// A circuit that is above its limit without any charging.
    public struct Infeasible: Sendable, Equatable {
        /// The circuit.
        public var circuit: CircuitID
        /// The phase; `nil` for its power.
        public var phase: Phase?
        /// By how much, in amperes, or in watts without a phase.
        public var excess: Double
    }

    /// One offer for each socket, by name.
    public var offers: [Offer]
    /// Those that wait, the next one first.
    public var waiting: [Waiting]
    /// What is set aside, by name.
    public var reserved: [Reserved]
    /// The circuits, by name.
    public var circuits: [Load]
    /// Circuits above their limits whatever charging does, by name.
    public var infeasible: [Infeasible]
}
