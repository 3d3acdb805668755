// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Emulation
import Quantities
import Simulation

/// The command `headroom station simulate`.
struct StationSimulateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "simulate",
        abstract: "Play a charging station with cars: a real Modbus TCP server.",
        discussion: """
            Prints the port it listens on; changes of its sockets go to standard error. Reads orders from standard \
            input, one a line: plug 1 3x16, unplug 1, reboot, fault NAME, fault none.

              headroom station simulate --car 3x16 --car none
              headroom station simulate --port 0 --sockets 1 --car 1x32 --json
              headroom station simulate --validity 30 --safe 8 --fault ignores-setpoints
            """
    )

    /// The profiles whose stations can be played.
    private static let simulated = ["alfen-ng9xx"]

    @Option(help: "The profile of the station to play.")
    var profile = "alfen-ng9xx"

    @Option(help: "The TCP port; 0 picks a free one.")
    var port = 1503

    @Option(help: "How many sockets: 1 or 2.")
    var sockets = 2

    @Option(help: "A car at a socket: 3x16 for three phases and 16 A, or none; repeat it for the next socket.")
    var car: [CarKind] = []

    @Option(help: "How long a setpoint is valid, in seconds.")
    var validity = 60

    @Option(help: "What each socket falls back to, in amperes.")
    var safe = 6.0

    @Option(help: "The most a socket, and all sockets together, offer per phase, in amperes.")
    var maxCurrent = 32.0

    @Option(help: ArgumentHelp("What is wrong with it; may be repeated.", discussion: StationFaultName.explanation))
    var fault: [StationFaultName] = []

    @OptionGroup var listen: ListenOptions

    func validate() throws {
        guard StationSimulateCommand.simulated.contains(profile) else {
            let known = StationSimulateCommand.simulated.joined(separator: ", ")
            throw ValidationError("\(profile) is not simulated yet; simulated are: \(known)")
        }
        try checkServerPort(port)
        guard (1...2).contains(sockets) else { throw ValidationError("--sockets is 1 or 2, not \(sockets)") }
        guard car.count <= sockets else { throw ValidationError("\(car.count) cars do not fit \(sockets) sockets") }
        guard (1...86_400).contains(validity) else {
            throw ValidationError("--validity is 1 to 86400 seconds, not \(validity)")
        }
        guard (0...80).contains(safe) else { throw ValidationError("--safe is 0 to 80 A, not \(safe)") }
        guard (6...80).contains(maxCurrent) else {
            throw ValidationError("--max-current is 6 to 80 A, not \(maxCurrent)")
        }
    }

    func run() async throws {
        let timekeeper = Timekeeper(ContinuousClock())
        let station = makeStation(timekeeper)
        let simulation = StationSimulation(station, sockets: sockets, timekeeper: timekeeper)
        let units = (1...sockets).map(String.init).joined(separator: " and ")
        try await listen.serve(
            station.serverConfiguration(port: port),
            station,
            profile: profile,
            name: "an Alfen station in software, unit 200 and socket \(units),"
        ) {
            async let orders: Void = StandardInput.eachLine { Console.talk(simulation.obey($0)) }
            await simulation.live(Console.talk)
            await orders
        }
    }

    private func makeStation(_ timekeeper: Timekeeper) -> VirtualAlfen {
        var settings = VirtualSocket.Settings()
        settings.maximumCurrent = Amperes(roundingDown: maxCurrent) ?? settings.maximumCurrent
        settings.safeCurrent = Amperes(roundingDown: safe) ?? settings.safeCurrent
        settings.validity = .seconds(validity)
        let station = VirtualAlfen(
            sockets: Array(repeating: settings, count: sockets),
            maximumCurrent: settings.maximumCurrent,
            timekeeper: timekeeper
        )
        var faults = StationFaults()
        for name in fault { name.add(to: &faults) }
        station.faults = faults
        for (index, kind) in car.enumerated() {
            if let car = kind.car { station.plugIn(car, socket: index) }
        }
        return station
    }
}
