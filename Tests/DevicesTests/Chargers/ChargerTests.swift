// SPDX-License-Identifier: Apache-2.0
import Devices
import Modbus
import ModbusNIO
import Quantities
import TestSupport
import Testing

@Suite("Stations over TCP")
struct ChargerTests {
    /// Fills a server with a station of two sockets as the documents describe it.
    private static func station(_ profile: ChargerProfile) -> RegisterServer {
        let server = RegisterServer()
        server.set([UInt16](repeating: 0, count: 79), at: 100, unit: 200)
        for field in profile.identification {
            let text = field.name == "maker" ? "Alfen NV" : "NG910"
            server.set(MeterImage.words(text, field.content, order: .highWordFirst), at: field.address, unit: 200)
        }
        set(server, 90_061_000, .u64, 174, 200)
        for unit: UInt8 in [1, 2] {
            server.set([UInt16](repeating: 0xFFFF, count: 125), at: 300, unit: unit)
            set(server, 120, .u64, 301, unit)
            for (index, current) in [15.9, 0, 0.25].enumerated() { set(server, current, .f32, 320 + 2 * index, unit) }
            server.set([1] + MeterImage.words("C2", .text(registers: 5), order: .highWordFirst), at: 1200, unit: unit)
            set(server, 16, .f32, 1206, unit)
            set(server, 58, .u32, 1208, unit)
            set(server, 16.5, .f32, 1210, unit)
            set(server, 6, .f32, 1212, unit)
            server.set([1, 3], at: 1214, unit: unit)
        }
        return server
    }

    private static func set(
        _ server: RegisterServer,
        _ value: Double,
        _ type: RegisterType,
        _ address: Int,
        _ unit: UInt8
    ) {
        server.set(type.encode(value, order: .highWordFirst) ?? [], at: address, unit: unit)
    }

    private static func charger(_ profile: ChargerProfile, _ client: ModbusClient) -> Charger {
        Charger(profile: profile, client: client, timekeeper: Timekeeper(VirtualClock()))
    }

    @Test("A status tells everything about each socket")
    func status() async throws {
        let profile = try ProfileCatalogue().charger("alfen-ng9xx")
        let server = Self.station(profile)
        let status = try await server.serve { try await Self.charger(profile, $0).readStatus() }
        var socket = SocketReading(unit: 1)
        socket.mode3 = .c2
        socket.applied = Amperes(16)
        socket.setpoint = Amperes(milliamperes: 16_500)
        socket.validityRemaining = .seconds(58)
        socket.accountedFor = true
        socket.safeCurrent = Amperes(6)
        socket.currents = PerPhase(Amperes(milliamperes: 15_900), .zero, Amperes(milliamperes: 250))
        socket.measurementAge = .milliseconds(120)
        #expect(status.uptime == .seconds(90_061))
        #expect(status.sockets.map(\.unit) == [1, 2])
        // The float nearest to 15.9 is a little less; measured load rounds up.
        #expect(status.sockets.first == socket)
    }

    @Test("A poll is one request to the station and two to each socket")
    func requests() async throws {
        let profile = try ProfileCatalogue().charger("alfen-ng9xx")
        let server = Self.station(profile)
        try await server.serve { client in
            let charger = Self.charger(profile, client)
            _ = try await charger.readStatus()
            server.forgetRequests()
            _ = try await charger.readStatus()
            #expect(
                server.requests == [
                    .readHoldingRegisters(address: 174, count: 4),
                    .readHoldingRegisters(address: 301, count: 25), .readHoldingRegisters(address: 1200, count: 16),
                    .readHoldingRegisters(address: 301, count: 25), .readHoldingRegisters(address: 1200, count: 16),
                ]
            )
        }
    }

    @Test("What a station cannot tell is absent, not zero")
    func absent() async throws {
        let profile = try ProfileCatalogue().charger("alfen-ng9xx")
        let server = Self.station(profile)
        server.set([UInt16](repeating: 0xFFFF, count: 25), at: 301, unit: 1)
        server.set([UInt16](repeating: 0xFFFF, count: 16), at: 1200, unit: 1)
        let status = try await server.serve { try await Self.charger(profile, $0).readStatus() }
        #expect(status.sockets.first == SocketReading(unit: 1))
    }

    @Test("A setpoint goes out as both registers in one request and comes back as written")
    func write() async throws {
        let profile = try ProfileCatalogue().charger("alfen-ng9xx")
        let server = Self.station(profile)
        try await server.serve { client in
            let charger = Self.charger(profile, client)
            for (order, written) in [(16_099, 16_000), (5_900, 0), (12_300, 12_300)] {
                server.forgetRequests()
                let result = try await charger.setMaximumCurrent(Amperes(milliamperes: order), unit: 2)
                #expect(result.milliamperes == written)
                #expect(server.requests.count == 1)
                let words = server.words(at: 1210, count: 2, unit: 2) ?? []
                let decoded = RegisterType.f32.decode(words, order: .highWordFirst)?.double ?? .infinity
                #expect(decoded <= Double(written) / 1000)
                #expect(decoded > Double(written) / 1000 - 0.001)
            }
        }
    }

    @Test("A refused setpoint says what to enable")
    func refused() async throws {
        let profile = try ProfileCatalogue().charger("alfen-ng9xx")
        let server = Self.station(profile)
        server.refuse(with: .illegalFunction)
        let error = await #expect(throws: ChargerError.self) {
            try await server.serve { try await Self.charger(profile, $0).setMaximumCurrent(Amperes(16), unit: 1) }
        }
        #expect(error == .exception(.illegalFunction))
        #expect(error?.isPermanent == true)
        #expect(error?.description.contains("maximum currents are enabled") == true)
    }

    @Test("Another maker's station is refused")
    func foreign() async throws {
        let profile = try ProfileCatalogue().charger("alfen-ng9xx")
        let server = Self.station(profile)
        server.set(MeterImage.words("Other", .text(registers: 5), order: .highWordFirst), at: 117, unit: 200)
        let error = await #expect(throws: ChargerError.self) {
            try await server.serve { try await Self.charger(profile, $0).readStatus() }
        }
        guard case .wrongDevice(_, "maker \"Other\"") = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }

    @Test("A current that no socket carries is not believed")
    func implausible() async throws {
        let profile = try ProfileCatalogue().charger("alfen-ng9xx")
        let server = Self.station(profile)
        Self.set(server, 4.6e12, .f32, 320, 1)
        await #expect(throws: ChargerError.implausible("the current L1 is \(Double(Float(4.6e12))) A")) {
            try await server.serve { try await Self.charger(profile, $0).readStatus() }
        }
    }
}
