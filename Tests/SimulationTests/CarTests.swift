// SPDX-License-Identifier: Apache-2.0
import Quantities
import Simulation
import Testing

@Suite("A car")
struct CarTests {
    /// A car without any delay, ramp or deviation, so that each test adds the one habit it is about.
    private static func plain(_ change: (inout Car.Settings) -> Void = { _ in }) -> Car {
        var settings = Car.Settings()
        settings.deadTime = .zero
        settings.startDelay = .zero
        settings.rampUp = Amperes(1000)
        settings.rampDown = Amperes(1000)
        change(&settings)
        return Car(settings)
    }

    private static func second(_ seconds: Double) -> Instant {
        Instant(sinceStart: .milliseconds(Int(seconds * 1000)))
    }

    /// The draw per conductor after a car was offered a current at 0 s.
    private static func drawn(_ car: Car, offered: Amperes, after seconds: Double) -> Amperes {
        var car = car
        car.advance(to: .start, offered: offered)
        return car.advance(to: second(seconds), offered: offered).currents.l1
    }

    @Test("uses the first conductors of the socket, as many as it has", arguments: [1, 2, 3])
    func conductors(count: Int) {
        var car = Self.plain { $0.conductors = count }
        car.advance(to: .start, offered: Amperes(10))
        let currents = car.advance(to: Self.second(1), offered: Amperes(10)).currents
        #expect(currents.values == (0..<3).map { $0 < count ? Amperes(10) : .zero })
    }

