// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Devices
import ModbusNIO

/// The command `headroom station read`.
struct StationReadCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "read",
        abstract: "Read a station once: who it is, and what each socket offers and draws.",
        discussion: """
            Ends with 69 when the station cannot be reached, 78 when it refuses the question, and 65 when what it says \
            cannot be believed.

              headroom station read --host 192.168.0.20
              headroom station read --host 192.168.0.20 --unit 1 --json
            """
    )

    @OptionGroup var options: StationOptions

    @Option(parsing: .upToNextOption, help: "The unit identifiers of the sockets; all of the station when left out.")
    var unit: [UInt8] = []

    @Flag(help: "Print one JSON object.")
    var json = false

    func run() async throws {
        let access = try options.access()
        let line: StationLine
        do throws(ChargerError) {
            line = try await Progress.telling("waiting for \(access.name)") { () throws(ChargerError) in
                try await read(access)
            }
        } catch {
            await access.client.close()
            throw Console.fail("headroom: \(access.name): \(error)", error.exitCode)
        }
        await access.client.close()
        if json { return try Console.printJSON(line) }
        let identity = DeviceIdentity(answers: line.device)
        Console.print("\(access.name): \(identity)")
        for text in line.lines { Console.print(text) }
    }

    private func read(_ access: StationAccess) async throws(ChargerError) -> StationLine {
        let identity = try await access.charger([]).identify()
        let units: [UInt8]
        do throws(ModbusClientError) {
            units = unit.isEmpty ? try await access.socketUnits() : unit
        } catch {
            throw ChargerError(error)
        }
        return StationLine(identity, try await access.charger(units).readStatus())
    }
}
