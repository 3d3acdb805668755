// SPDX-License-Identifier: Apache-2.0

/// A phase conductor of the site.
public enum Phase: String, Hashable, CaseIterable, Sendable, Codable, CustomStringConvertible {
    /// The first phase.
    case l1 = "L1"
    /// The second phase.
    case l2 = "L2"
    /// The third phase.
    case l3 = "L3"

    /// The name as printed on terminals: "L1".
    public var description: String { rawValue }

    /// 0, 1 or 2.
    public var index: Int {
        switch self {
        case .l1: 0
        case .l2: 1
        case .l3: 2
        }
    }
}

/// One value for each phase of the site, or for each of a socket's three conductors.
public struct PerPhase<Value> {
    /// The value of the first phase.
    public var l1: Value
    /// The value of the second phase.
    public var l2: Value
    /// The value of the third phase.
    public var l3: Value

    /// Creates three values.
    @inlinable
    public init(_ l1: Value, _ l2: Value, _ l3: Value) {
        self.l1 = l1
        self.l2 = l2
        self.l3 = l3
    }

    /// Creates the same value for every phase.
    @inlinable
    public init(repeating value: Value) { self.init(value, value, value) }

    /// Makes each value from its phase.
    @inlinable
    public static func each<Failure: Error>(_ value: (Phase) throws(Failure) -> Value) throws(Failure) -> PerPhase {
        PerPhase(try value(.l1), try value(.l2), try value(.l3))
    }

    /// The value of one phase.
    @inlinable
    public subscript(phase: Phase) -> Value {
        get {
            switch phase {
            case .l1: l1
            case .l2: l2
            case .l3: l3
            }
        }
        set {
            switch phase {
            case .l1: l1 = newValue
            case .l2: l2 = newValue
            case .l3: l3 = newValue
            }
        }
    }

    /// The three values in the order L1, L2, L3.
    public var values: [Value] { [l1, l2, l3] }

    /// The three results of a function.
    @inlinable
    public func map<Result, Failure: Error>(
        _ transform: (Value) throws(Failure) -> Result
    ) throws(Failure) -> PerPhase<Result> {
        PerPhase<Result>(try transform(l1), try transform(l2), try transform(l3))
    }
}

extension PerPhase: Sendable where Value: Sendable {}
extension PerPhase: Equatable where Value: Equatable {}
extension PerPhase: Hashable where Value: Hashable {}

extension PerPhase: Codable where Value: Codable {
    /// Reads an array of three.
    public init(from decoder: any Decoder) throws {
        var container = try decoder.unkeyedContainer()
        self.init(
            try container.decode(Value.self),
            try container.decode(Value.self),
            try container.decode(Value.self)
        )
        guard container.isAtEnd else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "more than three phases")
        }
    }

    /// Writes an array of three.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.unkeyedContainer()
        try container.encode(contentsOf: values)
    }
}

extension PerPhase where Value == Amperes {
    /// No current on any phase.
    public static var zero: PerPhase { PerPhase(repeating: .zero) }

    /// The sums phase by phase.
    public static func + (left: PerPhase, right: PerPhase) -> PerPhase {
        PerPhase(left.l1 + right.l1, left.l2 + right.l2, left.l3 + right.l3)
    }

    /// The differences phase by phase.
    public static func - (left: PerPhase, right: PerPhase) -> PerPhase {
        PerPhase(left.l1 - right.l1, left.l2 - right.l2, left.l3 - right.l3)
    }

    /// The largest of the three.
    public var maximum: Amperes { max(l1, l2, l3) }

    /// The smallest of the three.
    public var minimum: Amperes { min(l1, l2, l3) }
}

/// How a socket's three conductors are connected to the phases of the site.
///
/// "L2L3L1" says: the first conductor of the socket hangs on L2 of the site, the second on L3, the third on L1. A
/// single-phase connection names one phase. A car with one charger always uses the socket's first conductor.
public struct PhaseRotation: Hashable, Sendable, Codable, CustomStringConvertible {
    /// The site phase of each connected conductor, one or three, without repetition.
    public let phases: [Phase]

    /// The usual order.
    public static let straight = PhaseRotation(phases: [.l1, .l2, .l3], description: "L1L2L3")

    /// The text that was read: "L1L2L3".
    public let description: String

    private init(phases: [Phase], description: String) {
        self.phases = phases
        self.description = description
    }

    /// Reads one of the nine names: "L1", "L2", "L3" or an order of all three such as "L2L3L1".
    public init?(_ text: String) {
        guard let match = PhaseRotation.all.first(where: { $0.description == text }) else { return nil }
        self = match
    }

    /// The nine connections in the order of the original's list.
    public static let all: [PhaseRotation] = [
        [.l1], [.l2], [.l3],
        [.l1, .l2, .l3], [.l1, .l3, .l2], [.l2, .l1, .l3], [.l2, .l3, .l1], [.l3, .l1, .l2], [.l3, .l2, .l1],
    ].map { (phases: [Phase]) in
        PhaseRotation(phases: phases, description: phases.map(\.rawValue).joined())
    }

    /// Moves values of the socket's conductors to the phases of the site; phases without a conductor get `empty`.
    public func onSite<Value>(_ conductors: PerPhase<Value>, empty: Value) -> PerPhase<Value> {
        var site = PerPhase(repeating: empty)
        for (conductor, phase) in zip(Phase.allCases, phases) { site[phase] = conductors[conductor] }
        return site
    }

    /// Writes the name.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }

    /// Reads the name.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let rotation = PhaseRotation(try container.decode(String.self)) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "not a phase rotation")
        }
        self = rotation
    }
}