    @Test("never draws more than its maximum")
    func maximum() {
        #expect(
            Self.drawn(Self.plain { $0.maximumCurrent = Amperes(13) }, offered: Amperes(16), after: 1) == Amperes(13)
        )
    }

    @Test("draws nothing when offered less than its minimum", arguments: [6, 8, 10, 14])
    func minimum(least: Int) {
        let car = Self.plain { $0.minimumCurrent = Amperes(least) }
        #expect(Self.drawn(car, offered: Amperes(milliamperes: least * 1000 - 1), after: 60) == .zero)
        #expect(Self.drawn(car, offered: Amperes(least), after: 60) == Amperes(least))
    }

    @Test("notices a change only after its dead time", arguments: [500, 5000])
    func deadTime(milliseconds: Int) {
        var car = Self.plain { $0.deadTime = .milliseconds(milliseconds) }
        car.advance(to: .start, offered: Amperes(16))
        car.advance(to: Self.second(20), offered: Amperes(8))
        let turn = Self.second(20) + .milliseconds(milliseconds)
        #expect(car.advance(to: turn - .milliseconds(1), offered: Amperes(8)).currents.l1 == Amperes(16))
        #expect(car.advance(to: turn + .milliseconds(100), offered: Amperes(8)).currents.l1 == Amperes(8))
    }

    @Test("rises and falls by its own amperes per second")
    func ramps() {
        var car = Self.plain {
            $0.rampUp = Amperes(2)
            $0.rampDown = Amperes(4)
        }
        car.advance(to: .start, offered: Amperes(16))
        #expect(car.advance(to: Self.second(3), offered: Amperes(16)).currents.l1 == Amperes(6))
        #expect(car.advance(to: Self.second(20), offered: Amperes(6)).currents.l1 == Amperes(16))
        #expect(car.advance(to: Self.second(21.5), offered: Amperes(6)).currents.l1 == Amperes(10))
    }

    @Test("stays below the offer by its offset")
    func offset() {
        let car = Self.plain { $0.offset = Amperes(milliamperes: 900) }
        #expect(Self.drawn(car, offered: Amperes(10), after: 1) == Amperes(milliamperes: 9100))
    }

    @Test("moves in steps of one ampere if it is that kind")
    func steps() {
        let offer = Amperes(milliamperes: 9700)
        #expect(Self.drawn(Self.plain { $0.step = Amperes(1) }, offered: offer, after: 1) == Amperes(9))
        #expect(Self.drawn(Self.plain(), offered: offer, after: 1) == offer)
    }

    @Test("begins to draw after its start delay and is ready only then", arguments: [4, 30])
    func startDelay(seconds: Int) {
        var car = Self.plain { $0.startDelay = .seconds(seconds) }
        car.advance(to: .start, offered: Amperes(16))
        let before = car.advance(to: Self.second(Double(seconds) - 0.1), offered: Amperes(16))
        #expect(before.currents.l1 == .zero)
        #expect(before.pilotState == .b)
        let after = car.advance(to: Self.second(Double(seconds) + 0.1), offered: Amperes(16))
        #expect(after.currents.l1 == Amperes(16))
        #expect(after.pilotState == .c)
    }

    @Test("takes less and less from where its taper starts, and is full in the end", arguments: [80, 92])
    func taper(percent: Int) {
        var settings = Self.plain().settings
        settings.taperStart = StateOfCharge(percent: percent)
        var below = Car(settings, stateOfCharge: StateOfCharge(percent: percent - 1))
        below.advance(to: .start, offered: Amperes(16))
        #expect(below.advance(to: Self.second(1), offered: Amperes(16)).currents.l1 == Amperes(16))
        var half = Car(settings, stateOfCharge: StateOfCharge(permille: percent * 5 + 500))
        half.advance(to: .start, offered: Amperes(16))
        let draw = half.advance(to: Self.second(1), offered: Amperes(16))
        #expect(abs(draw.currents.l1.milliamperes - 8000) < 20)
        #expect(draw.demand == .charge)
        let end = half.advance(to: Self.second(86_400), offered: Amperes(16))
        #expect(end.demand == .full)
        #expect(end.pilotState == .b)
        #expect(end.currents.l1 == .zero)
        #expect(half.stateOfCharge == .full)
    }

    @Test("stops at its own charge limit")
    func chargeLimit() {
        var car = Self.plain { $0.chargeLimit = StateOfCharge(percent: 41) }
        car.advance(to: .start, offered: Amperes(16))
        #expect(car.advance(to: Self.second(7200), offered: Amperes(16)).demand == .full)
        #expect(car.stateOfCharge == StateOfCharge(percent: 41))
    }

    @Test("fills a small battery faster than a large one")
    func capacity() {
        var small = Self.plain { $0.capacity = WattHours(milliwattHours: 20_000_000) }
        var large = Self.plain { $0.capacity = WattHours(milliwattHours: 80_000_000) }
        for second in [0.0, 1800] {
            small.advance(to: Self.second(second), offered: Amperes(16))
            large.advance(to: Self.second(second), offered: Amperes(16))
        }
        // 11.04 kW for half an hour: 5.52 kWh.
        #expect(abs(small.stateOfCharge.permille - 676) <= 1)
        #expect(abs(large.stateOfCharge.permille - 469) <= 1)
    }

    @Test("takes three conductors times voltage times current")
    func energy() {
        var car = Self.plain { $0.voltage = Volts(millivolts: 240_000) }
        car.advance(to: .start, offered: Amperes(10))
        let energy = car.advance(to: Self.second(3600), offered: Amperes(10)).energy.wattHours
        #expect(abs(energy - 7200) < 0.1)
    }

    @Test("charges again after a pause if it resumes")
    func resumes() {
        var car = Self.plain { $0.startDelay = .seconds(4) }
        car.advance(to: .start, offered: Amperes(16))
        #expect(car.advance(to: Self.second(60), offered: .zero).pilotState == .c)
        #expect(car.advance(to: Self.second(120), offered: Amperes(16)).pilotState == .b)
        #expect(car.advance(to: Self.second(180), offered: Amperes(16)).currents.l1 == Amperes(16))
    }

    @Test("sleeps after a pause until it is woken, if it does not resume")
    func sleeps() {
        var car = Self.plain { $0.resumes = false }
        car.advance(to: .start, offered: Amperes(16))
        car.advance(to: Self.second(60), offered: .zero)
        car.advance(to: Self.second(120), offered: Amperes(16))
        let asleep = car.advance(to: Self.second(600), offered: Amperes(16))
        #expect(car.isAsleep)
        #expect(asleep.currents.l1 == .zero)
        #expect(asleep.pilotState == .b)
        #expect(asleep.demand == .charge)
        car.wakeUp()
        #expect(car.advance(to: Self.second(601), offered: Amperes(16)).currents.l1 == Amperes(16))
    }

    @Test("stays in state C in a pause if it does not open its switch")
    func staysReady() {
        var car = Self.plain { $0.opensSwitchWhenPaused = false }
        car.advance(to: .start, offered: Amperes(16))
        car.advance(to: Self.second(60), offered: .zero)
        let paused = car.advance(to: Self.second(120), offered: .zero)
        #expect(paused.pilotState == .c)
        #expect(paused.currents.l1 == .zero)
    }

    @Test("uses no conductor that the station does not supply")
    func suppliedConductors() {
        var car = Self.plain()
        car.suppliedConductors = 1
        car.advance(to: .start, offered: Amperes(16))
        let currents = car.advance(to: Self.second(1), offered: Amperes(16)).currents
        #expect(currents == PerPhase(Amperes(16), .zero, .zero))
    }

    @Test("is the same whether time passes in small or in large steps")
    func stepLength() {
        var fine = Self.plain {
            $0.rampUp = Amperes(3)
            $0.deadTime = .milliseconds(700)
        }
        var coarse = fine
        fine.advance(to: .start, offered: Amperes(12))
        coarse.advance(to: .start, offered: Amperes(12))
        for tenth in 1...600 { fine.advance(to: Self.second(Double(tenth) / 10), offered: Amperes(12)) }
        coarse.advance(to: Self.second(60), offered: Amperes(12))
        #expect(fine.draw.currents == coarse.draw.currents)
        #expect(abs(fine.draw.energy.wattHours - coarse.draw.energy.wattHours) < 0.01)
    }

    @Test("takes an instant of the past for the present")
    func backwards() {
        var car = Self.plain()
        car.advance(to: Self.second(10), offered: Amperes(16))
        let before = car.advance(to: Self.second(20), offered: Amperes(16))
        #expect(car.advance(to: Self.second(5), offered: Amperes(16)) == before)
    }

    @Test("is drawn from known ranges, and the same from the same seed", arguments: [1, 2, 3] as [UInt64])
    func randomSettings(seed: UInt64) {
        var first = SplitMix64(seed: seed)
        var second = SplitMix64(seed: seed)
        for _ in 0..<200 {
            let settings = Car.Settings.random(using: &first)
            #expect(settings == Car.Settings.random(using: &second))
            #expect((Duration.milliseconds(500) ... .seconds(5)).contains(settings.deadTime))
            #expect((Duration.seconds(4) ... .seconds(30)).contains(settings.startDelay))
            #expect((StateOfCharge(percent: 80)...StateOfCharge(percent: 92)).contains(settings.taperStart))
            #expect((Amperes.zero...Amperes(milliamperes: 900)).contains(settings.offset))
            #expect((1...3).contains(settings.conductors))
        }
    }
}
