// SPDX-License-Identifier: Apache-2.0
public import Quantities

/// Decides whether a reading may be believed: ranges, contradictions, movement.
///
/// A value: give it every reading in order.
public struct ReadingChecks: Sendable {
    /// What a believable reading looks like on one site.
    public struct Configuration: Sendable, Hashable {
        /// The phases that the site has.
        public var phases: Set<Phase> = Set(Phase.allCases)
        /// The voltage of a phase that is present, 230 V sites: 180 V to 270 V (hazard M04).
        public var voltages = Volts(millivolts: 180_000)...Volts(millivolts: 270_000)
        /// Below it a phase counts as missing; cars on another phase can induce 40 V to 130 V on a lost one, so the
        /// range above rejects what this leaves (hazard M08).
        public var missingVoltage = Volts(millivolts: 100_000)
        /// The frequency in hertz (hazard M04).
        public var frequencies = 45.0...65.0
        /// The largest current the meter measures rightly.
        public var rating: Amperes?
        /// The smallest step of the meter's power values.
        public var powerResolution = Watts(milliwatts: 0)
        /// How long values may stand still while current flows (hazard M02).
        public var frozenAfter = Duration.seconds(60)
        /// The current above which something should move: measured household load is never that constant.
        public var movingCurrent = Amperes(2)

        /// The usual configuration of a three-phase 230 V site.
        public init() {}
    }

    /// The greatest current of a meter without rating: the largest transformers in use are 6000 A.
    static let largestCurrent = Amperes(6000)
    /// How far above its rating a meter may still be believed (hazard M04).
    static let rangeFactor = 1.5
    /// The share of the rating from which a warning is due (hazard M21).
    static let ratingShare = 0.95
    /// Power can exceed voltage times current only by errors of measurement.
    static let powerFactor = 1.3
    /// Meters round power, current and voltage differently; below this difference that is the explanation.
    static let smallPower = 25.0

    /// What is believable on this site.
    public let configuration: Configuration
    private var still: Stillness?
    private var energies: [WattHours?] = [nil, nil]

    /// The values that stand still, and since when.
    private struct Stillness {
        let since: Instant
        let currents: PerPhase<Amperes>
        let voltages: PerPhase<Volts>?
        let energies: [WattHours?]

        init(_ reading: MeterReading) {
            since = reading.sampledAt
            currents = reading.currents
            voltages = reading.voltages
            energies = [reading.energyImport, reading.energyExport]
        }

        func isSame(as other: Stillness) -> Bool {
            currents == other.currents && voltages == other.voltages && energies == other.energies
        }
    }

    /// Creates checks that have seen nothing yet.
    public init(_ configuration: Configuration = Configuration()) { self.configuration = configuration }

    /// Checks one reading.
    ///
    /// - Returns: What somebody should know although the reading is good.
    /// - Throws: ``ReadingFault`` when it must not be used.
    public mutating func check(_ reading: MeterReading) throws(ReadingFault) -> [ReadingWarning] {
        // Movement is watched first, so that a frozen meter with absurd values is not forgotten between two of them.
        let duration = observe(reading)
        try checkMeasuring(reading)
        try checkCounters(reading)
        try checkVoltages(reading)
        try checkFrequency(reading)
        try checkCurrents(reading)
        try checkPowers(reading)
        try checkSum(reading)
        if let still, duration >= configuration.frozenAfter {
            throw .frozen(since: still.since, for: duration)
        }
        return warnings(reading)
    }

    /// Forgets what was seen, after a change of device or configuration.
    public mutating func reset() {
        still = nil
        energies = [nil, nil]
    }

    /// How long the values stand still while current flows.
    private mutating func observe(_ reading: MeterReading) -> Duration {
        let now = Stillness(reading)
        let flows = reading.currents.values.contains {
            $0 > configuration.movingCurrent || -$0 > configuration.movingCurrent
        }
        guard flows, let still, still.isSame(as: now) else {
            still = now
            return .zero
        }
        return still.since.duration(to: reading.sampledAt)
    }

