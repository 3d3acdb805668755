// SPDX-License-Identifier: Apache-2.0
public import Quantities

/// One consistent set of values of a meter, checked, with the instant they were measured.
public struct MeterReading: Hashable, Sendable {
    /// When the values were measured: the middle between the request and its answer.
    public let sampledAt: Instant
    /// The current of each phase; import is positive.
    public let currents: PerPhase<Amperes>
    /// The voltage of each phase against neutral.
    public let voltages: PerPhase<Volts>?
    /// The active power of each phase; import is positive.
    public let powers: PerPhase<Watts>?
    /// The active power of all phases; import is positive.
    public let totalPower: Watts?
    /// The frequency in hertz; up to ten seconds older than the currents.
    public let frequency: Double?
    /// The counter of imported energy; up to ten seconds older than the currents.
    public let energyImport: WattHours?
    /// The counter of exported energy; up to ten seconds older than the currents.
    public let energyExport: WattHours?

    /// Creates a reading.
    public init(
        sampledAt: Instant,
        currents: PerPhase<Amperes>,
        voltages: PerPhase<Volts>? = nil,
        powers: PerPhase<Watts>? = nil,
        totalPower: Watts? = nil,
        frequency: Double? = nil,
        energyImport: WattHours? = nil,
        energyExport: WattHours? = nil
    ) {
        self.sampledAt = sampledAt
        self.currents = currents
        self.voltages = voltages
        self.powers = powers
        self.totalPower = totalPower
        self.frequency = frequency
        self.energyImport = energyImport
        self.energyExport = energyExport
    }
}
