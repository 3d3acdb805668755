// SPDX-License-Identifier: Apache-2.0
public import Quantities

/// A site at one instant, for the question what every socket may draw now.
///
/// Knows neither a clock nor a history: ramps, hold times and learning are the ``Balancer``'s. Sockets and circuits may
/// come in any order. ``Allocation`` gives the answer.
public struct AllocationCase: Sendable, Equatable {
    /// A circuit of the tree.
    public struct Circuit: Sendable, Equatable {
        /// What a circuit carries that is not charging.
        public enum Load: Sendable, Equatable {
            /// Load that is not charging, of this circuit alone, without the circuits below; negative while it exports.
            case background(PerPhase<Amperes>)
            /// Everything, as measured: charging and the circuits below included.
            case metered(PerPhase<Amperes>)
        }

        /// Its name.
        public var id: CircuitID
        /// The circuit that feeds it; `nil` for the root.
        public var parent: CircuitID?
        /// The highest permitted current per phase.
        public var limit: PerPhase<Amperes>?
        /// The highest permitted power of all phases together.
        public var powerLimit: Watts?
        /// What it carries besides.
        public var load = Load.background(.zero)
        /// The greatest difference between two phases that charging may cause.
        public var imbalance: Amperes?
        /// Whether it has one phase only; which one follows from the sockets on it.
        public var isSinglePhase = false

        /// Creates a circuit without a limit of its own.
        public init(id: CircuitID, parent: CircuitID? = nil) {
            self.id = id
            self.parent = parent
        }
    }

    /// What a socket does.
    public enum State: String, Sendable, CaseIterable {
        /// A vehicle charges.
        case charging
        /// A vehicle wants current.
        case ready
        /// A vehicle is there and wants nothing.
        case connected
        /// Nobody is there.
        case unplugged
        /// A vehicle wants current and waits.
        case paused
        /// The station does not answer.
        case offline
        /// Nobody knows.
        case unknown

        /// Whether a vehicle is there that would take current.
        public var wantsCurrent: Bool { self == .charging || self == .ready || self == .paused }
    }

    /// A socket.
    public struct Socket: Sendable, Equatable {
        /// Its name.
        public var id: SocketID
        /// The circuit that feeds it.
        public var circuit: CircuitID
        /// Its station, where that has a limit of its own.
        public var station: StationID?
        /// The phase of the site on each conductor that the vehicle uses; `nil` while unknown, then every phase must hold it.
        public var phases: [Phase]?
        /// The least it can charge with.
        public var minimum = ChargingRules.minimumChargingCurrent
        /// The most it may be offered.
        public var maximum: Amperes
        /// The most that user or profile ask for.
        public var request: Amperes?
        /// The most power it may be offered.
        public var maximumPower: Watts?
        /// Offers are rounded down to it; zero for any value.
        public var step = Amperes(milliamperes: 100)
        /// What it does.
        public var state = State.ready
        /// 1 is served first; equal ones share.
        public var priority = 1
        /// Its part among equals; above zero, in thousandths.
        public var weight = 1000
        /// How long it has waited, in seconds.
        public var waiting = 0.0
        /// What it draws, per conductor.
        public var draw: PerPhase<Amperes>?
        /// What it was offered last, while it does not answer.
        public var granted: Amperes?
        /// How long that may still be in force, in seconds; `nil` when nobody knows.
        public var leaseRemaining: Double?
        /// What it falls to by itself; the station's when `nil`.
        public var safeCurrent: Amperes?

        /// Creates a socket that wants current.
        public init(id: SocketID, circuit: CircuitID, phases: [Phase]?, maximum: Amperes) {
            self.id = id
            self.circuit = circuit
            self.phases = phases
            self.maximum = maximum
        }
    }

    /// A station that limits its sockets together.
    public struct Station: Sendable, Equatable {
        /// Its name.
        public var id: StationID
        /// The most its sockets may draw together on each conductor of its own wiring.
        public var maximum: Amperes?
        /// What its sockets fall to by themselves, where they do not say it.
        public var safeCurrent: Amperes?

        /// Creates a station.
        public init(id: StationID, maximum: Amperes? = nil, safeCurrent: Amperes? = nil) {
            self.id = id
            self.maximum = maximum
            self.safeCurrent = safeCurrent
        }
    }

    /// The phase voltage, for limits of power; above zero.
    public var voltage = Volts(millivolts: 230_000)
    /// The circuits: a tree with one root.
    public var circuits: [Circuit]
    /// The sockets.
    public var sockets: [Socket]
    /// The stations that are known.
    public var stations: [Station] = []
    /// Whether the meter is lost; then all sockets together stay within ``safeCurrent``.
    public var isMeterLost = false
    /// What all sockets together may draw per phase while the meter is lost.
    public var safeCurrent: PerPhase<Amperes>?

    /// Creates a case.
    public init(circuits: [Circuit], sockets: [Socket]) {
        self.circuits = circuits
        self.sockets = sockets
    }
}

/// Why there is no answer to a case.
public struct AllocationRefusal: Error, Sendable, Equatable, CustomStringConvertible {
    /// What the case names wrongly, or why the site would be unsafe.
    public enum Kind: Sendable {
        /// The case contradicts itself.
        case malformed
        /// The safe currents do not fit.
        case unsafe
    }

    /// The part of the case that it is about.
    public enum Place: Sendable, Equatable {
        /// A circuit, by its place in the case, and the key.
        case circuit(Int, String)
        /// A socket, by its place in the case, and the key.
        case socket(Int, String)
        /// A station, by its place in the case, and the key.
        case station(Int, String)
        /// A key of the case itself.
        case site(String)
    }

    /// What kind of refusal it is.
    public let kind: Kind
    /// Where it is.
    public let place: Place
    /// What is wrong, as the end of a sentence that starts with the value.
    public let message: String
    /// What to do.
    public let remedy: String?

    /// The fault without its place.
    public var description: String { message + (remedy.map { "; " + $0 } ?? "") }

    init(_ kind: Kind, _ place: Place, _ message: String, remedy: String? = nil) {
        self.kind = kind
        self.place = place
        self.message = message
        self.remedy = remedy
    }
}
