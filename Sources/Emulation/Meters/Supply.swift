// SPDX-License-Identifier: Apache-2.0
public import Quantities

/// What flows through a meter.
public struct Supply: Hashable, Sendable {
    /// Per phase; import is positive.
    public var currents: PerPhase<Amperes>
    /// Each phase against neutral.
    public var voltages: PerPhase<Volts>
    /// The power factor of every phase in thousandths, 0 to 1000; lagging.
    public var powerFactorPermille: Int
    /// The frequency in thousandths of a hertz.
    public var millihertz: Int

    /// Creates a supply; without further arguments of 3 × 230 V, 50 Hz and power factor 1.
    public init(
        currents: PerPhase<Amperes>,
        voltages: PerPhase<Volts> = PerPhase(repeating: Volts(millivolts: 230_000)),
        powerFactorPermille: Int = 1000,
        millihertz: Int = 50_000
    ) {
        self.currents = currents
        self.voltages = voltages
        self.powerFactorPermille = min(max(powerFactorPermille, 0), 1000)
        self.millihertz = millihertz
    }
}

// What follows from it, in amperes, volts, watts, volt-amperes; only inside register maps.
extension Supply {
    var factor: Double { Double(powerFactorPermille) / 1000 }

    /// Active power, negative where exporting.
    var activePowers: [Double] { apparentPowers.indices.map { signs[$0] * apparentPowers[$0] * factor } }

    var reactivePowers: [Double] { apparentPowers.map { $0 * (1 - factor * factor).squareRoot() } }

    var apparentPowers: [Double] {
        zip(voltages.values, currents.values).map { $0.volts * abs($1.amperes) }
    }

    /// The factor of the sums, 1 when nothing flows.
    var totalPowerFactor: Double {
        let apparent = apparentPowers.reduce(0, +)
        return apparent > 0 ? abs(activePowers.reduce(0, +)) / apparent : 1
    }

    /// U12, U23, U31 of phases that are 120° apart: the law of cosines.
    var lineVoltages: [Double] {
        let phase = voltages.map(\.volts)
        return [
            Supply.lineVoltage(phase.l1, phase.l2), Supply.lineVoltage(phase.l2, phase.l3),
            Supply.lineVoltage(phase.l3, phase.l1),
        ]
    }

    /// The magnitude of the sum of three currents that are 120° apart.
    var neutralCurrent: Double {
        let value = currents.map(\.amperes)
        let differences = [value.l1 - value.l2, value.l2 - value.l3, value.l3 - value.l1]
        let squares = differences.map { $0 * $0 }
        return (squares.reduce(0, +) / 2).squareRoot()
    }

    private static func lineVoltage(_ one: Double, _ other: Double) -> Double {
        let squares = one * one + other * other
        return (squares + one * other).squareRoot()
    }

    private var signs: [Double] { currents.values.map { $0 < .zero ? -1 : 1 } }
}
