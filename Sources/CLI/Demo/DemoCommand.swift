// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Daemon
import Emulation
import Logging
import Quantities
import StationControl

/// The command `headroom demo`.
struct DemoCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo",
        abstract: "Play a whole site on this machine, without any hardware.",
        discussion: """
            A virtual Countis E27, three virtual stations, cars that come and go and a recorded household, with real \
            Modbus TCP between all of them. The meter falls silent once, for longer than two minutes of the site's time.

              headroom demo
              headroom demo --seconds 60 --json
              headroom demo --speed 1
            """
    )

    @Option(help: "How long to play, in seconds of your time; until ctrl-C when left out.")
    var seconds: Double?

    @Option(help: "How many times faster than life the site lives, 1 to 20.")
    var speed = 6.0

    @Flag(help: "Print one JSON object for each second of the site.")
    var json = false

    @OptionGroup var profiles: ProfileOptions
    @OptionGroup var log: LogOptions

    func validate() throws {
        guard (1...20).contains(speed) else { throw ValidationError("--speed is 1 to 20, not \(speed)") }
        if let seconds, !(seconds > 0 && seconds <= 86_400) {
            throw ValidationError("--seconds is above 0 and at most 86400, not \(seconds)")
        }
    }

    func run() async throws {
        let catalogue = try profiles.catalogue()
        let timekeeper = Timekeeper(ContinuousClock(), speed: speed)
        let demo: DemoSite
        let file: SiteFile
        do {
            demo = try DemoSite(length: seconds.map { .seconds($0 * speed) }, timekeeper: timekeeper)
            file = try DemoSite.siteFile(try await demo.devices.start(), catalogue)
        } catch {
            throw Console.fail("headroom demo: \(error)", .inputOutput)
        }
        // The picture shows the events itself; log lines would tear it.
        let isPicture = Console.isTerminal && !json
        let logger = log.logger("headroom", level: isPicture ? .critical : json ? .warning : nil)
        let program = SiteProgram(file, timekeeper: timekeeper, logger: logger)
        let notices = await program.controller.notices()
        let feed = StatusFeed(program.controller, notices: notices, timekeeper: timekeeper)
        try await play(program, demo, file, feed, timekeeper: timekeeper, isPicture: isPicture)
    }

    /// Runs devices, controller and display until the time is up or a signal comes; the devices end last, so that the
    /// controller can leave them at their safe currents.
    private func play(
        _ program: SiteProgram,
        _ demo: DemoSite,
        _ file: SiteFile,
        _ feed: StatusFeed,
        timekeeper: Timekeeper,
        isPicture: Bool
    ) async throws {
        let devices = demo.devices
        try await withThrowingTaskGroup(of: Void.self) { outer in
            outer.addTask { try await devices.run() }
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await program.run(untilSignalled: true) }
                if let seconds { group.addTask { try? await Task.sleep(for: .seconds(seconds)) } }
                group.addTask { try await show(feed, devices, file, isPicture: isPicture) }
                try await group.next()
                group.cancelAll()
            }
            outer.cancelAll()
        }
        if isPicture { Console.printPart(TerminalView.ending) }
    }

    private func show(_ feed: StatusFeed, _ devices: VirtualSite, _ file: SiteFile, isPicture: Bool) async throws {
        var feed = feed
        var view = TerminalView(title: file.name, speed: speed, hasColour: Console.hasColour)
        while var line = await feed.next() {
            let snapshot = devices.snapshot
            line.truth = StatusLine.TruthLine(gridA: snapshot.grid, houseA: snapshot.background)
            if json {
                try Console.printJSON(line)
            } else if isPicture {
                Console.printPart(view.frame(line, width: Console.width))
            } else {
                for text in TerminalView.plain(line) { Console.print(text) }
            }
        }
    }
}
