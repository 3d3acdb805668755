// SPDX-License-Identifier: Apache-2.0
import Quantities
import Simulation
import Testing

@Suite("A virtual station")
struct VirtualStationTests {
    private static func socket(_ change: (inout VirtualSocket.Settings) -> Void = { _ in }) -> VirtualSocket.Settings {
        var settings = VirtualSocket.Settings()
        change(&settings)
        return settings
    }

    private static func at(_ seconds: Double) -> Instant { Instant(sinceStart: .milliseconds(Int(seconds * 1000))) }

    /// A station with one socket and a quick car that has been offered the safe current since 0 s.
    private static func charging(_ change: (inout Car.Settings) -> Void = { _ in }) -> VirtualStation {
        var station = VirtualStation()
        var settings = Car.Settings()
        settings.startDelay = .seconds(4)
        change(&settings)
        station.plugIn(Car(settings), socket: 0)
        station.advance(to: at(30))
        return station
    }

    @Test("offers its safe current until it gets a setpoint, and reads back 0 meanwhile")
    func beforeFirstWrite() {
        let status = Self.charging().status(ofSocket: 0)
        #expect(status.applied == Amperes(6))
        #expect(status.setpoint == .zero)
        #expect(status.validityRemaining == .zero)
        #expect(!status.isAccountedFor)
        #expect(status.currents == PerPhase(repeating: Amperes(6)))
        #expect(status.state == .c2)
    }

    @Test("applies a setpoint for its validity time and then falls to its safe current")
    func validity() throws {
        var station = Self.charging()
        try station.write(setpoint: Amperes(13), socket: 0)
        #expect(station.status(ofSocket: 0).validityRemaining == .seconds(60))
        station.advance(to: Self.at(89.9))
        #expect(station.status(ofSocket: 0).applied == Amperes(13))
        #expect(station.status(ofSocket: 0).validityRemaining == .milliseconds(100))
        #expect(station.status(ofSocket: 0).isAccountedFor)
        #expect(station.status(ofSocket: 0).currents.l1 == Amperes(13))
        station.advance(to: Self.at(90))
        let lapsed = station.status(ofSocket: 0)
        #expect(lapsed.applied == Amperes(6))
        #expect(lapsed.setpoint == Amperes(6))
        #expect(!lapsed.isAccountedFor)
        station.advance(to: Self.at(95))
        #expect(station.status(ofSocket: 0).currents.l1 == Amperes(6))
    }

    @Test("starts the countdown anew with every write, even of the same value")
    func renewal() throws {
        var station = Self.charging()
        for second in stride(from: 30.0, through: 200, by: 50) {
            station.advance(to: Self.at(second))
            try station.write(setpoint: Amperes(13), socket: 0)
        }
        station.advance(to: Self.at(230))
        #expect(station.status(ofSocket: 0).applied == Amperes(13))
    }

    @Test("lapses in the middle of a long advance as in short ones")
    func longAdvance() throws {
        var short = Self.charging()
        try short.write(setpoint: Amperes(16), socket: 0)
        var long = short
        for second in 31...200 { short.advance(to: Self.at(Double(second))) }
        long.advance(to: Self.at(200))
        #expect(short.status(ofSocket: 0).currents == long.status(ofSocket: 0).currents)
        #expect(abs(short.status(ofSocket: 0).energy.wattHours - long.status(ofSocket: 0).energy.wattHours) < 0.1)
    }

    @Test(
        "never offers more than socket and station allow",
        arguments: [(32, 16, 32, 16), (13, 16, 32, 13), (32, 32, 20, 20), (32, 10, 8, 8)]
    )
    func maxima(setpoint: Int, socket: Int, station stationMaximum: Int, expected: Int) throws {
        var station = VirtualStation(
            sockets: [Self.socket { $0.maximumCurrent = Amperes(socket) }],
            maximumCurrent: Amperes(stationMaximum)
        )
        station.plugIn(Car(), socket: 0)
        try station.write(setpoint: Amperes(setpoint), socket: 0)
        #expect(station.status(ofSocket: 0).applied == Amperes(expected))
    }

