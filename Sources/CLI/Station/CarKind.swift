// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Quantities
import Simulation

/// A car as written on a command line: "3x16" uses three conductors and up to 16 A, "none" is no car.
struct CarKind: ExpressibleByArgument {
    /// The settings of the car; `nil` when there is none.
    let settings: Car.Settings?

    init?(argument: String) {
        if argument == "none" {
            settings = nil
            return
        }
        let parts = argument.lowercased().split(separator: "x", omittingEmptySubsequences: false)
        guard parts.count == 2, let conductors = Int(parts[0]), (1...3).contains(conductors),
            let number = Double(decimal: parts[1]), (1...80).contains(number),
            let maximum = Amperes(roundingDown: number)
        else { return nil }
        var settings = Car.Settings()
        settings.conductors = conductors
        settings.maximumCurrent = maximum
        self.settings = settings
    }

    /// A car of this kind that has just arrived.
    var car: Car? { settings.map { Car($0) } }
}
