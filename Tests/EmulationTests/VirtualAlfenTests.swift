// SPDX-License-Identifier: Apache-2.0
import Emulation
import Modbus
import ModbusNIO
import Quantities
import Simulation
import TestSupport
import Testing

/// A station under a clock that the test moves.
struct AlfenBench {
    let clock = VirtualClock()
    let station: VirtualAlfen

    init(
        settings: AlfenSettings = AlfenSettings(),
        sockets: [VirtualSocket.Settings] = [VirtualSocket.Settings(), VirtualSocket.Settings()],
        maximumCurrent: Amperes = Amperes(32)
    ) {
        station = VirtualAlfen(
            settings: settings,
            sockets: sockets,
            maximumCurrent: maximumCurrent,
            timekeeper: Timekeeper(clock)
        )
    }

    @discardableResult
    func run<Result>(
        requestTimeout: Duration = .seconds(5),
        _ body: (ModbusClient) async throws -> Result
    ) async throws -> Result {
        try await withLink(to: station, station.serverConfiguration(port: 0), requestTimeout: requestTimeout, body)
    }
}

@Suite("A virtual Alfen station")
struct VirtualAlfenTests {
    @Test("identifies itself at unit 200, with clock and uptime")
    func identification() async throws {
        var settings = AlfenSettings()
        settings.clockAtStart = 1_709_164_799 - 3600  // 28 February 2024, 23:59:59 local time, a leap year.
        let bench = AlfenBench(settings: settings)
        bench.clock.advance(by: .milliseconds(2500))
        try await bench.run { client in
            let block = try await client.words(100, 79, unit: 200)
            #expect(block.text(100, count: 17) == "ALF_1000")
            #expect(block.text(117, count: 5) == "Alfen NV")
            #expect(block.s16(122) == 1)
            #expect(block.text(123, count: 17) == "7.2.0-4300")
            #expect(block.text(140, count: 17) == "NG910")
            #expect(block.text(157, count: 11) == "ACE0123456")
            #expect((168...173).map(block.s16) == [2024, 2, 29, 0, 0, 1])
            #expect(block.u64(174) == 2500)
            #expect(block.s16(178) == 60)
        }
    }

    @Test("shows the station block")
    func stationBlock() async throws {
        try await AlfenBench(maximumCurrent: Amperes(25)).run { client in
            let block = try await client.words(1100, 6, unit: 200)
            #expect(block.f32(1100) == 25)
            #expect(block.f32(1102) == 31)
            #expect(block.u16(1104) == 1)
            #expect(block.u16(1105) == 2)
        }
    }