    @Test("divides its maximum among its sockets in use")
    func sharing() throws {
        var station = VirtualStation(sockets: [Self.socket(), Self.socket()], maximumCurrent: Amperes(20))
        station.plugIn(Car(), socket: 0)
        try station.write(setpoint: Amperes(16), socket: 0)
        try station.write(setpoint: Amperes(16), socket: 1)
        #expect(station.status(ofSocket: 0).applied == Amperes(16))
        station.plugIn(Car(), socket: 1)
        #expect(station.status(ofSocket: 0).applied == Amperes(10))
        #expect(station.status(ofSocket: 1).applied == Amperes(10))
        try station.write(setpoint: Amperes(7), socket: 1)
        #expect(station.status(ofSocket: 0).applied == Amperes(13))
        station.networkLimit = Amperes(12)
        try station.write(setpoint: Amperes(16), socket: 1)
        #expect(station.status(ofSocket: 0).applied == Amperes(6))
    }

    @Test("pauses at a setpoint below 6 A: C2, C1, B1; and resumes: B2, C2", arguments: [0, 5999])
    func pauseAndResume(milliamperes: Int) throws {
        var station = Self.charging()
        try station.write(setpoint: Amperes(milliamperes: milliamperes), socket: 0)
        #expect(station.status(ofSocket: 0).state == .c1)
        #expect(station.status(ofSocket: 0).applied == .zero)
        station.advance(to: Self.at(40))
        #expect(station.status(ofSocket: 0).state == .b1)
        #expect(station.status(ofSocket: 0).currents == .zero)
        try station.write(setpoint: Amperes(16), socket: 0)
        #expect(station.status(ofSocket: 0).state == .b2)
        station.advance(to: Self.at(60))
        #expect(station.status(ofSocket: 0).state == .c2)
        #expect(station.status(ofSocket: 0).currents.l1 == Amperes(16))
    }

    @Test("cuts a car off that still draws 6 s after its pause")
    func contactor() throws {
        var station = Self.charging {
            $0.deadTime = .seconds(5)
            $0.rampDown = Amperes(1)
        }
        try station.write(setpoint: .zero, socket: 0)
        station.advance(to: Self.at(35.9))
        #expect(station.status(ofSocket: 0).currents.l1 > Amperes(5))
        station.advance(to: Self.at(36))
        #expect(station.status(ofSocket: 0).currents.l1 == .zero)
    }

    @Test("loses its setpoints when it restarts, and applies the safe current after it")
    func reboot() throws {
        var station = Self.charging()
        try station.write(setpoint: Amperes(16), socket: 0)
        station.advance(to: Self.at(40))
        #expect(station.uptime == .seconds(40))
        station.reboot(downtime: .seconds(20))
        #expect(station.isDown)
        #expect(station.status(ofSocket: 0).state == .e)
        #expect(station.status(ofSocket: 0).currents == .zero)
        station.advance(to: Self.at(59))
        #expect(station.status(ofSocket: 0).currents == .zero)
        station.advance(to: Self.at(60))
        #expect(!station.isDown)
        #expect(station.uptime == .zero)
        station.advance(to: Self.at(80))
        let status = station.status(ofSocket: 0)
        #expect(status.setpoint == .zero)
        #expect(status.validityRemaining == .zero)
        #expect(status.applied == Amperes(6))
        #expect(status.currents.l1 == Amperes(6))
        #expect(station.uptime == .seconds(20))
    }

    @Test("shows A without a car, F out of service, and B2 for a full car")
    func states() {
        var station = VirtualStation()
        #expect(station.status(ofSocket: 0).state == .a)
        station.plugIn(Car(stateOfCharge: .full), socket: 0)
        station.advance(to: Self.at(60))
        #expect(station.status(ofSocket: 0).state == .b2)
        station.setOperative(false, socket: 0)
        #expect(station.status(ofSocket: 0).state == .f)
        #expect(station.status(ofSocket: 0).applied == .zero)
    }

    @Test("keeps counting energy over several cars")
    func energy() {
        var station = Self.charging()
        station.advance(to: Self.at(3600))
        let first = station.status(ofSocket: 0).energy
        #expect(first > WattHours(milliwattHours: 4_000_000))
        let leaving = station.unplug(socket: 0)
        #expect(leaving?.draw.energy == first)
        #expect(station.status(ofSocket: 0).energy == first)
        station.plugIn(Car(), socket: 0)
        station.advance(to: Self.at(7200))
        #expect(station.status(ofSocket: 0).energy > first)
    }

    @Test("switches to one conductor only if the installer allowed it")
    func phaseChoice() throws {
        var station = Self.charging()
        #expect(throws: VirtualStation.WriteRefusal.notAllowed) { try station.choose(conductors: 1, socket: 0) }
        station = VirtualStation(sockets: [Self.socket { $0.allowsPhaseChoice = true }])
        station.plugIn(Car(), socket: 0)
        #expect(throws: VirtualStation.WriteRefusal.value) { try station.choose(conductors: 2, socket: 0) }
        try station.choose(conductors: 1, socket: 0)
        station.advance(to: Self.at(60))
        #expect(station.status(ofSocket: 0).currents == PerPhase(Amperes(6), .zero, .zero))
    }

