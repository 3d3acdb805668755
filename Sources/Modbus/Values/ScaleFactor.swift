// SPDX-License-Identifier: Apache-2.0

/// What turns the number in registers into a value in some unit.
///
/// Tenths and the like cannot be written exactly in binary. A power of ten therefore divides instead of multiplying by a
/// rounded factor, so that 3 in steps of 0.1 is 0.3, the double nearest to it, and not 0.30000000000000004.
public enum ScaleFactor: Hashable, Sendable {
    /// Times ten to this power, -22 to 22: the powers of ten that are exact in a double.
    case powerOfTen(Int)
    /// Times any factor.
    case factor(Double)

    /// The powers of ten that ``powerOfTen(_:)`` takes.
    public static let exponents = -22...22

    /// The scale for a factor; one that means a power of ten, such as 0.01, becomes exact.
    public init(_ factor: Double) {
        self = ScaleFactor.exponents.lazy.map(ScaleFactor.powerOfTen).first { $0.factor == factor } ?? .factor(factor)
    }

    /// The factor, rounded where it has no exact form.
    public var factor: Double { applied(to: 1) }

    /// The value of a number.
    public func applied(to number: Double) -> Double {
        switch self {
        case .powerOfTen(let exponent) where exponent < 0: number / ScaleFactor.power(-exponent)
        case .powerOfTen(let exponent): number * ScaleFactor.power(exponent)
        case .factor(let factor): number * factor
        }
    }

    /// The value of what registers hold; whole numbers up to 2^53 lose nothing.
    public func applied(to number: RegisterNumber) -> Double { applied(to: number.double) }

    /// The number for a value; registers hold it once it is rounded.
    public func removed(from value: Double) -> Double {
        switch self {
        case .powerOfTen(let exponent): ScaleFactor.powerOfTen(-exponent).applied(to: value)
        case .factor(let factor): value / factor
        }
    }

    /// Ten to a power; exact up to 22, and what is beyond counts as 22.
    private static func power(_ exponent: Int) -> Double {
        var power = 1.0
        for _ in 0..<min(exponent, exponents.upperBound) { power *= 10 }
        return power
    }
}
