// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Quantities

/// Three numbers for the phases as written on a command line: "6,7.5,-3", "6 7.5 -3", or one for all phases.
struct PhaseValues: ExpressibleByArgument {
    let values: PerPhase<Double>

    init?(argument: String) {
        let words = argument.split { $0 == "," || $0.isWhitespace }
        let numbers = words.compactMap { Double(decimal: $0) }
        guard numbers.count == words.count else { return nil }
        switch numbers.count {
        case 1: values = PerPhase(repeating: numbers[0])
        case 3: values = PerPhase(numbers[0], numbers[1], numbers[2])
        default: return nil
        }
    }

    /// The numbers as currents; `nil` when one is beyond a thousand amperes, which no meter of this kind measures.
    var currents: PerPhase<Amperes>? {
        let currents = values.values.compactMap { abs($0) <= 1000 ? Amperes(roundingUp: $0) : nil }
        return currents.count == 3 ? PerPhase(currents[0], currents[1], currents[2]) : nil
    }

    /// The numbers as voltages; `nil` when one is below 0 or above 600 V.
    var voltages: PerPhase<Volts>? {
        let voltages = values.values.compactMap { (0...600).contains($0) ? Volts($0) : nil }
        return voltages.count == 3 ? PerPhase(voltages[0], voltages[1], voltages[2]) : nil
    }
}
