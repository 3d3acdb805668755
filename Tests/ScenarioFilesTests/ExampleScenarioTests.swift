// SPDX-License-Identifier: Apache-2.0
import Scenarios
import Testing

@testable import ScenarioFiles

/// The three scenarios of the repository, with every controller.
///
/// In a debug build the first hour is played, as the balancer is slow there; in a release build all of it.
@Suite("The example scenarios")
struct ExampleScenarioTests {
    static let names = ["home25_one_car", "garage63_ten_cars", "adverse63_six_cars"]

    static func read(_ name: String) throws -> Scenario {
        let folder = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
        var scenario = try ScenarioFile.read(path: "/\(folder)/Scenarios/scenarios/\(name).json")
        #if DEBUG
        scenario.duration = 3600
        #endif
        return scenario
    }

    @Test("They are read whole, with their recordings", arguments: zip(names, [1, 10, 6]))
    func reading(name: String, sockets: Int) throws {
        let scenario = try ExampleScenarioTests.read(name)
        #expect(scenario.name == name)
        #expect(scenario.sockets.count == sockets)
        #expect(scenario.loads.count >= 3)
        #expect(scenario.energyBound ?? 0 > 50)
        guard case .trace(let trace) = try #require(scenario.loads.first).kind else {
            Issue.record("the first load is no recording")
            return
        }
        #expect(trace.times.count > 2000)
    }

    @Test("Headroom trips nothing, and stays within the bound of what is possible", arguments: names)
    func headroom(name: String) throws {
        let scenario = try ExampleScenarioTests.read(name)
        var controller = HeadroomController(Installation(scenario))
        let figures = Plant.play(scenario, with: &controller)
        print("\(name) headroom: \(summary(figures))")
        #expect(figures.trips == 0)
        #expect(figures.heatFraction < 0.5)
        #expect(figures.utilisation ?? 2 <= 1)
        #expect(figures.delivered > 0)
    }

    @Test("The simple controllers deliver something", arguments: names)
    func baselines(name: String) throws {
        let scenario = try ExampleScenarioTests.read(name)
        let installation = Installation(scenario)
        var equal = EqualSplit(installation)
        var step = StepController(installation)
        var proportional = ProportionalController(installation)
        let all = [
            ("equal", Plant.play(scenario, with: &equal)), ("step", Plant.play(scenario, with: &step)),
            ("proportional", Plant.play(scenario, with: &proportional)),
        ]
        for (controller, figures) in all {
            print("\(name) \(controller): \(summary(figures))")
            #expect(figures.delivered > 0)
        }
    }

    private func summary(_ figures: Figures) -> String {
        "\(figures.trips) trips, \(figures.delivered) kWh, \(figures.overAvoidable.total) s above the limit"
    }
}
