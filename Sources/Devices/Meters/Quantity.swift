// SPDX-License-Identifier: Apache-2.0
public import Quantities

/// Something a meter measures.
public enum Quantity: Hashable, Sendable, CustomStringConvertible {
    /// The current of a phase.
    case current(Phase)
    /// The voltage of a phase against neutral.
    case voltage(Phase)
    /// The active power of a phase; import is positive.
    case power(Phase)
    /// The active power of all phases.
    case totalPower
    /// The frequency of the grid.
    case frequency
    /// The counter of energy drawn from the grid.
    case energyImport
    /// The counter of energy fed into the grid.
    case energyExport

    /// The name in messages: "current L1".
    public var description: String {
        switch self {
        case .current(let phase): "current \(phase)"
        case .voltage(let phase): "voltage \(phase)"
        case .power(let phase): "power \(phase)"
        case .totalPower: "total power"
        case .frequency: "frequency"
        case .energyImport: "imported energy"
        case .energyExport: "exported energy"
        }
    }

    /// The unit of readings: "A".
    public var unit: String {
        switch self {
        case .current: "A"
        case .voltage: "V"
        case .power, .totalPower: "W"
        case .frequency: "Hz"
        case .energyImport, .energyExport: "Wh"
        }
    }

    /// The units a profile may use, each with its factor to ``unit``.
    static let currentUnits = ["A": 1, "mA": 0.001]
    static let voltageUnits = ["V": 1, "mV": 0.001]
    static let powerUnits: [String: Double] = ["W": 1, "kW": 1000]
    static let frequencyUnits = ["Hz": 1, "mHz": 0.001]
    static let energyUnits: [String: Double] = ["Wh": 1, "kWh": 1000, "MWh": 1_000_000]
}