    @Test("wakes a car that sleeps after a pause, when told to do so")
    func wakeUp() throws {
        for wakes in [false, true] {
            var station = VirtualStation(sockets: [
                Self.socket {
                    $0.wakesCars = wakes
                    $0.validity = .seconds(1000)
                }
            ])
            var settings = Car.Settings()
            settings.resumes = false
            station.plugIn(Car(settings), socket: 0)
            station.advance(to: Self.at(60))
            try station.write(setpoint: .zero, socket: 0)
            station.advance(to: Self.at(120))
            try station.write(setpoint: Amperes(16), socket: 0)
            station.advance(to: Self.at(152))
            #expect(station.status(ofSocket: 0).state == (wakes ? .e : .b2))
            station.advance(to: Self.at(200))
            #expect(station.status(ofSocket: 0).currents.l1 == (wakes ? Amperes(16) : .zero))
        }
    }

    @Test("refuses values that no socket can have", arguments: [-1, 1_000_001])
    func values(milliamperes: Int) {
        var station = VirtualStation()
        #expect(throws: VirtualStation.WriteRefusal.value) {
            try station.write(setpoint: Amperes(milliamperes: milliamperes), socket: 0)
        }
    }
}

@Suite("A faulty virtual station")
struct StationFaultTests {
    private static func at(_ seconds: Double) -> Instant { Instant(sinceStart: .milliseconds(Int(seconds * 1000))) }

    private static func station(_ change: (inout StationFaults) -> Void) -> VirtualStation {
        var station = VirtualStation()
        change(&station.faults)
        station.plugIn(Car(), socket: 0)
        station.advance(to: at(30))
        return station
    }

    @Test("shows a setpoint it ignores, and says so")
    func ignores() throws {
        var station = Self.station { $0.ignoresSetpoints = true }
        try station.write(setpoint: Amperes(16), socket: 0)
        let status = station.status(ofSocket: 0)
        #expect(status.setpoint == Amperes(16))
        #expect(status.applied == Amperes(6))
        #expect(!status.isAccountedFor)
    }

    @Test("says it applied a setpoint that it ignores")
    func lies() throws {
        var station = Self.station {
            $0.ignoresSetpoints = true
            $0.liesAboutApplied = true
        }
        try station.write(setpoint: Amperes(8), socket: 0)
        station.advance(to: Self.at(60))
        let status = station.status(ofSocket: 0)
        #expect(status.applied == Amperes(8))
        #expect(status.isAccountedFor)
        #expect(status.currents.l1 == Amperes(6))
    }

    @Test("refuses writes")
    func refuses() {
        var station = Self.station { $0.refusesWrites = true }
        #expect(throws: VirtualStation.WriteRefusal.refused) { try station.write(setpoint: Amperes(8), socket: 0) }
    }

    @Test("applies late, while the countdown runs")
    func late() throws {
        var station = Self.station { $0.applyDelay = .seconds(3) }
        try station.write(setpoint: Amperes(16), socket: 0)
        station.advance(to: Self.at(32.9))
        #expect(station.status(ofSocket: 0).applied == Amperes(6))
        #expect(station.status(ofSocket: 0).setpoint == Amperes(16))
        station.advance(to: Self.at(33))
        #expect(station.status(ofSocket: 0).applied == Amperes(16))
    }

    @Test("jumps to its maximum when the setpoint lapses")
    func ignoresSafeCurrent() throws {
        var station = Self.station { $0.ignoresSafeCurrent = true }
        try station.write(setpoint: Amperes(8), socket: 0)
        #expect(station.status(ofSocket: 0).applied == Amperes(8))
        station.advance(to: Self.at(100))
        #expect(station.status(ofSocket: 0).applied == Amperes(16))
    }

    @Test("obeys whoever wrote last")
    func otherWriter() throws {
        var station = Self.station {
            $0.otherWriter = StationFaults.OtherWriter(socket: 0, setpoint: Amperes(10), period: .seconds(7))
        }
        try station.write(setpoint: Amperes(16), socket: 0)
        #expect(station.status(ofSocket: 0).applied == Amperes(16))
        station.advance(to: Self.at(37.5))
        #expect(station.status(ofSocket: 0).applied == Amperes(10))
        station.advance(to: Self.at(300))
        #expect(station.status(ofSocket: 0).validityRemaining > .seconds(52))
    }
}
