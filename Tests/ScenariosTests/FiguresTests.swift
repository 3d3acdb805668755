// SPDX-License-Identifier: Apache-2.0
import Foundation
import Testing

@testable import Scenarios

@Suite("Figures of a run")
struct FiguresTests {
    @Test("Jain's index")
    func jain() {
        #expect(Figures.jain([]) == nil)
        #expect(Figures.jain([0.5, 0.5]) == 1)
        #expect(Figures.jain([1, 0]) == 0.5)
        #expect(Figures.jain([0, 0]) == 1)
        #expect(abs((Figures.jain([1, 0.5, 0.25]) ?? 0) - 1.75 * 1.75 / (3 * 1.3125)) < 1e-12)
    }

    @Test("Seconds above a limit, with and without those that nobody could avoid")
    func overload() {
        var scenario = Sites.oneCar(limit: 20, duration: 11) { _ in
        } visit: {
            $0.conductors = 1
        }
        // Phase 1 is above its limit by the house alone for two of the seconds.
        scenario.loads = [.init(.step(time: 3, duration: 2, amperes: Triple(25, 0, 0)))]
        // From tick 1 on: 20.01 A (0.05 %), 20.3, 20.5, 21.5, 23 (15 %), 28 (40 %), 32 (60 %), ...
        let setpoints = [20.0, 20.3, 0, 0, 20.8, 21.5, 23, 28, 32, 32, 0]
        scenario.sockets[0].resolution = 0.01
        var controller = Replay(setpoints.map { [$0] })
        let figures = Plant.play(scenario, with: &controller)
        #expect(figures.over.seconds == [1, 1, 1, 1, 3, 2])
        #expect(figures.overAvoidable.seconds == [1, 1, 1, 1, 1, 2])
        #expect(figures.overAvoidable.total == 7)
        #expect(figures.overAvoidable.aboveFive == 5)
        #expect(figures.overAvoidable.aboveTwenty == 3)
        #expect(abs(figures.over.worst - 60) < 1e-9)
        #expect(abs(figures.ampereSecondsOver - (0.3 + 5 + 5 + 0.8 + 1.5 + 3 + 8 + 12 + 12)) < 1e-9)
    }

    @Test("Changes, travel and pauses, for each hour of wanting")
    func changes() {
        let scenario = Sites.oneCar(duration: 3600) { $0.resolution = 0.01 }
        let steps = [10, 10.04, 12, 0, 0, 16, 16]
        var controller = Replay(steps.map { [$0] })
        let figures = Plant.play(scenario, with: &controller)
        // To 10, to 12, to 0 and to 16; 0.04 A is none.
        #expect(abs(figures.changesPerHour - 4) < 1e-9)
        #expect(abs(figures.travelPerHour - (10 + 1.96 + 12 + 16)) < 1e-9)
        #expect(abs(figures.pausesPerHour - 1) < 1e-9)
    }

    @Test("The return of charging is timed from its event")
    func restore() {
        var scenario = Sites.oneCar(duration: 60)
        scenario.restoreEvents = [
            .init(time: 30, reference: 10..<20), .init(time: 50, reference: 10..<20), .init(time: 30, reference: 0..<1),
        ]
        let currents = { (time: Double) in time < 20 ? 20.0 : time < 34 ? 10 : time < 40 ? 19 : 0 }
        var plant = Plant(scenario)
        while !plant.isOver { plant.advance { seen, setpoints in setpoints[0] = currents(seen.time) } }
        // 19 A is 95 % of 20 A; the command of 34 s is in force at 35 s. The third one had nothing to return to.
        #expect(plant.figures().restoreTimes == [5, nil, 0])
    }

    @Test("Satisfaction compares with what the car would have got alone")
    func satisfaction() {
        let scenario = Sites.oneCar(duration: 1000) { _ in
        } visit: {
            $0.request = 100
            $0.resumeDelay = 10
        }
        // Alone 990 s of 32 A; here 989 s of 16 A, as the command comes a second later.
        var controller = Replay([[16]])
        let figures = Plant.play(scenario, with: &controller)
        #expect(abs((figures.leastSatisfaction ?? 0) - 989 * 16 / (990 * 32)) < 1e-9)
        #expect(figures.jain == 1)
    }

    @Test("The object has the documented keys, null where a number is not known")
    func keys() throws {
        var scenario = Sites.oneCar(duration: 10)
        scenario.restoreEvents = [.init(time: 8, reference: 0..<0.5)]
        var controller = Replay([[16]])
        var object = try dictionary(Plant.play(scenario, with: &controller))
        #expect(
            Set(object.keys) == [
                "trips", "over_s", "over_avoidable_s", "over_max_pct", "over_max_avoidable_pct", "ampere_seconds_over",
                "i2t_fraction", "delivered_kwh", "requested_kwh", "unmet_kwh", "bound_kwh", "utilisation",
                "unmet_excess_kwh", "jain", "min_satisfaction", "setpoint_changes_per_socket_hour",
                "travel_a_per_socket_hour", "pauses_per_socket_hour", "restore_s", "controller_s_per_sim_hour",
                "total_s_per_sim_hour", "session_kwh",
            ]
        )
        #expect(object["bound_kwh"] is NSNull)
        #expect((object["over_s"] as? [String: Double])?.keys.sorted() == OverloadTimes.names.sorted())
        scenario.energyBound = 2
        controller = Replay([[16]])
        let figures = Plant.play(scenario, with: &controller)
        object = try dictionary(figures)
        #expect(abs((object["utilisation"] as? Double ?? 0) - figures.delivered / 2) < 1e-12)
        #expect(abs((object["unmet_excess_kwh"] as? Double ?? 0) - 2 + figures.delivered) < 1e-12)
    }

    private func dictionary(_ figures: Figures) throws -> [String: Any] {
        let data = try JSONEncoder().encode(figures)
        return try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
    }
}
