// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Balancing
import Daemon
import Documents
import Logging
import Quantities
import StationControl

/// The command `headroom run SITE.yaml`.
struct RunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Balance the site described by a file until stopped.",
        discussion: """
            Ctrl-C or SIGTERM leaves every station at its safe current. With --json, one JSON object a second tells how \
            the site is.

              headroom run site.yaml
              headroom run site.yaml --log-format json --json
            """
    )

    @OptionGroup var options: SiteOptions
    @OptionGroup var log: LogOptions

    @Flag(help: "Print one JSON object a second on standard output.")
    var json = false

    func run() async throws {
        let file = try options.read()
        let logger = log.logger("headroom")
        for warning in file.warnings { logger.warning("\(warning)") }
        let timekeeper = Timekeeper(ContinuousClock())
        let program = SiteProgram(file, timekeeper: timekeeper, logger: logger)
        logger.info("Balancing \(file.name)", metadata: ["meter": "\(file.site.meter.endpoint)"])
        let notices = await program.controller.notices()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await program.run(untilSignalled: true) }
            if json {
                group.addTask {
                    var feed = StatusFeed(program.controller, notices: notices, timekeeper: timekeeper)
                    while let line = await feed.next() { try Console.printJSON(line) }
                }
            }
            try await group.next()
            group.cancelAll()
        }
    }
}
