// SPDX-License-Identifier: Apache-2.0
import Devices
import Modbus
import Quantities
import Testing

@Suite("Reading checks")
struct ReadingChecksTests {
    private static func reading(
        at seconds: Int = 0,
        currents: PerPhase<Double> = PerPhase(10, 6, 3),
        voltages: PerPhase<Double>? = PerPhase(231, 230, 229),
        powers: PerPhase<Double>? = PerPhase(2300, 1380, 680),
        total: Double? = 4360,
        frequency: Double? = 50,
        energy: Double? = 1000
    ) -> MeterReading {
        MeterReading(
            sampledAt: Instant(sinceStart: .seconds(seconds)),
            currents: currents.map { Amperes(milliamperes: Int($0 * 1000)) },
            voltages: voltages?.map { Volts(millivolts: Int($0 * 1000)) },
            powers: powers?.map { Watts(milliwatts: Int($0 * 1000)) },
            totalPower: total.flatMap { Watts($0) },
            frequency: frequency,
            energyImport: energy.flatMap { WattHours($0) }
        )
    }

    private static func fault(_ reading: MeterReading, rating: Amperes? = Amperes(80)) -> ReadingFault? {
        var configuration = ReadingChecks.Configuration()
        configuration.rating = rating
        var checks = ReadingChecks(configuration)
        do {
            _ = try checks.check(reading)
            return nil
        } catch {
            return error
        }
    }

