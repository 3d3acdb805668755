// SPDX-License-Identifier: Apache-2.0

/// Decides the setpoint of every socket of a plant, from nothing but what it is shown.
public protocol SetpointController: Sendable {
    /// Decides.
    ///
    /// - Parameters:
    ///   - seen: What the controller knows at this moment.
    ///   - setpoints: On entry what it decided last, at first zeros; on return what each socket is set to. Below 6 A
    ///     is a pause.
    mutating func decide(_ seen: Observation, _ setpoints: inout [Double])
}

/// What a controller sees at one moment.
public struct Observation: Sendable {
    /// Seconds since the start.
    public internal(set) var time = 0.0
    /// For each meter the last reading that has arrived; `nil` before the first.
    public internal(set) var meters: [Reading?]
    /// Each socket.
    public internal(set) var sockets: [Socket]

    /// Three currents and when they were measured.
    public struct Reading: Sendable, Equatable {
        /// When they were measured.
        public var time: Double
        /// The currents: of the phases of the site, or of the conductors of a socket.
        public var currents: Triple

        /// Creates a reading.
        public init(time: Double, currents: Triple) {
            self.time = time
            self.currents = currents
        }
    }

    /// What is seen of a socket.
    public struct Socket: Sendable, Equatable {
        /// Whether a car is there.
        public internal(set) var isConnected = false
        /// Whether the car wants energy.
        public internal(set) var wants = false
        /// The setpoint in force.
        public internal(set) var setpoint = 0.0
        /// The last reading of its own meter; `nil` before the first or without a meter.
        public internal(set) var reading: Reading?
        /// When the visit began.
        public internal(set) var arrival = 0.0
        /// What the visit has got, in kWh.
        public internal(set) var energy = 0.0
        /// Whether the socket can be reached.
        public internal(set) var isReachable = true
    }
}

/// What a controller may know of a site before it starts: what an installer would configure.
public struct Installation: Sendable {
    /// A meter without its faults.
    public struct Meter: Sendable {
        /// The place of its circuit.
        public var circuit: Int
        /// Seconds between two readings.
        public var period: Double
        /// The step of its values.
        public var resolution: Double
    }

    /// The circuits with their devices; the first one is the root.
    public var circuits: [Scenario.Circuit]
    /// The meters.
    public var meters: [Meter]
    /// The sockets; what only the plant knows has its default, and phases that are not known are empty.
    public var sockets: [Scenario.Socket]
    /// How often the controller is asked, in seconds.
    public var controlPeriod: Double
    /// What all sockets together may draw per phase while nothing is known of the building.
    public var safeCurrent: Double
    /// Other parameters by their names.
    public var parameters: [String: Double]

    /// Takes out of a scenario what a controller may know.
    public init(_ scenario: Scenario) {
        circuits = scenario.circuits
        meters = scenario.meters.map { Meter(circuit: $0.circuit, period: $0.period, resolution: $0.resolution) }
        sockets = scenario.sockets.map { socket in
            var known = socket
            known.lossProbability = 0
            known.partitions = []
            if !socket.arePhasesKnown { known.phases = [] }
            return known
        }
        controlPeriod = scenario.controlPeriod
        safeCurrent = scenario.safeCurrent
        parameters = scenario.parameters
    }

    /// The place of the meter at the root, if there is one.
    public var rootMeter: Int? { meters.firstIndex { $0.circuit == 0 } }
}
