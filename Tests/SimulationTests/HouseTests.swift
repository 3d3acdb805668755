// SPDX-License-Identifier: Apache-2.0
import Quantities
import Simulation
import Testing

@Suite("A house")
struct HouseTests {
    @Test("takes from the grid what it uses, what its cars draw on their phases, less what the sun gives")
    func gridCurrents() throws {
        let house = House(
            load: LoadTrace(constant: PerPhase(Amperes(5), Amperes(6), Amperes(7))),
            solar: .trace(LoadTrace(constant: PerPhase(Amperes(-10), .zero, .zero)))
        )
        let rotation = try #require(PhaseRotation("L2L3L1"))
        let single = try #require(PhaseRotation("L3"))
        let taps = [
            House.Tap(currents: PerPhase(Amperes(1), Amperes(2), Amperes(3)), rotation: rotation),
            House.Tap(currents: PerPhase(Amperes(16), .zero, .zero), rotation: single),
        ]
        #expect(house.background(at: .start) == PerPhase(Amperes(-5), Amperes(6), Amperes(7)))
        #expect(house.gridCurrents(at: .start, taps: taps) == PerPhase(Amperes(-2), Amperes(7), Amperes(25)))
    }

    @Test("exports most halfway between sunrise and sunset, and nothing at night")
    func clearDay() {
        let peak = PerPhase(Amperes(10), Amperes(8), .zero)
        let solar = Solar.clearDay(peak: peak, sunrise: .seconds(21_600), sunset: .seconds(64_800))
        func current(hour: Int) -> PerPhase<Amperes> { solar.current(at: Instant(sinceStart: .seconds(hour * 3600))) }
        #expect(current(hour: 12) == PerPhase(Amperes(-10), Amperes(-8), .zero))
        #expect(current(hour: 36) == current(hour: 12))
        #expect(current(hour: 6) == .zero && current(hour: 18) == .zero && current(hour: 3) == .zero)
        #expect(current(hour: 9) == current(hour: 15))
        #expect(current(hour: 9).l1 > current(hour: 12).l1 && current(hour: 9).l1 < .zero)
    }

    @Test("counts the sun's hours from midnight")
    func midnight() {
        let peak = PerPhase(repeating: Amperes(10))
        let noon = Solar.clearDay(
            peak: peak,
            sunrise: .seconds(21_600),
            sunset: .seconds(64_800),
            midnight: .seconds(43_200)
        )
        #expect(noon.current(at: .start).l1 == Amperes(-10))
    }
}
