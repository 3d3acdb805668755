// SPDX-License-Identifier: Apache-2.0
import Devices
import Emulation
import Modbus
import ModbusNIO
import Quantities
import Simulation
import TestSupport
import Testing

@Suite("The drivers with their shipped profiles")
struct DriverTests {
    @Test("read import and export from a virtual Countis E27")
    func meter() async throws {
        let countis = VirtualCountis(countedImport: WattHours(milliwattHours: 5_000_000))
        let currents = PerPhase(Amperes(10), Amperes(milliamperes: -4500), Amperes(20))
        countis.measure(Supply(currents: currents), at: .start)
        let profile = try ProfileCatalogue().meter("socomec-countis-e27")
        let timekeeper = Timekeeper(VirtualClock())
        try await withLink(to: countis, countis.serverConfiguration(port: 0)) { client in
            let meter = Meter(profile: profile, client: client, unit: 5, timekeeper: timekeeper)
            let reading = try await meter.read()
            #expect(reading.currents == currents)
            #expect(reading.voltages == PerPhase(repeating: Volts(millivolts: 230_000)))
            // The meter rounds to 10 W.
            #expect(reading.totalPower == Watts(5870))
        }
    }

    @Test("take a meter that says it is another one for the wrong device")
    func wrongMeter() async throws {
        let countis = VirtualCountis()
        countis.faults.foreignName = "DIRIS A40"
        let profile = try ProfileCatalogue().meter("socomec-countis-e27")
        let timekeeper = Timekeeper(VirtualClock())
        try await withLink(to: countis, countis.serverConfiguration(port: 0)) { client in
            let meter = Meter(profile: profile, client: client, unit: 5, timekeeper: timekeeper)
            do {
                _ = try await meter.identify()
                Issue.record("the driver took another device for its meter")
            } catch ReadingFault.wrongDevice {
                // As it should be.
            }
        }
    }

    @Test("read and steer a virtual Alfen station")
    func charger() async throws {
        let bench = AlfenBench()
        bench.station.plugIn(Car(), socket: 0)
        bench.clock.advance(by: .seconds(60))
        let profile = try ProfileCatalogue().charger("alfen-ng9xx")
        try await bench.run { client in
            let charger = Charger(
                profile: profile,
                client: client,
                units: [1, 2],
                timekeeper: Timekeeper(bench.clock)
            )
            let before = try await charger.readStatus()
            #expect(before.uptime == .seconds(60))
            #expect(before.sockets.map(\.safeCurrent) == [Amperes(6), Amperes(6)])
            #expect(before.sockets[0].currents == PerPhase(repeating: Amperes(6)))
            let order = Amperes(milliamperes: 13_720)
            let written = try await charger.setMaximumCurrent(order, unit: 1)
            #expect(written == Amperes(milliamperes: 13_700))
            bench.clock.advance(by: .seconds(20))
            let after = try await charger.readStatus()
            #expect(after.sockets[0].mode3?.isCharging == true)
            #expect(after.sockets[0].setpoint == written)
            #expect(after.sockets[0].applied == written)
            #expect(after.sockets[0].accountedFor == true)
            #expect(after.sockets[0].validityRemaining == .seconds(40))
            #expect(after.sockets[0].currents == PerPhase(repeating: written))
            #expect(after.sockets[1].mode3?.hasVehicle == false)
        }
    }
}
