// SPDX-License-Identifier: Apache-2.0

/// An electric current in thousandths of an ampere.
///
/// Import from the grid and charging are positive; a conductor's current is negative while it exports. Sums and
/// comparisons are exact. Arithmetic saturates at ``limit`` instead of trapping, so that an absurd input can never stop
/// control (hazard C12).
public struct Amperes: Hashable, Comparable, Sendable, AdditiveArithmetic {
    /// The current in thousandths of an ampere, within ±``limit``.
    public let milliamperes: Int

    /// The largest magnitude in mA: a million amperes, far above any installation and far from overflow.
    public static let limit = 1_000_000_000

    /// No current.
    public static let zero = Amperes(milliamperes: 0)

    /// Creates a current from thousandths of an ampere, saturated to ±``limit``.
    public init(milliamperes: Int) {
        self.milliamperes = min(max(milliamperes, -Amperes.limit), Amperes.limit)
    }

    /// Creates a current from whole amperes.
    public init(_ amperes: Int) {
        self.init(milliamperes: min(max(amperes, -1_000_000), 1_000_000) * 1000)
    }

    /// Creates the closest current that is not above a number of amperes; for setpoints and limits.
    ///
    /// - Returns: `nil` when the number is not finite or its magnitude is above ``limit``.
    public init?(roundingDown amperes: Double) {
        self.init(amperes, rounding: .down)
    }

    /// Creates the closest current that is not below a number of amperes; for measured load.
    ///
    /// - Returns: `nil` when the number is not finite or its magnitude is above ``limit``.
    public init?(roundingUp amperes: Double) {
        self.init(amperes, rounding: .up)
    }

    private init?(_ amperes: Double, rounding rule: FloatingPointRoundingRule) {
        guard amperes.isFinite, abs(amperes) <= Double(Amperes.limit) / 1000 else { return nil }
        let thousandths = amperes * 1000
        // A decimal such as 0.29 is not exact in binary; within a millionth of an integer it means that integer.
        let nearest = thousandths.rounded()
        self.init(milliamperes: Int(abs(thousandths - nearest) < 1e-6 ? nearest : thousandths.rounded(rule)))
    }

    /// The current as a floating-point number of amperes, for codecs and display.
    public var amperes: Double { Double(milliamperes) / 1000 }

    /// The larger of this current and zero.
    public var clampedToZero: Amperes { max(self, .zero) }

    /// The greatest multiple of a step that is not above this current; the current itself when the step is zero or less.
    public func roundedDown(toMultipleOf step: Amperes) -> Amperes {
        guard step.milliamperes > 0 else { return self }
        let remainder = milliamperes % step.milliamperes
        return Amperes(milliamperes: milliamperes - (remainder < 0 ? remainder + step.milliamperes : remainder))
    }

    /// Whether the left current is the smaller one.
    public static func < (left: Amperes, right: Amperes) -> Bool { left.milliamperes < right.milliamperes }

    /// The sum, saturated.
    public static func + (left: Amperes, right: Amperes) -> Amperes {
        Amperes(milliamperes: left.milliamperes + right.milliamperes)
    }

    /// The difference, saturated.
    public static func - (left: Amperes, right: Amperes) -> Amperes {
        Amperes(milliamperes: left.milliamperes - right.milliamperes)
    }

    /// The current of the opposite direction.
    public static prefix func - (value: Amperes) -> Amperes { Amperes(milliamperes: -value.milliamperes) }

    /// A whole multiple, saturated.
    public static func * (left: Amperes, right: Int) -> Amperes {
        let (product, overflow) = left.milliamperes.multipliedReportingOverflow(by: right)
        guard overflow else { return Amperes(milliamperes: product) }
        return Amperes(milliamperes: (left.milliamperes < 0) == (right < 0) ? limit : -limit)
    }
}

extension Amperes: CustomStringConvertible {
    /// The current in amperes with one decimal, or as many as it has: "12.0 A", "0.05 A".
    public var description: String { decimal + " A" }

    /// The number without its unit: "12.0", "-0.05".
    public var decimal: String { Decimal.thousandths(milliamperes) }
}

extension Amperes: Codable {
    /// Reads a number of amperes.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let value = Amperes(roundingDown: try container.decode(Double.self)) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "not a current")
        }
        self = value
    }

    /// Writes a number of amperes.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(amperes)
    }
}

/// Decimal text of fixed-point numbers, without Foundation.
enum Decimal {
    /// Writes thousandths with at least one and at most three decimals.
    static func thousandths(_ value: Int) -> String {
        let magnitude = value.magnitude
        var fraction = String(magnitude % 1000)
        fraction = String(repeating: "0", count: 3 - fraction.count) + fraction
        while fraction.count > 1, fraction.last == "0" { fraction.removeLast() }
        return (value < 0 ? "-" : "") + String(magnitude / 1000) + "." + fraction
    }
}