    @Test("A plausible reading passes, with and without the optional values")
    func plausible() {
        #expect(Self.fault(Self.reading()) == nil)
        #expect(Self.fault(Self.reading(voltages: nil, powers: nil, total: nil, frequency: nil, energy: nil)) == nil)
        #expect(
            Self.fault(Self.reading(currents: PerPhase(-10, 6, 3), powers: PerPhase(-2300, 1380, 680), total: -240))
                == nil
        )
        #expect(Self.fault(Self.reading(currents: .init(0, 0, 0), powers: PerPhase(0, 0, 0), total: 0)) == nil)
    }

    @Test("A phase below 100 V is missing and named; one outside 180 V to 270 V cannot be true")
    func voltages() {
        #expect(Self.fault(Self.reading(voltages: PerPhase(231, 0, 229))) == .phaseMissing(.l2))
        #expect(Self.fault(Self.reading(voltages: PerPhase(231, 230, 99))) == .phaseMissing(.l3))
        #expect(
            Self.fault(Self.reading(voltages: PerPhase(130, 230, 229))) == .outOfRange(.voltage(.l1), value: "130.0 V")
        )
        #expect(
            Self.fault(Self.reading(voltages: PerPhase(231, 270.1, 229)))
                == .outOfRange(.voltage(.l2), value: "270.1 V")
        )
        #expect(
            Self.fault(Self.reading(voltages: PerPhase(231, 230, -1))) == .outOfRange(.voltage(.l3), value: "-1.0 V")
        )
    }

    @Test("A phase that the site does not have may be without voltage")
    func otherPhases() {
        var configuration = ReadingChecks.Configuration()
        configuration.phases = [.l1]
        var checks = ReadingChecks(configuration)
        let reading = Self.reading(
            currents: PerPhase(10, 0, 0),
            voltages: PerPhase(231, 0, 0),
            powers: PerPhase(2300, 0, 0),
            total: 2300
        )
        #expect(throws: Never.self) { try checks.check(reading) }
    }

    @Test("All zero is a meter that does not measure yet")
    func zeros() {
        let zero = PerPhase(0.0, 0.0, 0.0)
        #expect(Self.fault(Self.reading(currents: zero, voltages: zero, powers: zero, total: 0)) == .notMeasuring)
    }

    @Test(
        "A frequency of another world is refused",
        arguments: [(44.9, false), (45, true), (65, true), (65.1, false), (0.05, false), (5000, false)]
    )
    func frequency(hertz: Double, isGood: Bool) {
        #expect((Self.fault(Self.reading(frequency: hertz)) == nil) == isGood)
    }

    @Test("A current beyond one and a half times the rating cannot be true, in either direction")
    func range() {
        let powers = PerPhase(0.0, 0.0, 0.0)
        let good = Self.reading(currents: PerPhase(120, 6, 3), powers: powers, total: 0)
        #expect(Self.fault(good) == nil)
        let bad = Self.reading(currents: PerPhase(-120.5, 6, 3), powers: powers, total: 0)
        #expect(Self.fault(bad) == .outOfRange(.current(.l1), value: "-120.5 A"))
        #expect(Self.fault(Self.reading(currents: PerPhase(6001, 6, 3), powers: powers, total: 0), rating: nil) != nil)
    }

    @Test("Nearly the rating is a warning")
    func nearRating() throws {
        var configuration = ReadingChecks.Configuration()
        configuration.rating = Amperes(80)
        var checks = ReadingChecks(configuration)
        let reading = Self.reading(currents: PerPhase(10, 76, -77), powers: nil, total: nil)
        #expect(
            try checks.check(reading) == [
                .nearRating(.l2, Amperes(76), rating: Amperes(80)), .nearRating(.l3, Amperes(-77), rating: Amperes(80)),
            ]
        )
    }

    @Test("Power without the current for it is a contradiction")
    func power() {
        let fault = Self.fault(Self.reading(currents: PerPhase(0.01, 6, 3)))
        guard case .inconsistent(let reason) = fault else {
            Issue.record("\(String(describing: fault))")
            return
        }
        #expect(reason.contains("power L1 is 2300.0 W"))
    }

    @Test("Phases that do not add up to the total are a contradiction")
    func sum() {
        #expect(Self.fault(Self.reading(total: 4500)) == nil)
        guard case .inconsistent = Self.fault(Self.reading(total: 1000)) else {
            Issue.record("accepted")
            return
        }
    }

    @Test("Values that stand still for a minute while current flows are frozen, until one moves")
    func frozen() throws {
        var checks = ReadingChecks()
        for second in 0..<60 { _ = try checks.check(Self.reading(at: second)) }
        for second in [60, 61, 100] {
            #expect(throws: ReadingFault.frozen(since: .start, for: .seconds(second))) {
                try checks.check(Self.reading(at: second))
            }
        }
        for second in 101...160 { _ = try checks.check(Self.reading(at: second, energy: 1010)) }
        #expect(throws: ReadingFault.self) { try checks.check(Self.reading(at: 161, energy: 1010)) }
    }

    @Test("A counter that goes back loses one reading, after a restart or an exchange of the meter")
    func counters() throws {
        var checks = ReadingChecks()
        _ = try checks.check(Self.reading(at: 0, energy: 1000))
        _ = try checks.check(Self.reading(at: 1, energy: nil))
        #expect(throws: ReadingFault.inconsistent("an energy counter went back from 1000.0 Wh to 990.0 Wh")) {
            try checks.check(Self.reading(at: 2, energy: 990))
        }
        _ = try checks.check(Self.reading(at: 3, energy: 990))
    }

    @Test("Values may stand still while no more than 2 A flow")
    func quiet() throws {
        var checks = ReadingChecks()
        for second in 0..<200 {
            _ = try checks.check(
                Self.reading(at: second, currents: PerPhase(2, 0, -2), powers: PerPhase(460, 0, -460), total: 0)
            )
        }
    }

    @Test("A last digit that moves is movement")
    func movement() throws {
        var checks = ReadingChecks()
        for second in 0..<200 {
            let volts = 231 + Double(second / 59 % 2) / 100
            _ = try checks.check(Self.reading(at: second, voltages: PerPhase(volts, 230, 229)))
        }
    }

    @Test(
        "Whether waiting helps is known for every fault, and every fault is told in words",
        arguments: [
            (ReadingFault.noAnswer("timeout"), false), (.exception(.illegalFunction), true),
            (.exception(.illegalDataAddress), true), (.exception(.illegalDataValue), true),
            (.exception(.serverDeviceBusy), false), (.exception(.gatewayTargetDeviceFailedToRespond), false),
            (.exception(ExceptionCode(rawValue: 255)), false), (.notAvailable(.current(.l1)), false),
            (.outOfRange(.frequency, value: "5 Hz"), false), (.inconsistent("x"), false), (.phaseMissing(.l2), false),
            (.notMeasuring, false), (.frozen(since: .start, for: .seconds(60)), true),
            (.wrongDevice(expected: "a", found: "b"), true),
        ]
    )
    func permanence(fault: ReadingFault, isPermanent: Bool) {
        #expect(fault.isPermanent == isPermanent)
        #expect(fault.description.count > 20)
    }
}