    @Test("shows the network block of a station that is in no network, and takes no network setpoint")
    func noNetwork() async throws {
        try await AlfenBench().run { client in
            let block = try await client.words(1400, 32, unit: 200)
            #expect(block.text(1400, count: 4) == "")
            #expect(block.u16(1404) == 0)
            #expect([1405, 1407, 1409, 1411, 1413, 1415].map(block.f32) == [0, 0, 0, 0, 0, 0])
            #expect([1417, 1419, 1421].map(block.f32) == [6, 6, 6])
            #expect([1423, 1425, 1427].map(block.u32) == [0, 0, 0])
            #expect(block.f32(1429) == 6)
            #expect(block.u16(1431) == 0)
            await #expect(throws: ModbusClientError.exception(.illegalFunction)) {
                try await client.write(12, at: 1417, unit: 200)
            }
        }
    }

    @Test("shows its meter: 230 V and what the car draws; unavailable values are not numbers")
    func meterBlock() async throws {
        let bench = AlfenBench()
        bench.station.plugIn(Car(), socket: 1)
        bench.clock.advance(by: .seconds(3600))
        try await bench.run { client in
            let low = try await client.words(300, 125, unit: 2)
            #expect(low.u16(300) == 3)
            #expect((29...334).contains(low.u64(301)))
            #expect(low.u16(305) == 0)
            #expect([306, 308, 310].map(low.f32) == [230, 230, 230])
            #expect([312, 314, 316].allSatisfy { abs(low.f32($0) - 398.37) < 0.01 })
            #expect(low.f32(318) == 0)
            #expect([320, 322, 324, 326].map(low.f32) == [6, 6, 6, 18])
            #expect([328, 330, 332, 334].map(low.f32) == [1, 1, 1, 1])
            #expect(low.f32(336) == 50)
            #expect([338, 340, 342, 344].map(low.f32) == [1380, 1380, 1380, 4140])
            #expect([346, 348, 350, 352].map(low.f32) == [1380, 1380, 1380, 4140])
            #expect([354, 356, 358, 360].map(low.f32) == [0, 0, 0, 0])
            // 4.14 kW for an hour, less the seconds until the car drew.
            #expect((4120...4140).contains(low.f64(374)))
            #expect([362, 366, 370, 378, 382, 386, 394, 398, 402, 406, 410, 414, 418].allSatisfy { low.f64($0).isNaN })
            #expect(low.f64(390) == 0)
            #expect(try await client.words(422, 4, unit: 2).f64(422).isNaN)
            let other = try await client.words(320, 8, unit: 1)
            #expect([320, 322, 324, 326].map(other.f32) == [0, 0, 0, 0])
        }
    }

    @Test("has energies per phase with the older meter")
    func olderMeter() async throws {
        var settings = AlfenSettings()
        settings.hasNewerMeter = false
        let bench = AlfenBench(settings: settings)
        bench.station.plugIn(Car(), socket: 0)
        bench.clock.advance(by: .seconds(3600))
        try await bench.run { client in
            let block = try await client.words(362, 64, unit: 1)
            #expect([362, 366, 370].allSatisfy { (1373...1380).contains(block.f64($0)) })
            #expect((4120...4140).contains(block.f64(374)))
            #expect([378, 382, 386, 390, 410, 422].map(block.f64) == [0, 0, 0, 0, 0, 0])
        }
    }

    @Test("shows a socket before any write: safe current, setpoint 0, not accounted for")
    func socketBlock() async throws {
        let bench = AlfenBench()
        try await bench.run { client in
            let block = try await client.words(1200, 16, unit: 1)
            #expect(block.u16(1200) == 1)
            #expect(block.text(1201, count: 5) == "A")
            #expect(block.f32(1206) == 6)
            #expect(block.u32(1208) == 0)
            #expect(block.f32(1210) == 0)
            #expect(block.f32(1212) == 6)
            #expect(block.u16(1214) == 0)
            #expect(block.u16(1215) == 3)
        }
    }

    @Test("takes a setpoint, counts down, and falls to the safe current")
    func setpoint() async throws {
        let bench = AlfenBench()
        bench.station.plugIn(Car(), socket: 0)
        try await bench.run { client in
            try await client.write(13.7, at: 1210, unit: 1)
            bench.clock.advance(by: .milliseconds(59_500))
            let valid = try await client.words(1200, 16, unit: 1)
            #expect(valid.text(1201, count: 5) == "C2")
            #expect([1206, 1210].map(valid.f32) == [13.7, 13.7])
            #expect(valid.u32(1208) == 0)
            #expect(valid.u16(1214) == 1)
            bench.clock.advance(by: .seconds(1))
            let lapsed = try await client.words(1200, 16, unit: 1)
            #expect([1206, 1210].map(lapsed.f32) == [6, 6])
            #expect(lapsed.u16(1214) == 0)
            try await client.write(16, at: 1210, unit: 1)
            #expect(try await client.words(1208, 2, unit: 1).u32(1208) == 60)
            #expect(try await client.words(1208, 2, unit: 2).u32(1208) == 0)
        }
    }

    @Test("pauses at 0: C1 and then B1")
    func pause() async throws {
        let bench = AlfenBench()
        bench.station.plugIn(Car(), socket: 0)
        bench.clock.advance(by: .seconds(30))
        try await bench.run { client in
            try await client.write(0, at: 1210, unit: 1)
            #expect(try await client.words(1201, 5, unit: 1).text(1201, count: 5) == "C1")
            bench.clock.advance(by: .seconds(10))
            #expect(try await client.words(1201, 5, unit: 1).text(1201, count: 5) == "B1")
            #expect(try await client.words(320, 2, unit: 1).f32(320) == 0)
        }
    }

    @Test("refuses half a setpoint, other places and values that are no current")
    func refusedWrites() async throws {
        let bench = AlfenBench()
        try await bench.run { client in
            await #expect(throws: ModbusClientError.exception(.illegalDataValue)) {
                try await client.writeSingleRegister(address: 1210, value: 0x4180, unit: 1)
            }
            for address in [1209, 1211, 1206, 1212, 320, 100] {
                await #expect(throws: ModbusClientError.exception(.illegalDataAddress)) {
                    try await client.write(12, at: address, unit: 1)
                }
            }
            for value in [Float.nan, .infinity, -1, 1001] {
                await #expect(throws: ModbusClientError.exception(.illegalDataValue)) {
                    try await client.write(value, at: 1210, unit: 1)
                }
            }
            let block = try await client.words(1210, 2, unit: 1)
            #expect(block.f32(1210) == 0)
        }
    }

    @Test("switches conductors only with the installer's tick")
    func conductors() async throws {
        var allowed = VirtualSocket.Settings()
        allowed.allowsPhaseChoice = true
        let bench = AlfenBench(sockets: [VirtualSocket.Settings(), allowed])
        try await bench.run { client in
            await #expect(throws: ModbusClientError.exception(.illegalDataValue)) {
                try await client.writeSingleRegister(address: 1215, value: 1, unit: 1)
            }
            await #expect(throws: ModbusClientError.exception(.illegalDataValue)) {
                try await client.writeSingleRegister(address: 1215, value: 2, unit: 2)
            }
            try await client.writeSingleRegister(address: 1215, value: 1, unit: 2)
            #expect(try await client.words(1215, 1, unit: 2).u16(1215) == 1)
            try await client.writeMultipleRegisters(address: 1215, values: [3], unit: 2)
            #expect(try await client.words(1215, 1, unit: 2).u16(1215) == 3)
        }
    }

    @Test("in a network takes setpoints per phase, each with its countdown")
    func network() async throws {
        var settings = AlfenSettings()
        settings.network = AlfenSettings.Network(name: "GARAGE", safeCurrent: Amperes(8))
        var socket = VirtualSocket.Settings()
        socket.safeCurrent = Amperes(16)
        let bench = AlfenBench(settings: settings, sockets: [socket])
        bench.station.plugIn(Car(), socket: 0)
        try await bench.run { client in
            #expect(try await client.words(1206, 2, unit: 1).f32(1206) == 8)
            for address in [1417, 1419, 1421] { try await client.write(14, at: address, unit: 200) }
            bench.clock.advance(by: .seconds(30))
            try await client.write(12, at: 1419, unit: 200)
            let block = try await client.words(1400, 32, unit: 200)
            #expect(block.text(1400, count: 4) == "GARAGE")
            #expect(block.u16(1404) == 1)
            #expect([1405, 1407, 1409].map(block.f32) == [14, 14, 14])
            #expect([1411, 1413, 1415].map(block.f32) == [14, 12, 14])
            #expect([1423, 1425, 1427].map(block.u32) == [30, 60, 30])
            #expect(block.f32(1429) == 8)
            #expect(block.u16(1431) == 1)
            #expect(try await client.words(1206, 2, unit: 1).f32(1206) == 12)
            bench.clock.advance(by: .seconds(30))
            #expect(try await client.words(1206, 2, unit: 1).f32(1206) == 8)
            try await client.writeMultipleRegisters(
                address: 1417,
                values: [0x4120, 0, 0x4120, 0, 0x4120, 0],
                unit: 200
            )
            #expect(try await client.words(1206, 2, unit: 1).f32(1206) == 10)
        }
    }

    @Test("has functions 3, 6 and 16, units 200, 1 and 2, and no register beside its blocks")
    func bounds() async throws {
        let bench = AlfenBench()
        try await bench.run { client in
            await #expect(throws: ModbusClientError.exception(.illegalFunction)) {
                try await client.readInputRegisters(address: 1200, count: 1, unit: 1)
            }
            for (address, unit) in [(99, 200), (179, 200), (1106, 200), (1432, 200), (299, 1), (426, 1), (1216, 1)] {
                await #expect(throws: ModbusClientError.exception(.illegalDataAddress)) {
                    try await client.words(address, 1, unit: UInt8(unit))
                }
            }
        }
        for unit in [0, 3, 201, 255] as [UInt8] {
            let reply = bench.station.respond(to: .readHoldingRegisters(address: 1200, count: 1), unit: unit)
            #expect(reply == .silence)
        }
    }

    @Test("bears two clients; the quietest gives way to a third; quiet links end after 60 s")
    func clients() async throws {
        let bench = AlfenBench()
        let configuration = bench.station.serverConfiguration(port: 0)
        #expect(configuration.idleLimit == .seconds(60))
        let server = try await ModbusServer.start(configuration, responder: bench.station)
        let clients = (0..<3).map { _ in connect(to: server.port) }
        for client in clients { _ = try await client.words(1200, 16, unit: 1) }
        #expect(server.counters.openConnections == 2)
        #expect(server.counters.evictions == 1)
        for client in clients { await client.close() }
        await server.stop()
    }
}

