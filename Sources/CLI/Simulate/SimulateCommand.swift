// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Documents
import ScenarioFiles
import Scenarios

/// The command `headroom simulate FILE…`.
struct SimulateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "simulate",
        abstract: "Play scenarios against the balancer and simpler controllers, and show how each did.",
        discussion: """
            A scenario is a file of the format loadbalance-scenario/1: circuits with their fuses, loads, meters with \
            their delays and losses, sockets and visits of cars. Nothing is random but what its seed decides: the same \
            file gives the same figures.

            Controllers: headroom is the balancer of this program; equal gives equal parts of what is free; step lowers \
            at once and raises by 1 A each 5 s; proportional raises by a quarter of what is free. --set changes a \
            parameter of headroom, as the controller object of a file does: margin_a, fresh_sample_s, loss_after_s, \
            increase_hold_s, increase_interval_s, pause_delay_s, alternating_s, return_step_s.

            Exit codes: 0 done, 65 a file is refused, 74 the table of steps cannot be written.

              headroom simulate Scenarios/scenarios/*.json
              headroom simulate garage.json --controller headroom --controller equal --json
              headroom simulate garage.json --controller headroom --csv steps.csv
            """
    )

    @Argument(help: "The scenario files.")
    var files: [String]

    @Option(help: "A controller: headroom, equal, step or proportional; all four when left out. May be repeated.")
    var controller: [ControllerName] = []

    @Option(help: "A parameter of the controller headroom, as NAME=VALUE. May be repeated.")
    var set: [Parameter] = []

    @Flag(help: "Print one JSON object for each run, one a line.")
    var json = false

    @Option(help: "Write a table of every step to this file; with one scenario and one controller.")
    var csv: String?

    /// A parameter as it is written on the command line.
    struct Parameter: ExpressibleByArgument {
        var name: String
        var value: Double

        init?(argument: String) {
            let parts = argument.split(separator: "=", maxSplits: 1)
            guard parts.count == 2, let range = HeadroomController.parameters[String(parts[0])],
                let value = Double(decimal: parts[1]), range.contains(value)
            else { return nil }
            name = String(parts[0])
            self.value = value
        }
    }

    func validate() throws {
        guard csv == nil || (files.count == 1 && controller.count == 1) else {
            throw ValidationError("--csv is for one scenario file and one --controller")
        }
        guard files.count <= 1000 else { throw ValidationError("at most 1000 files at once, not \(files.count)") }
    }

    func run() async throws {
        let scenarios = try read()
        let names = controller.isEmpty ? ControllerName.allCases : controller
        let runs = scenarios.flatMap { scenario in names.map { SimulationRun(scenario: scenario, controller: $0) } }
        let steps = try csv.map { try StepTable(path: $0, scenarios[0]) }
        let progress = RunProgress(ticks: runs.reduce(0) { $0 + $1.scenario.tickCount })
        let results = await played(runs, progress, steps)
        if let steps { try steps.finish() }
        if json {
            for (run, figures) in zip(runs, results) { try Console.printJSON(RunReport(run: run, figures: figures)) }
        } else {
            for (index, scenario) in scenarios.enumerated() {
                if index > 0 { Console.print("") }
                let part = (index * names.count)..<((index + 1) * names.count)
                show(scenario, Array(zip(names, results[part])))
            }
        }
    }

    private func read() throws -> [Scenario] {
        var scenarios: [Scenario] = []
        var faults: [Fault] = []
        for file in files {
            do throws(DocumentError) {
                var scenario = try ScenarioFile.read(path: file)
                for parameter in set { scenario.parameters[parameter.name] = parameter.value }
                scenarios.append(scenario)
            } catch {
                faults += error.faults
            }
        }
        guard faults.isEmpty else {
            for fault in faults { Console.talk("error: \(fault)") }
            throw ExitCode.badData
        }
        return scenarios
    }

    /// Plays all runs, as many at once as there are cores.
    private func played(_ runs: [SimulationRun], _ progress: RunProgress, _ steps: StepTable?) async -> [Figures] {
        await withTaskGroup(of: (Int, Figures).self) { group in
            for (index, run) in runs.enumerated() {
                group.addTask { (index, run.play(progress, steps)) }
            }
            var results = Array(repeating: Figures(), count: runs.count)
            for await (index, figures) in group { results[index] = figures }
            return results
        }
    }

    private func show(_ scenario: Scenario, _ rows: [(ControllerName, Figures)]) {
        let hours = (scenario.duration / 3600).fixed(1)
        let requested = scenario.visits.reduce(0) { $0 + $1.request }.fixed(0)
        let bound = scenario.energyBound.map { ", at most \($0.fixed(1)) kWh possible" } ?? ""
        Console.print(
            "\(scenario.name): \(hours) h, \(scenario.sockets.count) sockets, \(scenario.visits.count) visits, "
                + "\(requested) kWh requested\(bound)"
        )
        var table = TextTable([
            ("controller", .left), ("trips", .right), ("kWh", .right), ("utilisation", .right), ("s over", .right),
            (">5%", .right), (">20%", .right), ("worst %", .right), ("I2t", .right), ("Jain", .right),
            ("min", .right), ("changes/h", .right), ("pauses/h", .right), ("restore s", .right),
        ])
        for (name, figures) in rows { table.add(cells(name, figures)) }
        for line in table.lines { Console.print(line) }
    }

    private func cells(_ name: ControllerName, _ figures: Figures) -> [String] {
        func text(_ value: Double?, _ decimals: Int) -> String {
            value.map { $0.fixed(decimals) } ?? "-"
        }
        let restore = figures.restoreTimes.map { text($0, 0) }.joined(separator: ",")
        return [
            name.rawValue, String(figures.trips), text(figures.delivered, 1), text(figures.utilisation, 3),
            text(figures.overAvoidable.total, 0), text(figures.overAvoidable.aboveFive, 0),
            text(figures.overAvoidable.aboveTwenty, 0), text(figures.overAvoidable.worst, 0),
            text(figures.heatFraction, 2), text(figures.jain, 3), text(figures.leastSatisfaction, 2),
            text(figures.changesPerHour, 0), text(figures.pausesPerHour, 1), restore.isEmpty ? "-" : restore,
        ]
    }
}
