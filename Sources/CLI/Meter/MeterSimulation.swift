// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Emulation
import Quantities
import Simulation
import Synchronization

/// A virtual Countis E27, and what flows through it: what somebody said last, or a recorded household.
final class MeterSimulation: Sendable {
    private struct Flow {
        var load: LoadTrace
        var voltages: PerPhase<Volts>
    }

    /// Values move as often as those of the device.
    private static let period = Duration.seconds(1)
    /// Thousandths of a volt to add in turn, too few to show in tenths.
    ///
    /// A grid is never quite still: without them a constant load would look like a meter that stands still.
    private static let ripple = [0, 10, 30, 20, 40]

    let meter: VirtualCountis
    private let timekeeper: Timekeeper
    private let flow: Mutex<Flow>

    init(settings: CountisSettings, load: LoadTrace, voltages: PerPhase<Volts>, timekeeper: Timekeeper) {
        meter = VirtualCountis(settings: settings, countedImport: WattHours(milliwattHours: 1_234_560_000))
        self.timekeeper = timekeeper
        flow = Mutex(Flow(load: load, voltages: voltages))
        measure(ripple: 0)
    }

    /// Lives until the task is cancelled.
    func live() async {
        var second = 0
        while !Task.isCancelled {
            // Throws only when the task is cancelled, which the loop sees.
            try? await timekeeper.sleep(for: MeterSimulation.period)
            second += 1
            measure(ripple: MeterSimulation.ripple[second % MeterSimulation.ripple.count])
        }
    }

    /// Carries out a line of standard input.
    ///
    /// - Returns: What is true now, or what was not understood.
    func obey(_ line: String) -> String {
        let words = line.split(separator: " ").map(String.init)
        if words.count == 2, words[0] == "fault" { return setFault(words[1]) }
        if words == ["reboot"] {
            meter.reboot(zerosFor: .seconds(5))
            return "restarted; values are zero for 5 s"
        }
        guard let currents = PhaseValues(argument: line)?.currents else {
            return "not understood: \(line.prefix(60)); write three currents such as 6 7.5 -3, fault NAME, fault none, "
                + "reboot"
        }
        flow.withLock { $0.load = LoadTrace(constant: currents) }
        measure(ripple: 0)
        return "now \(currents.values.map(\.decimal).joined(separator: " / ")) A"
    }

    private func setFault(_ name: String) -> String {
        guard name != "none" else {
            meter.faults = MeterFaults()
            return "no fault"
        }
        guard let fault = MeterFaultName(rawValue: name) else {
            let names = MeterFaultName.allValueStrings.joined(separator: ", ")
            return "no fault is called \(name.prefix(60)); there are \(names)"
        }
        var faults = meter.faults
        fault.add(to: &faults)
        meter.faults = faults
        return "fault \(name)"
    }

    private func measure(ripple: Int) {
        let now = timekeeper.now
        let flow = flow.withLock { $0 }
        let voltages = flow.voltages.map { Volts(millivolts: $0.millivolts == 0 ? 0 : $0.millivolts + ripple) }
        meter.measure(Supply(currents: flow.load.load(at: now), voltages: voltages), at: now)
    }
}