    private func checkMeasuring(_ reading: MeterReading) throws(ReadingFault) {
        guard let voltages = reading.voltages else { return }
        if reading.currents == .zero, voltages.values.allSatisfy({ abs($0.volts) < 1 }) { throw .notMeasuring }
    }

    /// A counter that goes back tells of a restart or an exchange; one reading is lost, the next starts from there (M10).
    private mutating func checkCounters(_ reading: MeterReading) throws(ReadingFault) {
        let before = energies
        energies = zip([reading.energyImport, reading.energyExport], before).map { $0 ?? $1 }
        for (old, new) in zip(before, energies) {
            guard let old, let new, new < old else { continue }
            throw .inconsistent(
                "an energy counter went back from \(text(old.wattHours, "Wh")) to \(text(new.wattHours, "Wh"))"
            )
        }
    }

    private func checkVoltages(_ reading: MeterReading) throws(ReadingFault) {
        guard let voltages = reading.voltages else { return }
        for phase in Phase.allCases where configuration.phases.contains(phase) {
            let voltage = voltages[phase]
            guard voltage.millivolts >= 0 else { throw .outOfRange(.voltage(phase), value: text(voltage.volts, "V")) }
            if voltage < configuration.missingVoltage { throw .phaseMissing(phase) }
            guard configuration.voltages.contains(voltage) else {
                throw .outOfRange(.voltage(phase), value: text(voltage.volts, "V"))
            }
        }
    }

    private func checkFrequency(_ reading: MeterReading) throws(ReadingFault) {
        guard let frequency = reading.frequency, !configuration.frequencies.contains(frequency) else { return }
        throw .outOfRange(.frequency, value: text(frequency, "Hz"))
    }

    private func checkCurrents(_ reading: MeterReading) throws(ReadingFault) {
        let limit =
            configuration.rating.map { $0.amperes * ReadingChecks.rangeFactor }
            ?? ReadingChecks.largestCurrent.amperes
        for phase in Phase.allCases where abs(reading.currents[phase].amperes) > limit {
            throw .outOfRange(.current(phase), value: "\(reading.currents[phase])")
        }
    }

    private func checkPowers(_ reading: MeterReading) throws(ReadingFault) {
        guard let powers = reading.powers, let voltages = reading.voltages else { return }
        for phase in Phase.allCases {
            let apparent = abs(reading.currents[phase].amperes) * abs(voltages[phase].volts)
            let permitted =
                ReadingChecks.powerFactor * apparent + configuration.powerResolution.watts
                + ReadingChecks.smallPower
            guard abs(powers[phase].watts) <= permitted else {
                let power = text(powers[phase].watts, "W")
                throw .inconsistent(
                    "power \(phase) is \(power), but \(text(voltages[phase].volts, "V")) and \(reading.currents[phase]) "
                        + "give at most \(text(apparent, "VA"))"
                )
            }
        }
    }

    private func checkSum(_ reading: MeterReading) throws(ReadingFault) {
        guard let powers = reading.powers, let total = reading.totalPower else { return }
        let sum = powers.values.reduce(0) { $0 + $1.watts }
        let size = powers.values.reduce(0) { $0 + abs($1.watts) }
        let permitted = 0.05 * size + 4 * configuration.powerResolution.watts + 2 * ReadingChecks.smallPower
        guard abs(sum - total.watts) <= permitted else {
            throw .inconsistent("the phases add up to \(text(sum, "W")), the total reads \(text(total.watts, "W"))")
        }
    }

    private func warnings(_ reading: MeterReading) -> [ReadingWarning] {
        guard let rating = configuration.rating else { return [] }
        return Phase.allCases.compactMap { phase in
            let current = reading.currents[phase]
            guard abs(current.amperes) >= rating.amperes * ReadingChecks.ratingShare else { return nil }
            return .nearRating(phase, current, rating: rating)
        }
    }

    private func text(_ value: Double, _ unit: String) -> String {
        let tenths = (value * 10).rounded() / 10
        return "\(tenths) \(unit)"
    }
}
