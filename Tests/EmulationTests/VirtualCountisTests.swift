// SPDX-License-Identifier: Apache-2.0
import Emulation
import Modbus
import ModbusNIO
import Quantities
import Testing

@Suite("A virtual Countis E27")
struct VirtualCountisTests {
    private static func hours(_ hours: Int) -> Instant { Instant(sinceStart: .seconds(hours * 3600)) }

    /// 10 A import on L1, 4.5 A export on L2, 20 A on L3, power factor 0.8.
    private static let mixed = Supply(
        currents: PerPhase(Amperes(10), Amperes(milliamperes: -4500), Amperes(20)),
        voltages: PerPhase(Volts(millivolts: 230_000), Volts(millivolts: 231_500), Volts(millivolts: 228_000)),
        powerFactorPermille: 800,
        millihertz: 49_980
    )

    @discardableResult
    private static func withMeter<Result>(
        settings: CountisSettings = CountisSettings(),
        _ body: (VirtualCountis, ModbusClient) async throws -> Result
    ) async throws -> Result {
        let meter = VirtualCountis(settings: settings)
        meter.measure(mixed, at: .start)
        return try await withLink(to: meter, meter.serverConfiguration(port: 0)) { try await body(meter, $0) }
    }

    @Test("identifies itself")
    func identification() async throws {
        try await Self.withMeter { _, client in
            let head = try await client.words(50000, 8, unit: 5)
            #expect((0..<4).map { head.u16(50000 + $0) } == "SOCO".utf8.map { Int($0) })
            #expect(head.u16(50004) == 100)
            #expect(try await client.words(50008, 5, unit: 5).words.count == 5)
            #expect(try await client.words(50018, 2, unit: 5).words.count == 2)
            #expect(try await client.words(50030, 4, unit: 5).text(50030, count: 4) == "1.10")
            let names = try await client.words(50042, 24, unit: 5)
            #expect(names.text(50042, count: 8) == "SOCOMEC")
            #expect(names.text(50050, count: 8) == "COUNTIS")
            #expect(names.text(50058, count: 8) == "COUNTIS E27")
        }
    }

    @Test("shows currents without sign and powers with it, in the documented units")
    func measurements() async throws {
        try await Self.withMeter { _, client in
            let block = try await client.words(50512, 62, unit: 5)
            // U12 = √(230² + 231.5² + 230·231.5) and so on.
            #expect([50514, 50516, 50518].map(block.u32) == [39967, 39794, 39664])
            #expect([50520, 50522, 50524].map(block.u32) == [23000, 23150, 22800])
            #expect(block.u32(50526) == 49980)
            #expect([50528, 50530, 50532].map(block.u32) == [10_000, 4500, 20_000])
            // |10∠0° − 4.5∠−120° + 20∠120°|
            #expect(block.u32(50534) == 21_337)
            // 2300, 1041.75 and 4560 VA.
            #expect(block.s32(50536) == 465)
            #expect(block.s32(50538) == 474)
            #expect(block.u32(50540) == 790)
            #expect(block.s32(50542) == 589)
            #expect([50544, 50546, 50548].map(block.s32) == [184, -83, 365])
            #expect([50550, 50552, 50554].map(block.s32) == [138, 63, 274])
            #expect([50556, 50558, 50560].map(block.u32) == [230, 104, 456])
            #expect([50562, 50564, 50566].map(block.s32) == [800, 800, 800])
            #expect([50568, 50570, 50572].map(block.u32) == [11_500, 39_808, 22_983])
        }
    }

    @Test("shows the same in its block of single registers, and the phase order")
    func shortMeasurements() async throws {
        try await Self.withMeter { _, client in
            let block = try await client.words(51280, 36, unit: 5)
            #expect((51281...51283).map(block.u16) == [39967, 39794, 39664])
            #expect((51284...51286).map(block.u16) == [23000, 23150, 22800])
            #expect(block.u16(51287) == 4998)
            #expect(block.s16(51295) == 589)
            #expect((51305...51307).map(block.s16) == [800, 800, 800])
            #expect((51308...51310).map(block.u16) == [11_500, 39_808, 22_983])
            #expect(block.u16(51315) == 0)
        }
    }

    @Test("allows the station's own read: 54 registers from 50514")
    func stationRead() async throws {
        try await Self.withMeter { _, client in
            let block = try await client.words(50514, 54, unit: 5)
            #expect([50528, 50530, 50532].map(block.u32) == [10_000, 4500, 20_000])
        }
    }

