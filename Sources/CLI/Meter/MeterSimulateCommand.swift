// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Emulation
import Quantities
import Simulation

/// The command `headroom meter simulate`.
struct MeterSimulateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "simulate",
        abstract: "Play a meter: a real Modbus TCP server with values of your choice.",
        discussion: """
            Prints the port it listens on. Reads orders from standard input, one a line: three currents (6 7.5 -3; \
            negative is export), fault NAME, fault none, reboot.

              headroom meter simulate --profile socomec-countis-e27 --currents 6,7.5,-3
              headroom meter simulate --profile socomec-countis-e27 --trace household
              headroom meter simulate --profile socomec-countis-e27 --port 0 --json
            """
    )

    /// Where the currents can come from.
    enum Trace: String, ExpressibleByArgument, CaseIterable {
        case household
    }

    /// The profiles whose meters can be played.
    private static let simulated = ["socomec-countis-e27"]
    /// Half past five in the evening: people come home and cook.
    private static let traceStart = Duration.seconds(17 * 3600 + 30 * 60)

    @Option(help: "The profile of the meter to play.")
    var profile: String

    @Option(help: "The TCP port; 0 picks a free one.")
    var port = 1502

    @Option(help: "The unit identifier it answers to; all others get no answer.")
    var unit: UInt8 = 5

    @Option(
        parsing: .unconditional,
        help: "The current of each phase in amperes; negative is export. (default: 2,1.5,1)"
    )
    var currents: PhaseValues?

    @Option(help: "The voltage of each phase in volts. (default: 230)")
    var voltages: PhaseValues?

    @Option(help: "Currents over time instead: household, a recorded evening from 17:30 on.")
    var trace: Trace?

    @Option(help: ArgumentHelp("What is wrong with it; may be repeated.", discussion: MeterFaultName.explanation))
    var fault: [MeterFaultName] = []

    @OptionGroup var listen: ListenOptions

    func validate() throws {
        guard MeterSimulateCommand.simulated.contains(profile) else {
            let known = MeterSimulateCommand.simulated.joined(separator: ", ")
            throw ValidationError("\(profile) is not simulated yet; simulated are: \(known)")
        }
        try checkServerPort(port)
        if trace != nil, currents != nil { throw ValidationError("--trace and --currents exclude each other") }
        if let currents, currents.currents == nil { throw ValidationError("--currents are -1000 to 1000 A") }
        if let voltages, voltages.voltages == nil { throw ValidationError("--voltages are 0 to 600 V") }
    }

    func run() async throws {
        var settings = CountisSettings()
        settings.unit = unit
        let simulation = MeterSimulation(
            settings: settings,
            load: try load(),
            voltages: voltages?.voltages ?? PerPhase(repeating: Volts(millivolts: 230_000)),
            timekeeper: Timekeeper(ContinuousClock())
        )
        var faults = MeterFaults()
        for name in fault { name.add(to: &faults) }
        simulation.meter.faults = faults
        try await listen.serve(
            simulation.meter.serverConfiguration(port: port),
            simulation.meter,
            unit: unit,
            profile: profile,
            name: "a Countis E27 in software, unit \(unit),"
        ) {
            async let orders: Void = StandardInput.eachLine { Console.talk(simulation.obey($0)) }
            await simulation.live()
            await orders
        }
    }

    private func load() throws -> LoadTrace {
        guard trace == nil else {
            do {
                return try HouseholdTrace.load(startOffset: MeterSimulateCommand.traceStart)
            } catch {
                throw Console.fail("headroom: \(error)", .inputOutput)
            }
        }
        return LoadTrace(constant: currents?.currents ?? PerPhase(Amperes(2), Amperes(milliamperes: 1500), Amperes(1)))
    }
}
