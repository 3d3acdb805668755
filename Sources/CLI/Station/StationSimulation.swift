// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Emulation
import Quantities
import Simulation

/// A virtual Alfen station whose cars come and go by order.
struct StationSimulation: Sendable {
    /// How often changes are looked for.
    private static let period = Duration.milliseconds(500)

    let station: VirtualAlfen
    private let sockets: Int
    private let timekeeper: Timekeeper

    init(_ station: VirtualAlfen, sockets: Int, timekeeper: Timekeeper) {
        self.station = station
        self.sockets = sockets
        self.timekeeper = timekeeper
    }

    /// Lives until the task is cancelled, and tells what changes.
    func live(_ tell: (String) -> Void) async {
        var told: [String] = Array(repeating: "", count: sockets)
        while !Task.isCancelled {
            station.advance(to: timekeeper.now)
            let state = station.station
            for index in 0..<sockets {
                let status = state.status(ofSocket: index)
                let line =
                    "socket \(index + 1): \(status.state), offers \(status.applied)"
                    + (status.isAccountedFor ? ", setpoint \(status.setpoint)" : ", no setpoint")
                guard line != told[index] else { continue }
                told[index] = line
                tell(line)
            }
            // Throws only when the task is cancelled, which the loop sees.
            try? await timekeeper.sleep(for: StationSimulation.period)
        }
    }

    /// Carries out a line of standard input.
    ///
    /// - Returns: What was done, or what was not understood.
    func obey(_ line: String) -> String {
        let words = line.split(separator: " ").map(String.init)
        switch (words.first, words.count) {
        case ("plug", 3): return plug(words[1], words[2])
        case ("unplug", 2):
            guard let socket = socket(words[1]) else { return noSocket(words[1]) }
            return station.unplug(socket: socket) == nil ? "socket \(words[1]) is free already" : "unplugged"
        case ("reboot", 1):
            station.reboot()
            return "restarting; no answers for 20 s"
        case ("fault", 2): return setFault(words[1])
        default:
            return "not understood: \(line.prefix(60)); write plug 1 3x16, unplug 1, reboot, fault NAME, fault none"
        }
    }

    private func plug(_ number: String, _ kind: String) -> String {
        guard let socket = socket(number) else { return noSocket(number) }
        guard let car = CarKind(argument: kind)?.car else {
            return "no car is called \(kind.prefix(60)); write 3x16 for three phases and 16 A"
        }
        station.plugIn(car, socket: socket)
        return "plugged in \(kind)"
    }

    private func setFault(_ name: String) -> String {
        guard name != "none" else {
            station.faults = StationFaults()
            return "no fault"
        }
        guard let fault = StationFaultName(rawValue: name) else {
            let names = StationFaultName.allValueStrings.joined(separator: ", ")
            return "no fault is called \(name.prefix(60)); there are \(names)"
        }
        var faults = station.faults
        fault.add(to: &faults)
        station.faults = faults
        return "fault \(name)"
    }

    private func socket(_ number: String) -> Int? {
        guard let number = Int(number), (1...sockets).contains(number) else { return nil }
        return number - 1
    }

    private func noSocket(_ number: String) -> String {
        "there is no socket \(number.prefix(60)); sockets are 1 to \(sockets)"
    }
}
