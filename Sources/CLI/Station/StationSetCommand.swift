// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Devices
import ModbusNIO
import Quantities

/// The command `headroom station set AMPERES`.
struct StationSetCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "set",
        abstract: "Write one setpoint to a socket, and see what the station makes of it.",
        discussion: """
            Nothing watches a limit meanwhile: whoever writes a setpoint by hand sees to it that the fuse bears it. A \
            setpoint above 0 is asked about at a terminal and needs --yes elsewhere. It is written once and lapses after \
            the station's validity time. Ends with 78 when the station refuses the setpoint or does not let it count.

              headroom station set --host 192.168.0.20 --unit 1 10
              headroom station set --host 192.168.0.20 --unit 2 0 --json
            """
    )

    /// How long the station may take until the setpoint is applied.
    private static let patience = Duration.seconds(3)
    private static let pause = Duration.milliseconds(300)

    @OptionGroup var options: StationOptions

    @Option(help: "The unit identifier of the socket.")
    var unit: UInt8

    @Argument(help: "The most the socket may draw per phase, in amperes; 0 pauses.")
    var amperes: String

    @Flag(name: .shortAndLong, help: "Do not ask.")
    var yes = false

    @Flag(help: "Print one JSON object.")
    var json = false

    func validate() throws { _ = try setpoint }

    /// Above it nothing is a charging socket.
    private static let largest = Amperes(1000)

    private var setpoint: Amperes {
        get throws {
            guard let number = Double(decimal: amperes), let current = Amperes(roundingDown: number),
                (.zero...StationSetCommand.largest).contains(current)
            else { throw ValidationError("\(amperes) is no setpoint; write a number of amperes, 0 to 1000") }
            return current
        }
    }

    func run() async throws {
        let order = try setpoint
        let access = try options.access()
        try confirm(order, access)
        let charger = access.charger([unit])
        let outcome: (written: Amperes, socket: SocketReading)
        do throws(ChargerError) {
            outcome = try await Progress.telling("waiting for \(access.name)") { () throws(ChargerError) in
                try await write(order, charger)
            }
        } catch {
            await access.client.close()
            throw Console.fail("headroom: \(access.name): \(error)", error.exitCode)
        }
        await access.client.close()
        try report(outcome.written, outcome.socket)
    }

    private func confirm(_ order: Amperes, _ access: StationAccess) throws {
        guard order > .zero, !yes else { return }
        guard StandardInput.isTerminal else {
            throw Console.fail(
                "headroom: a setpoint above 0 lets current flow that nothing watches; say --yes to write it",
                .refused
            )
        }
        Console.talk("Let unit \(unit) of \(access.name) draw \(order) per phase? Type yes: ")
        guard readLine() == "yes" else { throw Console.fail("nothing was written", .refused) }
    }

    /// Identifies the station, writes, and reads until the setpoint is applied or the patience is over.
    private func write(
        _ order: Amperes,
        _ charger: Charger
    ) async throws(ChargerError) -> (written: Amperes, socket: SocketReading) {
        _ = try await charger.identify()
        let written = try await charger.setMaximumCurrent(order, unit: unit)
        let start = ContinuousClock.now
        while true {
            guard let socket = try await charger.readStatus().sockets.first else {
                throw .noAnswer("the station has no unit \(unit)")
            }
            let isSettled = socket.accountedFor != false && socket.applied ?? written == written
            if isSettled || ContinuousClock.now - start > StationSetCommand.patience {
                return (written, socket)
            }
            // Throws only when the task is cancelled, and then the next read does.
            try? await Task.sleep(for: StationSetCommand.pause)
        }
    }

    private struct Report: Encodable {
        var writtenA: Amperes
        var socket: SocketLine

        enum CodingKeys: String, CodingKey {
            case socket
            case writtenA = "written_a"
        }
    }

    private func report(_ written: Amperes, _ socket: SocketReading) throws {
        if json {
            try Console.printJSON(Report(writtenA: written, socket: SocketLine(socket)))
        } else {
            for line in lines(written, socket) { Console.print(line) }
        }
        if socket.accountedFor == false || socket.applied ?? written > written { throw ExitCode.refused }
    }

    private func lines(_ written: Amperes, _ socket: SocketReading) -> [String] {
        let applied = socket.applied.map { "\($0)" } ?? "an unknown current"
        let safe = socket.safeCurrent.map { "\($0)" } ?? "its safe current"
        var lines = ["wrote \(written) to unit \(unit)"]
        switch socket.accountedFor {
        case true?: lines.append("the setpoint counts; the station applies \(applied)")
        case false?:
            lines.append(
                "the setpoint does not count: the station applies \(applied); check that it is set to energy management "
                    + "by Modbus and that writing maximum currents is allowed"
            )
        case nil: lines.append("the station applies \(applied); it does not say whether the setpoint counts")
        }
        if let applied = socket.applied, socket.accountedFor != false, applied != written {
            lines.append(
                applied < written
                    ? "that is less than was written: another limit of the station binds, or it takes its time"
                    : "that is more than was written: the station does not keep to its setpoint"
            )
        }
        if let remaining = socket.validityRemaining, socket.accountedFor != false {
            lines.append("it holds for another \(remaining.seconds.fixed(0)) s, then the station falls to \(safe)")
        }
        return lines
    }
}
