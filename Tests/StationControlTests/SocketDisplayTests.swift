// SPDX-License-Identifier: Apache-2.0
import Quantities
import Testing

@testable import Balancing
@testable import StationControl

@Suite("What people see of a socket")
struct SocketDisplayTests {
    typealias Activity = SocketStatus.Activity

    private static let second = Duration.seconds(1)
    private static let tenth = Duration.milliseconds(100)

    @Test(
        "is a light",
        arguments: [
            (.available, IndicatorLight(.off), "off"),
            (.silent, IndicatorLight(.off), "off"),
            (.charging, IndicatorLight(.blue), "blue"),
            (.reduced, IndicatorLight(.blue, blink: (second, second)), "blue interrupted"),
            (.reducedToSafe, IndicatorLight(.blue, blink: (second, second)), "blue interrupted"),
            (.paused, IndicatorLight(.cyan, blink: (second, second)), "cyan blinking"),
            (.finished, IndicatorLight(.green), "green"),
            (.faulted, IndicatorLight(.red, blink: (tenth, tenth)), "red blinking"),
        ] as [(Activity, IndicatorLight, String)]
    )
    func lights(_ activity: Activity, _ light: IndicatorLight, _ words: String) {
        #expect(IndicatorLight(activity) == light)
        #expect(IndicatorLight(activity).description == words)
        #expect(SocketDisplay(status(activity)).light == light)
    }

    @Test("is a light of which colour and pace count")
    func equality() {
        #expect(IndicatorLight(.blue) != IndicatorLight(.cyan))
        #expect(IndicatorLight(.blue) != IndicatorLight(.blue, blink: (Self.second, Self.second)))
        #expect(
            IndicatorLight(.red, blink: (Self.tenth, Self.second))
                != IndicatorLight(.red, blink: (Self.tenth, Self.tenth))
        )
    }

    @Test(
        "is a state in words",
        arguments: [
            (.available, nil, "available"), (.charging, nil, "charging"), (.reduced, nil, "charging, reduced"),
            (.reducedToSafe, nil, "charging, safe current: no meter"),
            (.paused, nil, "waiting for power"), (.paused, 2, "waiting for power, place 2"),
            (.finished, nil, "connected, not charging"), (.faulted, nil, "out of order"),
            (.silent, nil, "does not answer"),
        ] as [(Activity, Int?, String)]
    )
    func states(_ activity: Activity, _ place: Int?, _ state: String) {
        #expect(SocketDisplay(status(activity, place: place)).state == state)
    }

    @Test("is what a connected vehicle is offered and draws, and why")
    func lines() {
        let display = SocketDisplay(status(.reduced))
        #expect(display.lines == ["offered 12.0 A, drawn 11.8 / 11.7 / 0.0 A", "12.0 A: main, L2, 25.0 A"])
    }

    @Test("is nothing more while no vehicle is there", arguments: [VehicleState.absent, .unavailable])
    func noLines(_ vehicle: VehicleState) {
        #expect(SocketDisplay(status(.available, vehicle: vehicle)).lines.isEmpty)
    }

    private func status(_ activity: Activity, vehicle: VehicleState = .charging, place: Int? = nil) -> SocketStatus {
        SocketStatus(
            socket: "carport-1",
            station: "carport",
            activity: activity,
            vehicle: vehicle,
            offer: Amperes(12),
            draw: PerPhase(Amperes(milliamperes: 11_800), Amperes(milliamperes: 11_700), .zero),
            bound: .circuit("main", .l2),
            why: "12.0 A: main, L2, 25.0 A",
            waitingPosition: place,
            reserved: Amperes(12)
        )
    }
}
