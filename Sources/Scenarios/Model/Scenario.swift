// SPDX-License-Identifier: Apache-2.0

/// Three values: of the phases of a site in the order L1, L2, L3, or of a socket's three conductors.
public typealias Triple = SIMD3<Double>

/// A site with its loads and visits over a length of time, as a plant plays it.
///
/// Amperes, seconds, volts and kilowatt-hours. A value without behaviour; whoever makes one has checked it: the first
/// circuit is the root, circuits form a tree, and every index is in range.
public struct Scenario: Sendable, Equatable {
    /// The name, for people and tables.
    public var name: String
    /// What the scenario is about.
    public var about = ""
    /// Where all random numbers come from.
    public var seed: UInt64 = 0
    /// The length of a step in seconds.
    public var step = 1.0
    /// The length of the whole in seconds.
    public var duration: Double
    /// The voltage of each phase, for energy.
    public var voltage = 230.0
    /// The circuits; the first one is the root.
    public var circuits: [Circuit]
    /// The loads that are not charging.
    public var loads: [Load] = []
    /// The meters.
    public var meters: [Meter] = []
    /// The sockets.
    public var sockets: [Socket] = []
    /// The visits of cars.
    public var visits: [Visit] = []
    /// How often the controller is asked, in seconds.
    public var controlPeriod = 1.0
    /// What all sockets together may draw per phase while nothing is known of the building.
    public var safeCurrent = 6.0
    /// Other parameters of the controller, by their names.
    public var parameters: [String: Double] = [:]
    /// The moments after which the return of charging is timed.
    public var restoreEvents: [RestoreEvent] = []
    /// The most energy that could be delivered with full knowledge, in kWh, when somebody has worked it out.
    public var energyBound: Double?
    /// How long a circuit stays off after its device has tripped.
    public var resetTime = 900.0

    /// Creates a scenario with the defaults of the file format.
    public init(name: String, duration: Double, circuits: [Circuit]) {
        self.name = name
        self.duration = duration
        self.circuits = circuits
    }

    /// How many steps the whole has.
    public var tickCount: Int { ticks(duration) }

    /// The step that is nearest to a moment.
    public func ticks(_ seconds: Double) -> Int { Int((seconds / step).rounded(.toNearestOrEven)) }

    /// How many steps cover a delay; a length such as 0.3 s of steps of 0.1 s is three, not four.
    public func ticksCovering(_ seconds: Double) -> Int { Int((seconds / step - 1e-9).rounded(.up)) }

    /// The number of steps between two events of a period, at least one.
    func ticksOfPeriod(_ seconds: Double) -> Int { max(1, ticks(seconds)) }
}

extension Scenario {
    /// A part of the installation with a limit and a protective device.
    public struct Circuit: Sendable, Equatable {
        /// Its name.
        public var id: String
        /// The place of the circuit that feeds it; `nil` for the root.
        public var parent: Int?
        /// The highest permitted current per phase.
        public var limit: Double
        /// Its protective device.
        public var device: Device

        /// Creates a circuit; the device is a fuse of the limit when left out.
        public init(id: String, parent: Int? = nil, limit: Double, device: Device? = nil) {
            self.id = id
            self.parent = parent
            self.limit = limit
            self.device = device ?? Device(kind: .gG, rating: limit)
        }
    }

    /// A fuse or circuit breaker, as a deliberately pessimistic thermal image.
    public struct Device: Sendable, Equatable {
        /// The kinds.
        public enum Kind: String, Sendable, CaseIterable {
            /// A fuse of utilisation category gG.
            case gG
            /// A miniature circuit breaker of characteristic B.
            case breakerB = "MCB-B"
            /// A miniature circuit breaker of characteristic C.
            case breakerC = "MCB-C"
            /// A miniature circuit breaker of characteristic D.
            case breakerD = "MCB-D"
            /// A moulded-case circuit breaker.
            case mouldedCase = "MCCB"
        }

        /// The kind.
        public var kind: Kind
        /// The rated current.
        public var rating: Double
        /// The time constant of the image in seconds.
        public var timeConstant: Double

        /// Creates a device.
        ///
        /// - Parameters:
        ///   - kind: The kind.
        ///   - rating: The rated current.
        ///   - timeConstant: In seconds; that of the kind and rating when left out.
        public init(kind: Kind, rating: Double, timeConstant: Double? = nil) {
            self.kind = kind
            self.rating = rating
            self.timeConstant = timeConstant ?? (kind == .gG ? (rating <= 63 ? 120 : 300) : 60)
        }

        /// The square of the multiple of the rated current that trips in the end.
        public var thermalLimit: Double {
            switch kind {
            case .gG: 1.25 * 1.25
            case .breakerB, .breakerC, .breakerD: 1.13 * 1.13
            case .mouldedCase: 1.05 * 1.05
            }
        }

        /// The multiple of the rated current that trips at once; infinite for a fuse.
        public var instantMultiple: Double {
            switch kind {
            case .gG: .infinity
            case .breakerB: 3
            case .breakerC: 5
            case .breakerD: 10
            case .mouldedCase: 8
            }
        }
    }

    /// A meter of one circuit: what it shows, how late, and when not.
    public struct Meter: Sendable, Equatable {
        /// Its name; also that of its random numbers.
        public var id: String
        /// The place of its circuit.
        public var circuit: Int
        /// Seconds between two readings.
        public var period = 1.0
        /// Seconds from a reading to its delivery.
        public var latency = 0.3
        /// The most that a delivery is later than that, drawn for each.
        public var jitter = 0.0
        /// The step of its values.
        public var resolution = 0.01
        /// Whether values are cut toward zero instead of rounded to the nearest.
        public var truncates = false
        /// Whether values have a sign.
        public var isSigned = true
        /// The size of its noise.
        public var noise = 0.0
        /// The share of readings that is lost.
        public var lossProbability = 0.0
        /// Times without any reading.
        public var dropouts: [Range<Double>] = []

        /// Creates a meter with the defaults of the file format.
        public init(id: String, circuit: Int = 0) {
            self.id = id
            self.circuit = circuit
        }
    }

    /// A moment after which the return of charging is timed.
    public struct RestoreEvent: Sendable, Equatable {
        /// From when it is timed.
        public var time: Double
        /// When charging was as it should become again.
        public var reference: Range<Double>

        /// Creates an event.
        public init(time: Double, reference: Range<Double>) {
            self.time = time
            self.reference = reference
        }
    }
}
