// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Quantities
import Simulation

/// What can be wrong with a simulated station, by name.
enum StationFaultName: String, ExpressibleByArgument, CaseIterable {
    case silent
    case slow
    case refusesWrites = "refuses-writes"
    case ignoresSetpoints = "ignores-setpoints"
    case lies
    case ignoresSafeCurrent = "ignores-safe-current"
    case otherWriter = "other-writer"

    /// Longer than a client that watches closely waits for its setpoint to count.
    private static let slowness = Duration.seconds(10)

    /// The names with what they mean, for help texts.
    static let explanation = """
        silent: never answers. slow: a setpoint counts 10 s after it was written. refuses-writes: exception 1. \
        ignores-setpoints: takes them and stays at its safe current. lies: shows every setpoint as applied. \
        ignores-safe-current: goes to its maximum when a setpoint lapses. other-writer: somebody else writes 16 A to \
        socket 1 every 5 s.
        """

    /// Adds the fault to a station's.
    func add(to faults: inout StationFaults) {
        switch self {
        case .silent: faults.isAway = true
        case .slow: faults.applyDelay = StationFaultName.slowness
        case .refusesWrites: faults.refusesWrites = true
        case .ignoresSetpoints: faults.ignoresSetpoints = true
        case .lies: faults.liesAboutApplied = true
        case .ignoresSafeCurrent: faults.ignoresSafeCurrent = true
        case .otherWriter:
            faults.otherWriter = StationFaults.OtherWriter(socket: 0, setpoint: Amperes(16), period: .seconds(5))
        }
    }
}
