// SPDX-License-Identifier: Apache-2.0

/// What a controller did with a scenario, in numbers.
///
/// Encodes to one object with the keys of the format `loadbalance-scenario/1`; what is not known is null.
public struct Figures: Sendable, Equatable {
    /// How often protective devices tripped.
    public var trips = 0
    /// The time above the limits.
    public var over = OverloadTimes()
    /// The same, without circuits and phases whose other load alone was above the limit.
    public var overAvoidable = OverloadTimes()
    /// Amperes above the limits times seconds, over all circuits and phases.
    public var ampereSecondsOver = 0.0
    /// How far a device was on the way from its rated heat to a trip, at most; 1 is a trip.
    public var heatFraction = 0.0
    /// The energy delivered, in kWh.
    public var delivered = 0.0
    /// The energy requested.
    public var requested = 0.0
    /// What was requested and not delivered.
    public var unmet = 0.0
    /// The most that could have been delivered with full knowledge; `nil` when nobody has worked it out.
    public var bound: Double?
    /// Jain's index of satisfaction: 1 when all cars got the same share of what they could have; `nil` without cars.
    public var jain: Double?
    /// The smallest satisfaction.
    public var leastSatisfaction: Double?
    /// Changes of setpoints of at least 0.05 A, per hour of wanting.
    public var changesPerHour = 0.0
    /// The sum of these changes in amperes, per hour of wanting.
    public var travelPerHour = 0.0
    /// Pauses of cars that want energy, per hour of wanting.
    public var pausesPerHour = 0.0
    /// For each event how long charging needed to return; `nil` when it did not.
    public var restoreTimes: [Double?] = []
    /// The energy of each visit.
    public var sessions: [Double] = []
    /// Seconds of computing that the controller needed for an hour; `nil` when nobody looked.
    public var controllerSecondsPerHour: Double?
    /// Seconds of computing in all for an hour.
    public var totalSecondsPerHour: Double?

    /// Creates figures of nothing.
    public init() {}

    /// What was delivered of what could have been; `nil` without ``bound``.
    public var utilisation: Double? { bound.flatMap { $0 > 0 ? delivered / $0 : nil } }

    /// Jain's index of fairness; `nil` without values, 1 when all are zero.
    public static func jain(_ values: [Double]) -> Double? {
        guard !values.isEmpty else { return nil }
        let sum = values.reduce(0, +)
        let squares = values.reduce(0) { $0 + $1 * $1 }
        return squares > 0 ? sum * sum / (Double(values.count) * squares) : 1
    }
}

extension Figures: Encodable {
    private enum Key: String, CodingKey {
        case trips
        case over = "over_s"
        case overAvoidable = "over_avoidable_s"
        case worst = "over_max_pct"
        case worstAvoidable = "over_max_avoidable_pct"
        case ampereSecondsOver = "ampere_seconds_over"
        case heatFraction = "i2t_fraction"
        case delivered = "delivered_kwh"
        case requested = "requested_kwh"
        case unmet = "unmet_kwh"
        case bound = "bound_kwh"
        case utilisation
        case unmetExcess = "unmet_excess_kwh"
        case jain
        case leastSatisfaction = "min_satisfaction"
        case changes = "setpoint_changes_per_socket_hour"
        case travel = "travel_a_per_socket_hour"
        case pauses = "pauses_per_socket_hour"
        case restoreTimes = "restore_s"
        case controllerSeconds = "controller_s_per_sim_hour"
        case totalSeconds = "total_s_per_sim_hour"
        case sessions = "session_kwh"
    }

    /// Writes every key, null where a number is not known.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(trips, forKey: .trips)
        try container.encode(over, forKey: .over)
        try container.encode(overAvoidable, forKey: .overAvoidable)
        try container.encode(over.worst, forKey: .worst)
        try container.encode(overAvoidable.worst, forKey: .worstAvoidable)
        try container.encode(ampereSecondsOver, forKey: .ampereSecondsOver)
        try container.encode(heatFraction, forKey: .heatFraction)
        try container.encode(delivered, forKey: .delivered)
        try container.encode(requested, forKey: .requested)
        try container.encode(unmet, forKey: .unmet)
        try container.encode(bound, forKey: .bound)
        try container.encode(utilisation, forKey: .utilisation)
        try container.encode(bound.map { $0 - delivered }, forKey: .unmetExcess)
        try container.encode(jain, forKey: .jain)
        try container.encode(leastSatisfaction, forKey: .leastSatisfaction)
        try container.encode(changesPerHour, forKey: .changes)
        try container.encode(travelPerHour, forKey: .travel)
        try container.encode(pausesPerHour, forKey: .pauses)
        try container.encode(restoreTimes, forKey: .restoreTimes)
        try container.encode(controllerSecondsPerHour, forKey: .controllerSeconds)
        try container.encode(totalSecondsPerHour, forKey: .totalSeconds)
        try container.encode(sessions, forKey: .sessions)
    }
}

extension OverloadTimes: Encodable {
    private struct Name: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }
        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { return nil }
    }

    /// Writes the seconds by the names of the classes.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Name.self)
        for (name, seconds) in zip(OverloadTimes.names, seconds) {
            try container.encode(seconds, forKey: Name(stringValue: name))
        }
    }
}
