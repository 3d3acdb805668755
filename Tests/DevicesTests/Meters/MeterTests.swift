// SPDX-License-Identifier: Apache-2.0
import Devices
import Modbus
import ModbusNIO
import Quantities
import TestSupport
import Testing

@Suite("Meters over TCP")
struct MeterTests {
    private static let names = [
        "socomec-countis-e27", "eastron-sdm630", "abb-b23-b24", "carlo-gavazzi-em24", "sunspec-203", "sunspec-213",
    ]

    private static func meter(
        _ profile: MeterProfile,
        _ client: ModbusClient,
        clock: VirtualClock = VirtualClock(),
        change: (inout Meter.Configuration) -> Void = { _ in }
    ) -> Meter {
        var configuration = Meter.Configuration()
        change(&configuration)
        return Meter(profile: profile, client: client, timekeeper: Timekeeper(clock), configuration: configuration)
    }

    @Test("What stands in the registers of a profile comes back as a reading", arguments: names)
    func roundTrip(name: String) async throws {
        let profile = try ProfileCatalogue().meter(name)
        let server = RegisterServer()
        MeterImage(profile, in: server).fill()
        let reading = try await server.serve { try await Self.meter(profile, $0).read() }
        for phase in Phase.allCases {
            #expect(abs(reading.currents[phase].amperes - MeterImage.currents[phase]) < 0.011, "\(phase)")
            #expect(abs((reading.voltages?[phase].volts ?? 0) - MeterImage.voltages[phase]) < 0.11, "\(phase)")
            #expect(abs((reading.powers?[phase].watts ?? 0) - MeterImage.powers[phase]) < 1, "\(phase)")
        }
        #expect(abs((reading.totalPower?.watts ?? 0) - 1500) < 1)
        #expect(abs((reading.frequency ?? 0) - MeterImage.frequency) < 0.01)
        #expect(abs((reading.energyImport?.wattHours ?? 0) - 12_340) < 100)
        #expect(abs((reading.energyExport?.wattHours ?? 0) - 5_670) < 100)
    }

    @Test("The identity is asked once, and each poll after that is a single request", arguments: names)
    func requests(name: String) async throws {
        let profile = try ProfileCatalogue().meter(name)
        let server = RegisterServer()
        MeterImage(profile, in: server).fill()
        let count = try await server.serve { client in
            let meter = Self.meter(profile, client)
            _ = try await meter.read()
            server.forgetRequests()
            for _ in 0..<3 { _ = try await meter.read() }
            return server.requests.count
        }
        #expect(count == 3)
    }

    @Test("Counters are read again after ten seconds, the identity after ten minutes")
    func periods() async throws {
        let profile = try ProfileCatalogue().meter("socomec-countis-e27")
        let server = RegisterServer()
        let image = MeterImage(profile, in: server)
        image.fill()
        let clock = VirtualClock()
        try await server.serve { client in
            let meter = Self.meter(profile, client, clock: clock)
            _ = try await meter.read()
            server.forgetRequests()
            clock.advance(by: .seconds(10))
            _ = try await meter.read()
            #expect(server.requests.count == 2)
            clock.advance(by: .seconds(590))
            server.forgetRequests()
            image.set(.energyImport, 12_350)
            _ = try await meter.read()
            #expect(server.requests.count == 2 + profile.identification.count)
        }
    }