    @Test("counts imported and exported energy apart, in kWh and in 10 Wh")
    func energies() async throws {
        let meter = VirtualCountis(countedImport: WattHours(milliwattHours: 2_000_000_000))
        meter.measure(Supply(currents: PerPhase(repeating: Amperes(10))), at: .start)
        meter.measure(Supply(currents: PerPhase(repeating: Amperes(-5))), at: Self.hours(2))
        meter.measure(Supply(currents: .zero), at: Self.hours(4))
        try await withLink(to: meter, meter.serverConfiguration(port: 0)) { client in
            // 6.9 kW for two hours in, 3.45 kW for two hours out; 2000 kWh before.
            let kilo = try await client.words(0xC652, 20, unit: 5)
            #expect([0xC652, 0xC654, 0xC656, 0xC658, 0xC65A].map(kilo.u32) == [2013, 0, 2020, 6, 0])
            #expect([0xC65C, 0xC65E, 0xC660, 0xC662, 0xC664].map(kilo.u32) == [13, 0, 20, 6, 0])
            let tens = try await client.words(0xC702, 20, unit: 5)
            #expect([0xC702, 0xC704, 0xC706, 0xC708, 0xC70A].map(tens.u32) == [201_380, 0, 202_070, 690, 0])
            #expect(tens.u32(0xC70C) == 1380)
            let tariffs = try await client.words(0xC800, 38, unit: 5)
            #expect(tariffs.u16(0xC800) == 1)
            #expect(tariffs.u16(0xC801) == 1)
            #expect(tariffs.u32(0xC802) == 201_380)
            #expect(tariffs.u32(0xC822) == 4)
            #expect(try await client.words(0xC6A0, 38, unit: 5).u32(0xC6A2) == 2013)
            #expect(try await client.words(51280, 36, unit: 5).u16(51311) == 2)
            try await client.writeSingleRegister(address: 0xE222, value: 0xFFFF, unit: 5)
            let reset = try await client.words(0xC652, 20, unit: 5)
            #expect(reset.u32(0xC652) == 2013)
            #expect(reset.u32(0xC65C) == 0)
        }
    }

    @Test(
        "refuses addresses that do not exist with exception 2",
        arguments: [0, 49999, 50013, 50511, 50574, 51279, 51316, 0xC651, 0xC666, 0xE001, 65535] as [UInt16]
    )
    func unknownAddresses(address: UInt16) async throws {
        try await Self.withMeter { _, client in
            await #expect(throws: ModbusClientError.exception(.illegalDataAddress)) {
                try await client.readHoldingRegisters(address: address, count: 1, unit: 5)
            }
        }
    }

    @Test("has functions 3, 6 and 16 only")
    func functions() async throws {
        try await Self.withMeter { _, client in
            await #expect(throws: ModbusClientError.exception(.illegalFunction)) {
                try await client.readInputRegisters(address: 50528, count: 2, unit: 5)
            }
        }
    }

    @Test("does not answer other units, unless told to")
    func units() async throws {
        var settings = CountisSettings()
        settings.furtherUnits = [255]
        let meter = VirtualCountis(settings: settings)
        #expect(meter.respond(to: .readHoldingRegisters(address: 50528, count: 2), unit: 1) == .silence)
        #expect(meter.respond(toMalformed: .readHoldingRegisters, unit: 1) == .silence)
        let answer = meter.respond(to: .readHoldingRegisters(address: 50528, count: 2), unit: 255)
        #expect(answer == .now(.readHoldingRegisters([0, 0])))
    }

    @Test("keeps its address unless it is unlocked, and changes it once it is stored")
    func address() async throws {
        try await Self.withMeter { _, client in
            await #expect(throws: ModbusClientError.exception(.illegalDataAddress)) {
                try await client.writeSingleRegister(address: 0xE000, value: 9, unit: 5)
            }
        }
        var settings = CountisSettings()
        settings.isUnlocked = true
        try await Self.withMeter(settings: settings) { meter, client in
            try await client.writeSingleRegister(address: 0xE000, value: 9, unit: 5)
            #expect(try await client.words(0xE000, 1, unit: 5).u16(0xE000) == 5)
            await #expect(throws: ModbusClientError.exception(.illegalDataValue)) {
                try await client.writeSingleRegister(address: 0xE000, value: 248, unit: 5)
            }
            try await client.writeSingleRegister(address: 0xE200, value: 0xA1, unit: 5)
            #expect(meter.settings.unit == 9)
            #expect(try await client.words(0xE000, 1, unit: 9).u16(0xE000) == 9)
        }
    }

    @Test("refuses writes to anything it measures")
    func readOnly() async throws {
        try await Self.withMeter { _, client in
            await #expect(throws: ModbusClientError.exception(.illegalDataAddress)) {
                try await client.writeMultipleRegisters(address: 50528, values: [0, 0], unit: 5)
            }
        }
    }

    @Test("bears four clients; the quietest gives way to a fifth")
    func clients() async throws {
        let meter = VirtualCountis()
        let server = try await ModbusServer.start(meter.serverConfiguration(port: 0), responder: meter)
        let clients = (0..<5).map { _ in connect(to: server.port) }
        for client in clients { _ = try await client.words(50528, 2, unit: 5) }
        #expect(server.counters.openConnections == 4)
        #expect(server.counters.evictions == 1)
        for client in clients { await client.close() }
        await server.stop()
    }
}
