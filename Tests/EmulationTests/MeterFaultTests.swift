// SPDX-License-Identifier: Apache-2.0
import Emulation
import Modbus
import ModbusNIO
import Quantities
import Testing

@Suite("A faulty virtual meter")
struct MeterFaultTests {
    /// 12, 3 and 7 A import, with one fault, behind a server.
    @discardableResult
    private static func withMeter<Result>(
        requestTimeout: Duration = .seconds(5),
        _ change: (inout MeterFaults) -> Void,
        _ body: (VirtualCountis, ModbusClient) async throws -> Result
    ) async throws -> Result {
        let meter = VirtualCountis()
        var faults = MeterFaults()
        change(&faults)
        meter.measure(supply(12), at: .start)
        meter.faults = faults
        return try await withLink(
            to: meter,
            meter.serverConfiguration(port: 0),
            requestTimeout: requestTimeout
        ) { try await body(meter, $0) }
    }

    private static func supply(_ first: Int) -> Supply {
        Supply(currents: PerPhase(Amperes(first), Amperes(3), Amperes(7)))
    }

    private static func currents(_ client: ModbusClient) async throws -> [Int] {
        let block = try await client.words(50528, 6, unit: 5)
        return [50528, 50530, 50532].map(block.u32)
    }

    @Test("wired backwards shows import as export")
    func reversed() async throws {
        try await Self.withMeter {
            $0.isReversed = true
        } _: { (_, client) async throws in
            #expect(try await Self.currents(client) == [12_000, 3000, 7000])
            let powers = try await client.words(50544, 6, unit: 5)
            #expect([50544, 50546, 50548].map(powers.s32) == [-276, -69, -161])
        }
    }

    @Test("without a phase shows neither its voltage nor its current, and no phase order")
    func missingPhase() async throws {
        try await Self.withMeter {
            $0.missingPhases = [.l2]
        } _: { (_, client) async throws in
            #expect(try await Self.currents(client) == [12_000, 0, 7000])
            let voltages = try await client.words(50520, 6, unit: 5)
            #expect([50520, 50522, 50524].map(voltages.u32) == [23_000, 0, 23_000])
            #expect(try await client.words(51315, 1, unit: 5).u16(51315) == 3)
        }
    }

    @Test("with two phases exchanged shows the order 1-3-2")
    func phaseOrder() async throws {
        try await Self.withMeter {
            $0.isPhaseOrderReversed = true
        } _: { (_, client) async throws in
            #expect(try await client.words(51315, 1, unit: 5).u16(51315) == 1)
        }
    }

    @Test("frozen shows the old values until it thaws")
    func frozen() async throws {
        try await Self.withMeter {
            $0.isFrozen = true
        } _: { (meter, client) async throws in
            meter.measure(Self.supply(20), at: Instant(sinceStart: .seconds(3600)))
            #expect(try await Self.currents(client) == [12_000, 3000, 7000])
            #expect(try await client.words(0xC702, 2, unit: 5).u32(0xC702) == 0)
            meter.faults = MeterFaults()
            #expect(try await Self.currents(client) == [20_000, 3000, 7000])
            // 22 A at 230 V for an hour.
            #expect(try await client.words(0xC702, 2, unit: 5).u32(0xC702) == 506)
        }
    }

    @Test("silent takes connections and answers nothing")
    func silent() async throws {
        try await Self.withMeter(requestTimeout: .milliseconds(100)) {
            $0.answering = .never
        } _: { (_, client) async throws in
            await #expect(throws: ModbusClientError.timeout) { try await Self.currents(client) }
        }
    }

    @Test("slow answers late")
    func slow() async throws {
        try await Self.withMeter {
            $0.answering = .late(.milliseconds(60))
        } _: { (_, client) async throws in
            let start = ContinuousClock.now
            #expect(try await Self.currents(client) == [12_000, 3000, 7000])
            #expect(ContinuousClock.now - start >= .milliseconds(60))
        }
    }

    @Test("moved to another unit is silent at its own")
    func movedUnit() async throws {
        try await Self.withMeter {
            $0.movedUnit = 6
        } _: { (meter, client) async throws in
            #expect(try await client.words(50528, 2, unit: 6).u32(50528) == 12_000)
            #expect(meter.respond(to: .readHoldingRegisters(address: 50528, count: 2), unit: 5) == .silence)
        }
    }

    @Test("answers with an exception", arguments: [ExceptionCode.serverDeviceFailure, .serverDeviceBusy])
    func exception(code: ExceptionCode) async throws {
        try await Self.withMeter {
            $0.answering = .exception(code)
        } _: { (_, client) async throws in
            await #expect(throws: ModbusClientError.exception(code)) { try await Self.currents(client) }
        }
    }

    @Test("answers with garbage, other garbage each time, and the same in the next run")
    func garbage() async throws {
        func run() async throws -> [[Int]] {
            try await Self.withMeter {
                $0.answering = .garbage
            } _: { (_, client) async throws in
                [try await Self.currents(client), try await Self.currents(client)]
            }
        }
        let first = try await run()
        let second = try await run()
        #expect(first[0] != first[1])
        #expect(first == second)
        #expect(!first.contains([12_000, 3000, 7000]))
    }

    @Test("answers with the wrong number of registers")
    func malformed() async throws {
        try await Self.withMeter {
            $0.answering = .malformed
        } _: { (_, client) async throws in
            do {
                _ = try await Self.currents(client)
                Issue.record("the client took an answer of the wrong length")
            } catch ModbusClientError.badResponse {
                // As it should be.
            }
        }
    }

    @Test("says it is another device")
    func foreignName() async throws {
        try await Self.withMeter {
            $0.foreignName = "COUNTIS E13"
        } _: { (_, client) async throws in
            #expect(try await client.words(50058, 8, unit: 5).text(50058, count: 8) == "COUNTIS E13")
        }
    }

    @Test("shows zeros after a restart, for as long as it was told")
    func zeros() async throws {
        try await Self.withMeter { _ in
        } _: { (meter, client) async throws in
            meter.reboot(zerosFor: .seconds(5))
            #expect(try await Self.currents(client) == [0, 0, 0])
            #expect(try await client.words(50526, 2, unit: 5).u32(50526) == 0)
            meter.measure(Self.supply(12), at: Instant(sinceStart: .milliseconds(4900)))
            #expect(try await Self.currents(client) == [0, 0, 0])
            meter.measure(Self.supply(12), at: Instant(sinceStart: .seconds(5)))
            #expect(try await Self.currents(client) == [12_000, 3000, 7000])
        }
    }

    @Test("shows all ones in every measured register")
    func sentinels() async throws {
        try await Self.withMeter {
            $0.showsSentinels = true
        } _: { (_, client) async throws in
            #expect(try await client.words(50512, 62, unit: 5).words.allSatisfy { $0 == 0xFFFF })
            #expect(try await client.words(50058, 8, unit: 5).text(50058, count: 8) == "COUNTIS E27")
        }
    }
}