    @Test("A device that calls itself something else is refused by name")
    func wrongDevice() async throws {
        let profile = try ProfileCatalogue().meter("socomec-countis-e27")
        let server = RegisterServer()
        let image = MeterImage(profile, in: server)
        image.fill()
        guard let model = profile.identification.first(where: { $0.name == "model" }) else { return }
        image.identify(model, as: "COUNTIS E23")
        let fault = await #expect(throws: ReadingFault.self) {
            try await server.serve { try await Self.meter(profile, $0).read() }
        }
        guard case .wrongDevice(_, let found) = fault else {
            Issue.record("\(String(describing: fault))")
            return
        }
        #expect(found == "model \"COUNTIS E23\"")
    }

    @Test("A device without the identifying registers is the wrong one")
    func foreignMap() async throws {
        let server = RegisterServer()
        server.set([1, 2, 3], at: 0, unit: 5)
        let profile = try ProfileCatalogue().meter("socomec-countis-e27")
        let fault = await #expect(throws: ReadingFault.self) {
            try await server.serve { try await Self.meter(profile, $0).identify() }
        }
        #expect(fault?.isPermanent == true)
    }

    @Test("A SunSpec device without the model is refused with the models it has")
    func foreignModel() async throws {
        let catalogue = try ProfileCatalogue()
        let server = RegisterServer()
        MeterImage(try catalogue.meter("sunspec-203"), in: server).fill()
        let other = try catalogue.meter("sunspec-213")
        let fault = await #expect(throws: ReadingFault.self) {
            try await server.serve { try await Self.meter(other, $0).read() }
        }
        #expect(
            fault
                == .wrongDevice(
                    expected: "a SunSpec meter with model 213",
                    found: "a SunSpec device with models 1, 203"
                )
        )
    }

    @Test("Another serial number than at commissioning is another meter, also when it changes later")
    func serials() async throws {
        let profile = try ProfileCatalogue().meter("abb-b23-b24")
        let server = RegisterServer()
        let image = MeterImage(profile, in: server)
        image.fill()
        let clock = VirtualClock()
        try await server.serve { client in
            let expecting = Self.meter(profile, client) { $0.expectedSerial = "777" }
            await #expect(throws: ReadingFault.wrongDevice(expected: "serial number 777", found: "12345")) {
                try await expecting.read()
            }
            let meter = Self.meter(profile, client, clock: clock)
            _ = try await meter.read()
            guard let serial = profile.identification.first(where: { $0.name == "serial" }) else { return }
            image.identify(serial, as: "54321")
            clock.advance(by: .seconds(600))
            for _ in 0..<2 {
                let fault = await #expect(throws: ReadingFault.self) { try await meter.read() }
                #expect(fault?.isPermanent == true)
            }
        }
    }

    @Test("A new connection is asked who it is before its values are believed")
    func reconnected() async throws {
        let profile = try ProfileCatalogue().meter("abb-b23-b24")
        let server = RegisterServer()
        let image = MeterImage(profile, in: server)
        image.fill()
        try await server.serve { client in
            let meter = Self.meter(profile, client)
            _ = try await meter.read()
            guard let serial = profile.identification.first(where: { $0.name == "serial" }) else { return }
            image.identify(serial, as: "54321")
            _ = try await meter.read()
            // The client sends the read once more on a new connection, and the meter notices that it is a new one.
            server.closeAtNextRequest()
            let fault = await #expect(throws: ReadingFault.self) { try await meter.read() }
            guard case .wrongDevice = fault else {
                Issue.record("\(String(describing: fault))")
                return
            }
        }
    }

    @Test("A sentinel in any phase loses the whole reading", arguments: Phase.allCases)
    func sentinel(phase: Phase) async throws {
        let profile = try ProfileCatalogue().meter("socomec-countis-e27")
        let server = RegisterServer()
        let image = MeterImage(profile, in: server)
        image.fill()
        image.set([0xFFFF, 0xFFFF], of: .current(phase))
        await #expect(throws: ReadingFault.notAvailable(.current(phase))) {
            try await server.serve { try await Self.meter(profile, $0).read() }
        }
    }

    @Test("A lost phase is named, and the next good reading is taken")
    func phaseMissing() async throws {
        let profile = try ProfileCatalogue().meter("socomec-countis-e27")
        let server = RegisterServer()
        let image = MeterImage(profile, in: server)
        image.fill()
        try await server.serve { client in
            let meter = Self.meter(profile, client)
            image.set(.voltage(.l2), 0)
            image.set(.current(.l2), 0)
            image.set(.power(.l2), 0)
            await #expect(throws: ReadingFault.phaseMissing(.l2)) { try await meter.read() }
            image.fill()
            _ = try await meter.read()
        }
    }

    @Test(
        "An exception of the device is passed on with its code",
        arguments: [ExceptionCode.illegalDataAddress, .serverDeviceBusy, .gatewayTargetDeviceFailedToRespond]
    )
    func exceptions(code: ExceptionCode) async throws {
        let profile = try ProfileCatalogue().meter("eastron-sdm630")
        let server = RegisterServer()
        MeterImage(profile, in: server).fill()
        try await server.serve { client in
            let meter = Self.meter(profile, client)
            _ = try await meter.read()
            server.refuse(with: code)
            await #expect(throws: ReadingFault.exception(code)) { try await meter.read() }
        }
    }

    @Test("A meter without counters is still a meter")
    func withoutCounters() async throws {
        let profile = try ProfileCatalogue().meter("abb-b23-b24")
        let whole = RegisterServer()
        MeterImage(profile, in: whole).fill()
        let server = RegisterServer()
        for block in profile.pollBlocks {
            let words = whole.words(at: UInt16(block.address), count: block.count, unit: 1)
            server.set(words ?? [], at: block.address, unit: 1)
        }
        let image = MeterImage(profile, in: server)
        for field in profile.identification where field.name == "model" { image.identify(field) }
        let reading = try await server.serve { try await Self.meter(profile, $0).read() }
        #expect(reading.energyImport == nil)
        #expect(reading.frequency == nil)
        #expect(reading.currents.l1.amperes == 10)
    }

    @Test("Nobody at the address is a fault that waiting may cure")
    func nobody() async throws {
        let profile = try ProfileCatalogue().meter("eastron-sdm630")
        let server = try await ModbusServer.start(ModbusServerConfiguration(port: 0), responder: RegisterServer())
        let port = server.port
        await server.stop()
        let client = ModbusClient(ModbusClientConfiguration(host: "127.0.0.1", port: port))
        let fault = await #expect(throws: ReadingFault.self) { try await Self.meter(profile, client).read() }
        #expect(fault?.isPermanent == false)
        await client.close()
    }
}
