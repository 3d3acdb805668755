// SPDX-License-Identifier: Apache-2.0

@testable import Scenarios

/// Scenarios for tests: one circuit, and what is asked for.
enum Sites {
    /// One socket on a circuit, with one car that follows at once unless said otherwise.
    static func oneCar(
        limit: Double = 63,
        duration: Double = 60,
        socket changeSocket: (inout Scenario.Socket) -> Void = { _ in },
        visit changeVisit: (inout Scenario.Visit) -> Void = { _ in }
    ) -> Scenario {
        var scenario = Scenario(name: "one", duration: duration, circuits: [.init(id: "grid", limit: limit)])
        var socket = Scenario.Socket(id: "s", maximum: 32)
        socket.commandLatency = 1
        changeSocket(&socket)
        scenario.sockets = [socket]
        var visit = Scenario.Visit(
            id: "c",
            socket: 0,
            arrival: 0,
            departure: duration,
            request: 100,
            conductors: 3,
            maximum: 32
        )
        visit.lag = 0
        visit.timeConstant = 0
        visit.resumeDelay = 0
        changeVisit(&visit)
        scenario.visits = [visit]
        return scenario
    }

    /// A house whose only load is a constant one, without sockets.
    static func house(
        _ amperes: Triple,
        device: Scenario.Device = .init(kind: .gG, rating: 63),
        duration: Double = 600
    ) -> Scenario {
        var scenario = Scenario(
            name: "house",
            duration: duration,
            circuits: [.init(id: "grid", limit: 63, device: device)]
        )
        scenario.loads = [.init(.constant(amperes))]
        return scenario
    }

    /// What a run shows after each step.
    static func currents(_ scenario: Scenario, setpoint: (Double) -> Double) -> [Double] {
        var plant = Plant(scenario)
        var result: [Double] = []
        while !plant.isOver {
            plant.advance { seen, setpoints in setpoints[0] = setpoint(seen.time) }
            result.append(plant.current(ofSocket: 0))
        }
        return result
    }
}
