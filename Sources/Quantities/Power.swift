// SPDX-License-Identifier: Apache-2.0

/// An electric potential in thousandths of a volt.
public struct Volts: Hashable, Comparable, Sendable, Codable {
    /// The potential in thousandths of a volt.
    public let millivolts: Int

    /// Creates a potential from thousandths of a volt.
    public init(millivolts: Int) { self.millivolts = millivolts }

    /// Creates a potential from volts, rounded to the nearest millivolt.
    ///
    /// - Returns: `nil` when the number is not finite or above a million volts.
    public init?(_ volts: Double) {
        guard volts.isFinite, abs(volts) <= 1e6 else { return nil }
        self.init(millivolts: Int((volts * 1000).rounded()))
    }

    /// The potential in volts.
    public var volts: Double { Double(millivolts) / 1000 }

    /// Whether the left potential is the smaller one.
    public static func < (left: Volts, right: Volts) -> Bool { left.millivolts < right.millivolts }
}

/// An active power in thousandths of a watt; import from the grid is positive.
public struct Watts: Hashable, Comparable, Sendable, Codable {
    /// The power in thousandths of a watt.
    public let milliwatts: Int

    /// Creates a power from thousandths of a watt.
    public init(milliwatts: Int) { self.milliwatts = milliwatts }

    /// Creates a power from watts, rounded to the nearest milliwatt.
    ///
    /// - Returns: `nil` when the number is not finite or its magnitude is above 10^12 W.
    public init?(_ watts: Double) {
        guard watts.isFinite, abs(watts) <= 1e12 else { return nil }
        self.init(milliwatts: Int((watts * 1000).rounded()))
    }

    /// The power in watts.
    public var watts: Double { Double(milliwatts) / 1000 }

    /// Whether the left power is the smaller one.
    public static func < (left: Watts, right: Watts) -> Bool { left.milliwatts < right.milliwatts }
}

/// An amount of energy in thousandths of a watt-hour.
public struct WattHours: Hashable, Comparable, Sendable, Codable {
    /// The energy in thousandths of a watt-hour.
    public let milliwattHours: Int

    /// Creates an energy from thousandths of a watt-hour.
    public init(milliwattHours: Int) { self.milliwattHours = milliwattHours }

    /// Creates an energy from watt-hours, rounded to the nearest thousandth.
    ///
    /// - Returns: `nil` when the number is not finite or its magnitude is above 10^14 Wh.
    public init?(_ wattHours: Double) {
        guard wattHours.isFinite, abs(wattHours) <= 1e14 else { return nil }
        self.init(milliwattHours: Int((wattHours * 1000).rounded()))
    }

    /// The energy in watt-hours.
    public var wattHours: Double { Double(milliwattHours) / 1000 }

    /// Whether the left energy is the smaller one.
    public static func < (left: WattHours, right: WattHours) -> Bool { left.milliwattHours < right.milliwattHours }
}
