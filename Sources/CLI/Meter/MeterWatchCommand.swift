// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Devices
import ModbusNIO
import Quantities

/// The command `headroom meter watch`.
struct MeterWatchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "watch",
        abstract: "Read a meter each second and show a line for each reading.",
        discussion: """
            Readings that fail are shown with their reason and counted. Ends with ctrl-C, or after --count readings; then \
            with 69 when none of them succeeded.

              headroom meter watch --profile socomec-countis-e27 --host 192.168.0.4
              headroom meter watch --profile socomec-countis-e27 --host 192.168.0.4 --json
            """
    )

    @OptionGroup var options: MeterOptions

    @Option(help: "How many readings, failed ones included; until ctrl-C when left out.")
    var count: Int?

    @Flag(help: "Print one JSON object for each reading.")
    var json = false

    func validate() throws {
        if let count, count < 1 { throw ValidationError("--count is at least 1, not \(count)") }
    }

    func run() async throws {
        let access = try options.access()
        let ending = await Ending()
        Console.talk("watching \(access.name)")
        let (count, json) = (count, json)
        let tally = try await ending.after { try await MeterWatch(access, isJSON: json).readings(count) }
        await access.client.close()
        Console.talk("\(tally.good + tally.failed) readings, \(tally.failed) failed")
        if tally.good == 0, tally.failed > 0, tally.failed == count { throw ExitCode.unreachable }
    }
}

/// Reads a meter again and again.
private struct MeterWatch {
    /// What came of the readings.
    struct Tally {
        var good = 0
        var failed = 0
    }

    /// How often the meter is read.
    private static let period = Duration.seconds(1)
    /// After so many lines the heading comes again.
    private static let page = 20

    private let access: MeterAccess
    private let isJSON: Bool
    private var tally = Tally()

    init(_ access: MeterAccess, isJSON: Bool) {
        self.access = access
        self.isJSON = isJSON
    }

    /// Reads until the task is cancelled, nobody looks any more, or enough was read.
    consuming func readings(_ count: Int?) async throws -> Tally {
        var next = access.timekeeper.now
        while !Task.isCancelled, Console.hasReader {
            guard let line = await line() else { break }
            try show(line)
            if tally.good + tally.failed == count { break }
            next = max(next + MeterWatch.period, access.timekeeper.now)
            // Throws only when the task is cancelled, which the loop sees.
            try? await access.timekeeper.sleep(until: next)
        }
        return tally
    }

    /// One reading, counted; `nil` when ctrl-C ended it on the way, which is not the meter's fault.
    private mutating func line() async -> ReadingLine? {
        do {
            let reading = try await access.meter.read()
            tally.good += 1
            return ReadingLine(reading, warnings: await access.meter.warnings)
        } catch {
            guard !Task.isCancelled else { return nil }
            tally.failed += 1
            return ReadingLine(error, at: access.timekeeper.now)
        }
    }

    private func show(_ line: ReadingLine) throws {
        if isJSON { return try Console.printJSON(line) }
        if (tally.good + tally.failed) % MeterWatch.page == 1 {
            Console.print(Console.styled(MeterWatch.heading, .bold))
        }
        let time = TextTable.padded(line.timeS.fixed(1), 7, .right)
        if let fault = line.fault {
            return Console.print(time + "  " + Console.styled("failed (\(tally.failed)): \(fault)", .red))
        }
        let cells =
            MeterWatch.cells(line.currentsA?.map(\.amperes), 1) + MeterWatch.cells(line.voltagesV, 1)
            + MeterWatch.cells(line.powersW, 0) + [line.totalPowerW.map { $0.fixed(0) } ?? "-"]
        let warnings = (line.warnings ?? []).map { "  " + Console.styled($0, .yellow) }
        Console.print(time + cells.map { TextTable.padded($0, MeterWatch.width, .right) }.joined() + warnings.joined())
    }

    private static let width = 8
    private static let heading =
        "    s  "
        + ["L1 A", "L2 A", "L3 A", "L1 V", "L2 V", "L3 V", "L1 W", "L2 W", "L3 W", "total W"]
        .map { TextTable.padded($0, width, .right) }.joined()

    private static func cells(_ values: PerPhase<Double>?, _ decimals: Int) -> [String] {
        values?.values.map { $0.fixed(decimals) } ?? ["-", "-", "-"]
    }
}
