// SPDX-License-Identifier: Apache-2.0
import Quantities
import Testing

@Suite("Amperes")
struct AmperesTests {
    @Test(
        "Rounding has the direction that its name says",
        arguments: [(5.9999, 5999, 6000), (-0.0001, -1, 0), (16, 16000, 16000), (0.29, 290, 290), (6.0005, 6000, 6001)]
    )
    func rounding(number: Double, down: Int, up: Int) {
        #expect(Amperes(roundingDown: number)?.milliamperes == down)
        #expect(Amperes(roundingUp: number)?.milliamperes == up)
    }

    @Test(
        "What is not a number or absurd is not a current",
        arguments: [Double.nan, .infinity, -.infinity, 1e7, -1e300]
    )
    func absurd(number: Double) {
        #expect(Amperes(roundingDown: number) == nil)
        #expect(Amperes(roundingUp: number) == nil)
    }

    @Test("Arithmetic saturates and never traps")
    func saturation() {
        let most = Amperes(milliamperes: .max)
        #expect(most + most == most)
        #expect(-most - most == -most)
        #expect(most * .max == most)
        #expect(most * -2 == -most)
        #expect(Amperes(Int.max) == most)
    }

    @Test(
        "Setpoints are rounded down to the step",
        arguments: [(14_649, 100, 14_600), (6000, 1000, 6000), (-50, 100, -100), (7, 0, 7)]
    )
    func steps(value: Int, step: Int, rounded: Int) {
        let result = Amperes(milliamperes: value).roundedDown(toMultipleOf: Amperes(milliamperes: step))
        #expect(result.milliamperes == rounded)
    }

    @Test(
        "The text has at least one decimal",
        arguments: [(12_000, "12.0 A"), (-50, "-0.05 A"), (12_345, "12.345 A"), (0, "0.0 A"), (600, "0.6 A")]
    )
    func text(value: Int, text: String) {
        #expect(Amperes(milliamperes: value).description == text)
    }
}

@Suite("Phases")
struct PhaseTests {
    @Test("There are nine connections and each name reads back")
    func names() {
        #expect(PhaseRotation.all.count == 9)
        for rotation in PhaseRotation.all { #expect(PhaseRotation(rotation.description) == rotation) }
        for wrong in ["", "L4", "L1L1L1", "L1L2", "l1l2l3"] { #expect(PhaseRotation(wrong) == nil) }
    }

    @Test("A rotated socket loads the phases its name says")
    func rotation() throws {
        let rotation = try #require(PhaseRotation("L2L3L1"))
        #expect(rotation.onSite(PerPhase(1, 2, 3), empty: 0) == PerPhase(3, 1, 2))
        let single = try #require(PhaseRotation("L3"))
        #expect(single.onSite(PerPhase(1, 2, 3), empty: 0) == PerPhase(0, 0, 1))
    }
}