@Suite("A faulty virtual Alfen station")
struct VirtualAlfenFaultTests {
    @Test("after a restart has lost its setpoint and its uptime")
    func reboot() async throws {
        let bench = AlfenBench()
        bench.station.plugIn(Car(), socket: 0)
        bench.clock.advance(by: .seconds(100))
        try await bench.run { client in
            try await client.write(16, at: 1210, unit: 1)
            bench.station.reboot(downtime: .seconds(20))
            let request = Request.readHoldingRegisters(address: 1200, count: 16)
            #expect(bench.station.respond(to: request, unit: 1) == .closeConnection)
            bench.clock.advance(by: .seconds(25))
            #expect(try await client.words(174, 4, unit: 200).u64(174) == 5000)
            let block = try await client.words(1200, 16, unit: 1)
            #expect(block.f32(1206) == 6)
            #expect(block.f32(1210) == 0)
            #expect(block.u32(1208) == 0)
        }
    }

    @Test("shows what its faults make of a setpoint")
    func setpointFaults() async throws {
        let bench = AlfenBench()
        try await bench.run { client in
            bench.station.faults.ignoresSetpoints = true
            try await client.write(16, at: 1210, unit: 1)
            let ignored = try await client.words(1200, 16, unit: 1)
            #expect([1206, 1210].map(ignored.f32) == [6, 16])
            #expect(ignored.u16(1214) == 0)
            bench.station.faults.liesAboutApplied = true
            let lied = try await client.words(1200, 16, unit: 1)
            #expect([1206, 1210].map(lied.f32) == [16, 16])
            #expect(lied.u16(1214) == 1)
            bench.station.faults = StationFaults()
            #expect(try await client.words(1206, 2, unit: 1).f32(1206) == 16)
        }
    }

