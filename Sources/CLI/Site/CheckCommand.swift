// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Balancing
import Daemon
import Devices
import Documents
import Quantities

/// The command `headroom check SITE.yaml`.
struct CheckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Say everything that is wrong or risky in a site file.",
        discussion: """
            Exit code 0 when the site would run, 78 when it would be refused.

              headroom check site.yaml
              headroom check site.yaml --json
            """
    )

    @OptionGroup var options: SiteOptions

    @Flag(help: "Print one JSON object.")
    var json = false

    func run() throws {
        let catalogue = try options.profiles.catalogue()
        do {
            let file = try SiteFile(path: options.site, catalogue: catalogue)
            if json { return try Console.printJSON(Report(file)) }
            for line in summary(file) { Console.print(line) }
        } catch let error as DocumentError {
            if json {
                try Console.printJSON(Report(error))
            } else {
                for fault in error.faults { Console.print("error: \(fault)") }
                Console.print("\(options.site) is refused: \(error.faults.count) to mend")
            }
            throw ExitCode.refused
        }
    }

    private func summary(_ file: SiteFile) -> [String] {
        let site = file.site
        let limits = site.circuits[0].limit.values.map(\.decimal).joined(separator: " / ")
        var lines = file.warnings.map { "warning: \($0)" }
        lines.append("\(file.name): \(limits) A per phase, at most \(site.safeCurrent) in all while the meter is lost")
        lines.append("meter \(file.meter.profile.id), unit \(site.meter.unit) at \(site.meter.endpoint)")
        for station in file.stations {
            lines.append("station \(station.id) \(station.profile.id) at \(station.host):\(station.port)")
            for socket in site.sockets where socket.station == station.id {
                let wiring = socket.rotation?.description ?? "unknown wiring"
                lines.append(
                    "  socket \(socket.id) \(wiring), \(socket.minimum) to \(socket.maximum), "
                        + "falls to \(socket.safeCurrent) by itself"
                )
            }
        }
        let total = SafeCurrents.total(site.sockets).values.map(\.decimal).joined(separator: " / ")
        lines.append("safe currents together \(total) A per phase, within \(site.safeCurrent)")
        return lines
    }

    private struct Report: Encodable {
        struct Finding: Encodable {
            var line: Int?
            var key: String
            var value: String?
            var message: String
            var remedy: String?

            init(_ fault: Fault) {
                line = fault.line
                key = fault.keyPath
                value = fault.value
                message = fault.message
                remedy = fault.remedy
            }
        }
        var accepted: Bool
        var errors: [Finding]
        var warnings: [Finding]

        init(_ file: SiteFile) {
            accepted = true
            errors = []
            warnings = file.warnings.map(Finding.init)
        }

        init(_ error: DocumentError) {
            accepted = false
            errors = error.faults.map(Finding.init)
            warnings = []
        }
    }
}
