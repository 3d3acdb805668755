// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Scenarios
import Synchronization

/// The controllers of `headroom simulate`.
enum ControllerName: String, ExpressibleByArgument, CaseIterable, Codable {
    case headroom
    case equal
    case step
    case proportional

    /// A new controller for a site.
    func make(_ installation: Installation) -> any SetpointController {
        switch self {
        case .headroom: HeadroomController(installation)
        case .equal: EqualSplit(installation)
        case .step: StepController(installation)
        case .proportional: ProportionalController(installation)
        }
    }
}

/// One scenario against one controller.
struct SimulationRun {
    let scenario: Scenario
    let controller: ControllerName

    /// How many steps are played before progress is told.
    private static let stretch = 4096

    /// Plays it.
    func play(_ progress: RunProgress, _ steps: StepTable?) -> Figures {
        play(controller.make(Installation(scenario)), progress, steps)
    }

    private func play(
        _ controller: some SetpointController,
        _ progress: RunProgress,
        _ steps: StepTable?
    ) -> Figures {
        var controller = controller
        var plant = Plant(scenario)
        let clock = ContinuousClock()
        let start = clock.now
        var controlling = Duration.zero
        while !plant.isOver {
            plant.advance { seen, setpoints in
                let before = clock.now
                controller.decide(seen, &setpoints)
                controlling += clock.now - before
            }
            steps?.add(plant)
            if plant.tick % SimulationRun.stretch == 0 { progress.add(SimulationRun.stretch) }
        }
        progress.add(plant.tick % SimulationRun.stretch)
        let hours = scenario.duration / 3600
        var figures = plant.figures()
        figures.controllerSecondsPerHour = controlling / .seconds(1) / hours
        figures.totalSecondsPerHour = (clock.now - start) / .seconds(1) / hours
        return figures
    }
}

/// The figures of a run as a JSON object: the keys of the scenario format, and what was played.
struct RunReport: Encodable {
    let run: SimulationRun
    let figures: Figures

    private enum Key: CodingKey {
        case scenario
        case controller
        case parameters
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(run.scenario.name, forKey: .scenario)
        try container.encode(run.controller, forKey: .controller)
        try container.encode(run.controller == .headroom ? run.scenario.parameters : [:], forKey: .parameters)
        try figures.encode(to: encoder)
    }
}

/// Tells on standard error how far all runs together are, and how long the rest will take.
final class RunProgress: Sendable {
    private static let period = Duration.seconds(5)

    private struct State {
        var done = 0
        var toldAt: ContinuousClock.Instant
    }

    private let ticks: Int
    private let start: ContinuousClock.Instant
    private let state: Mutex<State>

    /// Begins with a number of steps to play.
    init(ticks: Int) {
        self.ticks = ticks
        start = ContinuousClock().now
        state = Mutex(State(toldAt: start))
    }

    /// Adds steps that have been played.
    func add(_ count: Int) {
        let now = ContinuousClock().now
        state.withLock { state in
            state.done += count
            guard state.done > 0, state.done < ticks, now - state.toldAt >= RunProgress.period else { return }
            state.toldAt = now
            let left = (now - start) / .seconds(1) * Double(ticks - state.done) / Double(state.done)
            let percent = 100 * state.done / max(1, ticks)
            Console.talk("\(percent) % of \(ticks) steps, about \(RunProgress.text(left)) left")
        }
    }

    private static func text(_ seconds: Double) -> String {
        seconds < 90 ? "\(seconds.fixed(0)) s" : "\((seconds / 60).fixed(0)) min"
    }
}
