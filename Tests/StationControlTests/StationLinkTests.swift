// SPDX-License-Identifier: Apache-2.0
import Balancing
import Devices
import Modbus
import Quantities
import TestSupport
import Testing

@testable import StationControl

@Suite("What a station reports")
struct StationReportTests {
    @Test(
        "of its control pilot tells what the vehicle does",
        arguments: [
            (.a, .absent), (.b1, .waiting), (.b2, .ready), (.c1, .waiting), (.c2, .charging), (.d1, .waiting),
            (.d2, .charging), (.e, .unavailable), (.f, .unavailable), (nil, .unavailable),
        ] as [(Mode3State?, VehicleState)]
    )
    func vehicles(_ state: Mode3State?, _ vehicle: VehicleState) {
        #expect(VehicleState(state) == vehicle)
    }

    @Test("of a socket is taken over value by value, at the instant of its measurement")
    func report() {
        var reading = SocketReading(unit: 1)
        reading.mode3 = .c2
        reading.applied = Amperes(10)
        reading.setpoint = Amperes(11)
        reading.validityRemaining = .seconds(42)
        reading.accountedFor = true
        reading.safeCurrent = Amperes(6)
        reading.currents = PerPhase(Amperes(9), Amperes(8), Amperes(7))
        reading.measurementAge = .milliseconds(300)
        let report = SocketReport("a-1", reading, readAt: .start + .seconds(5))
        let expected = SocketReport(
            socket: "a-1",
            vehicle: .charging,
            applied: Amperes(10),
            setpoint: Amperes(11),
            validityRemaining: .seconds(42),
            isAccountedFor: true,
            safeCurrent: Amperes(6),
            currents: PerPhase(Amperes(9), Amperes(8), Amperes(7)),
            measuredAt: .start + .milliseconds(4700)
        )
        #expect(report == expected)
    }

    @Test("of a socket without values stays without values")
    func empty() {
        let report = SocketReport("a-1", SocketReading(unit: 1), readAt: .start + .seconds(5))
        #expect(
            report == SocketReport(socket: "a-1", vehicle: .unavailable, measuredAt: .start + .seconds(5))
        )
    }
}

@Suite("Setpoints that wait for their station")
struct WaitingSetpointTests {
    @Test("are replaced by newer ones")
    func replacement() async throws {
        try await Bench.with { bench in
            try await bench.withLink { link, events in
                // Nothing is under way before the writer runs, so all three wait.
                for amperes in [16, 10, 8] { link.write(Amperes(amperes), to: "a-1", at: bench.timekeeper.now) }
                try await events.running(link) { try await eventually { !bench.stations[0].setpoints.isEmpty } }
                #expect(bench.stations[0].currents(unit: 1) == [Amperes(8)])
            }
        }
    }

    @Test("are not sent any more when they are old, and reported as lost")
    func age() async throws {
        try await Bench.with { bench in
            try await bench.withLink { link, events in
                link.write(Amperes(16), to: "a-1", at: bench.timekeeper.now)
                bench.clock.advance(by: StationLink.longestWait + .milliseconds(1))
                try await events.running(link) { try await eventually { !events.all.isEmpty } }
                #expect(events.all == [.setpointLost("a-1")])
                #expect(bench.stations[0].setpoints.isEmpty)
            }
        }
    }

    @Test(
        "are reported as refused only when trying again cannot help",
        arguments: [
            (.illegalFunction, true), (.illegalDataAddress, true), (.illegalDataValue, true),
            (.serverDeviceFailure, false), (.serverDeviceBusy, false), (.gatewayTargetDeviceFailedToRespond, false),
        ] as [(ExceptionCode, Bool)]
    )
    func exceptions(_ code: ExceptionCode, _ isRefusal: Bool) async throws {
        try await Bench.with { bench in
            bench.stations[0].answerSetpoints(with: code)
            try await bench.withLink { link, events in
                link.write(Amperes(16), to: "a-1", at: bench.timekeeper.now)
                try await events.running(link) { try await eventually { !events.all.isEmpty } }
                #expect(events.all.count == 1)
                switch events.all.first {
                case .setpointRefused("a-1", let cause): #expect(isRefusal && cause.contains("\(code)"))
                case .setpointLost("a-1"): #expect(!isRefusal)
                default: Issue.record("\(events.all)")
                }
            }
        }
    }
}

@Suite("Listeners to notifications")
struct NoticeListenersTests {
    @Test("are forgotten when they stop listening")
    func forgetting() async {
        let listeners = NoticeListeners()
        var streams = (0..<10).map { _ in listeners.listen() }
        #expect(listeners.count == 10)
        streams.removeLast(9)
        #expect(listeners.count == 1)
        let task = Task { [streams] in
            for stream in streams { for await _ in stream {} }
        }
        streams = []
        task.cancel()
        await task.value
        #expect(listeners.count == 0)
    }

    @Test("keep the newest when they do not keep up, and end with the controller")
    func bound() async {
        let listeners = NoticeListeners()
        let stream = listeners.listen()
        for number in 0..<1000 {
            let note = Notification(id: "test", level: .info, text: "\(number)")
            listeners.yield(SiteController.Notice(at: .start, notification: note))
        }
        listeners.finish()
        var texts: [String] = []
        for await notice in stream { texts.append(notice.notification.text) }
        #expect(texts == (744..<1000).map(String.init))
        for await _ in listeners.listen() { Issue.record("a notice after the end") }
    }
}
