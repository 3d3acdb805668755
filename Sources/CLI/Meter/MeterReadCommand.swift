// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Devices
import ModbusNIO
import Quantities

/// The command `headroom meter read`.
struct MeterReadCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "read",
        abstract: "Read a meter once: who it is and what it measures.",
        discussion: """
            Ends with 69 when the meter cannot be reached, 78 when it refuses the question, and 65 when what it says \
            cannot be believed.

              headroom meter read --profile socomec-countis-e27 --host 192.168.0.4
              headroom meter read --profile eastron-sdm630 --host 192.168.0.9 --json
            """
    )

    @OptionGroup var options: MeterOptions

    @Flag(help: "Print one JSON object.")
    var json = false

    func run() async throws {
        let access = try options.access()
        let outcome: MeterAccess.Outcome
        do throws(ReadingFault) {
            outcome = try await Progress.telling("waiting for \(access.name)") { () throws(ReadingFault) in
                try await access.identifyAndRead()
            }
        } catch {
            await access.client.close()
            if json { try Console.printJSON(ReadingLine(error, at: access.timekeeper.now)) }
            throw Console.fail("headroom: \(access.name): \(error)", error.exitCode)
        }
        await access.client.close()
        let line = ReadingLine(outcome.reading, identity: outcome.identity, warnings: outcome.warnings)
        if json { return try Console.printJSON(line) }
        Console.print("\(access.name): \(outcome.identity)")
        Console.print("")
        for text in line.lines { Console.print(text) }
    }
}
