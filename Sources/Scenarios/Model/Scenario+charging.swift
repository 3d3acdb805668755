// SPDX-License-Identifier: Apache-2.0

extension Scenario {
    /// A socket of a charging station.
    public struct Socket: Sendable, Equatable {
        /// Its name.
        public var id: String
        /// The place of its circuit.
        public var circuit: Int
        /// The most it can be set to.
        public var maximum: Double
        /// The phase of the site (0, 1 or 2) of each conductor.
        public var phases = [0, 1, 2]
        /// Whether the controller is told the phases.
        public var arePhasesKnown = true
        /// The step of its setpoint.
        public var resolution = 0.1
        /// Its setpoint at the start.
        public var initial = 0.0
        /// Its weight, for controllers that know weights.
        public var weight = 1.0
        /// Seconds until a command has arrived.
        public var commandLatency = 0.2
        /// The share of commands that is lost.
        public var lossProbability = 0.0
        /// Times in which it cannot be reached.
        public var partitions: [Range<Double>] = []
        /// After so many seconds without a command it falls to ``fallback``.
        public var timeout = 60.0
        /// See ``timeout``.
        public var fallback = 6.0
        /// Its own meter, if it has one.
        public var meter: SocketMeter? = SocketMeter()

        /// Creates a socket with the defaults of the file format.
        public init(id: String, circuit: Int = 0, maximum: Double) {
            self.id = id
            self.circuit = circuit
            self.maximum = maximum
        }
    }

    /// The meter in a socket.
    public struct SocketMeter: Sendable, Equatable {
        /// Seconds between two readings.
        public var period = 1.0
        /// Seconds from a reading to its delivery.
        public var latency = 0.2
        /// The step of its values.
        public var resolution = 0.1

        /// Creates a meter with the defaults of the file format.
        public init() {}
    }

    /// One visit of a car.
    public struct Visit: Sendable, Equatable {
        /// Its name.
        public var id: String
        /// The place of its socket.
        public var socket: Int
        /// When it comes.
        public var arrival: Double
        /// When it goes.
        public var departure: Double
        /// What it wants, in kWh.
        public var request: Double
        /// What its battery holds, in kWh.
        public var capacity = 60.0
        /// The state of charge at the start, 0 to 1.
        public var initialCharge = 0.2
        /// How many conductors of the socket it uses.
        public var conductors: Int
        /// The most it draws.
        public var maximum: Double
        /// Below this it does not charge.
        public var minimum = 6.0
        /// Its dead time in seconds.
        public var lag = 1.0
        /// The time constant with which it follows, in seconds.
        public var timeConstant = 0.5
        /// The most it rises by, in A/s.
        public var rampUp = Double.infinity
        /// The most it falls by, in A/s.
        public var rampDown = Double.infinity
        /// How far it stays below what it is offered.
        public var undershoot = 0.0
        /// The step of its current; 0 for none.
        public var quantum = 0.0
        /// Seconds from being allowed to drawing.
        public var resumeDelay = 5.0
        /// From this state of charge on it takes less and less.
        public var taperFrom = 1.0
        /// The least share of its maximum that it tapers to.
        public var taperFloor = 0.05

        /// Creates a visit with the defaults of the file format.
        public init(
            id: String,
            socket: Int,
            arrival: Double,
            departure: Double,
            request: Double,
            conductors: Int,
            maximum: Double
        ) {
            self.id = id
            self.socket = socket
            self.arrival = arrival
            self.departure = departure
            self.request = request
            self.conductors = conductors
            self.maximum = maximum
        }
    }
}