    @Test("refuses writes with exception 1, as in a mode without them")
    func refuses() async throws {
        let bench = AlfenBench()
        bench.station.faults.refusesWrites = true
        try await bench.run { client in
            await #expect(throws: ModbusClientError.exception(.illegalFunction)) {
                try await client.write(16, at: 1210, unit: 1)
            }
        }
    }

    @Test("cannot be reached while it is away, and is itself afterwards")
    func away() async throws {
        let bench = AlfenBench()
        bench.station.faults.isAway = true
        try await bench.run(requestTimeout: .milliseconds(100)) { client in
            await #expect(throws: ModbusClientError.timeout) { try await client.words(1200, 16, unit: 1) }
        }
        bench.station.faults.isAway = false
        try await bench.run { client in _ = try await client.words(1200, 16, unit: 1) }
    }

    @Test("has another writer whose setpoints show up between ours")
    func otherWriter() async throws {
        let bench = AlfenBench()
        bench.station.faults.otherWriter = StationFaults.OtherWriter(
            socket: 0,
            setpoint: Amperes(10),
            period: .seconds(5)
        )
        try await bench.run { client in
            try await client.write(16, at: 1210, unit: 1)
            #expect(try await client.words(1210, 2, unit: 1).f32(1210) == 16)
            bench.clock.advance(by: .seconds(6))
            #expect(try await client.words(1210, 2, unit: 1).f32(1210) == 10)
        }
    }
}
