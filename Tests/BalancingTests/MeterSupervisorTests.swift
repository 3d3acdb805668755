// SPDX-License-Identifier: Apache-2.0
import Quantities
import Testing

@testable import Balancing

@Suite("Loss and return of the meter")
struct MeterSupervisorTests {
    private let silence = MissedMeasurement(cause: "no answer within 1 s")

    private func supervisor() -> MeterSupervisor {
        MeterSupervisor(
            name: MeterName(unit: 5, endpoint: "192.168.0.4:502"),
            rules: ChargingRules(),
            startedAt: .start
        )
    }

    private func at(_ seconds: Double) -> Instant { Instant(sinceStart: .seconds(seconds)) }

    @Test("The three texts come in order, each once, at their times")
    func texts() {
        var meter = supervisor()
        var log: [(Double, String)] = []
        for second in 0..<200 {
            let now = at(Double(second))
            let notes =
                (10..<150).contains(second) ? meter.missed(silence, at: now) : meter.measured(at: now)
            log += notes.map { (Double(second), $0.text) }
        }
        #expect(
            log.map(\.1) == [
                "TCP MODBUS unit 5 connected via 192.168.0.4:502",
                "Communication warning for modbus unit 5",
                "Communication error for modbus unit 5",
                "TCP MODBUS unit 5 connected via 192.168.0.4:502",
            ]
        )
        #expect(log.map(\.0) == [0, 12, 130, 152])
    }

    @Test("Two failed reads and a good one are no loss")
    func singleFailures() {
        var meter = supervisor()
        _ = meter.measured(at: at(0))
        for second in 1..<60 {
            let now = at(Double(second))
            let notes = second % 3 == 0 ? meter.measured(at: now) : meter.missed(silence, at: now)
            #expect(notes.isEmpty)
        }
        #expect(meter.state == .normal)
    }

    @Test("Five seconds without any event are a loss")
    func age() {
        var meter = supervisor()
        _ = meter.measured(at: at(0))
        #expect(meter.nextDeadline == at(5))
        #expect(meter.timePassed(at: at(4.9)).isEmpty)
        #expect(meter.timePassed(at: at(5)).map(\.id) == ["meter.warning"])
    }

    @Test("A permanent fault is a loss at once")
    func permanent() {
        var meter = supervisor()
        _ = meter.measured(at: at(0))
        let notes = meter.missed(MissedMeasurement(cause: "illegal data address", isPermanent: true), at: at(1))
        #expect(notes.map(\.id) == ["meter.warning"])
        #expect(notes[0].cause.contains("illegal data address"))
    }

    @Test("A meter that never answered is a loss after five seconds, then an error")
    func neverThere() {
        var meter = supervisor()
        var texts: [String] = []
        for second in 0..<130 { texts += meter.missed(silence, at: at(Double(second))).map(\.id) }
        #expect(texts == ["meter.warning", "meter.error"])
    }

    @Test("Each loss within ten minutes doubles the good reads that the return needs")
    func flapping() {
        var meter = supervisor()
        var now = 0.0
        var needed: [Int] = []
        _ = meter.measured(at: at(now))
        for _ in 0..<9 {
            for _ in 0..<3 {
                now += 1
                _ = meter.missed(silence, at: at(now))
            }
            var reads = 0
            while meter.state.isLost, reads < 1000 {
                now += 0.1
                reads += 1
                _ = meter.measured(at: at(now))
            }
            needed.append(reads)
        }
        #expect(needed == [3, 6, 12, 24, 48, 96, 192, 300, 300])
    }
}
