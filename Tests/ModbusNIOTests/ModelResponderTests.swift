// SPDX-License-Identifier: Apache-2.0

import Modbus
import NIOCore
import Testing

@testable import ModbusNIO

@Suite("Responder over data models")
struct ModelResponderTests {
    private static func tables(_ value: UInt16) -> RegisterTables {
        var tables = RegisterTables()
        tables.holding.set([value, value + 1], at: 0)
        return tables
    }

    private static let read: [UInt8] = [3, 0, 0, 0, 2]

    /// The answers to one read for each unit, over a whole connection.
    private func answers(_ responder: some ModbusResponder, _ units: [UInt8]) throws -> [[UInt8]] {
        let channel = try ServerBench(responder).connect()
        try channel.receive(units.flatMap { wire(UInt16($0), unit: $0, Self.read) })
        return try channel.answers()
    }

    private func answer(_ unit: UInt8, _ value: UInt8) -> [UInt8] {
        wire(UInt16(unit), unit: unit, [3, 4, 0, value, 0, value + 1])
    }

    @Test("Modbus checklist 13.1, 13.2: one model answers every unit, which comes back in the answer")
    func anyUnit() throws {
        let units = Array(0...255 as ClosedRange<UInt8>)
        #expect(try answers(ModelResponder(Self.tables(7)), units) == units.map { answer($0, 7) })
    }

    @Test("Modbus checklist 13.1, 13.3: several units have their own tables; 0 and 255 are the direct one")
    func units() throws {
        let responder = ModelResponder(units: [1: Self.tables(10), 2: Self.tables(20)], direct: 2)
        #expect(
            try answers(responder, [1, 2, 0, 255, 3])
                == [answer(1, 10), answer(2, 20), answer(0, 20), answer(255, 20)],
            "and silence for others"
        )
    }

    @Test("Modbus checklist 13.2: other units get 0x0B where that is set, for every function and for nonsense")
    func targetFailed() throws {
        let responder = ModelResponder(units: [1: Self.tables(10)], direct: nil, otherUnits: .targetFailed)
        let failed = { (unit: UInt8) in wire(UInt16(unit), unit: unit, [0x83, 0x0B]) }
        #expect(try answers(responder, [0, 1, 2, 255]) == [failed(0), answer(1, 10), failed(2), failed(255)])
        let channel = try ServerBench(responder).connect()
        try channel.receive(wire(1, unit: 9, [99]) + wire(2, unit: 9, [3]) + wire(3, unit: 9, [6, 0, 0, 0, 0]))
        #expect(
            try channel.answers()
                == [
                    wire(1, unit: 9, [99 + 0x80, 0x0B]), wire(2, unit: 9, [0x83, 0x0B]),
                    wire(3, unit: 9, [0x86, 0x0B]),
                ]
        )
    }

    @Test("Modbus checklist 13.3: a unit that is served explicitly is not the direct one's, 0 and 255 included")
    func explicit() throws {
        let responder = ModelResponder(
            units: [0: Self.tables(1), 255: Self.tables(2), 5: Self.tables(3)],
            direct: 5
        )
        #expect(try answers(responder, [0, 255, 5]) == [answer(0, 1), answer(255, 2), answer(5, 3)])
    }

    @Test("Both ways to ask give the same, value by value and byte by byte")
    func bothWays() throws {
        let responder = ModelResponder(units: [1: Self.tables(10)], direct: 1, otherUnits: .targetFailed)
        let requests: [Request] = [
            .readHoldingRegisters(address: 0, count: 2), .readHoldingRegisters(address: 1, count: 2),
            .writeSingleRegister(address: 0, value: 10), .readCoils(address: 0, count: 1),
            .readHoldingRegisters(address: 0, count: 0),
        ]
        for request in requests {
            for unit in [0, 1, 2] as [UInt8] {
                var bytes: [UInt8] = []
                #expect(responder.answer(request.encoded.span, unit: unit, into: &bytes))
                guard case .now(let response) = responder.respond(to: request, unit: unit) else {
                    Issue.record("\(request) was not answered")
                    continue
                }
                #expect(response.encoded == bytes, "\(request) to unit \(unit)")
            }
        }
    }

    @Test("Modbus checklist 8.23: the owner changes several registers with no request in between")
    func together() async throws {
        let responder = ModelResponder(Self.tables(0))
        #expect(ModelResponder(units: [1: Self.tables(0)], direct: nil).withModel(unit: 2) { _ in true } == nil)
        let server = try await ModbusServer.start(ModbusServerConfiguration(port: 0), responder: responder)
        let connection = try await RawConnection.connect(port: server.port)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                for value in 0..<2000 as Range<UInt16> {
                    _ = responder.withModel(unit: 1) { $0.holding.set([value, value + 1], at: 0) }
                }
            }
            for _ in 0..<200 {
                try await connection.send(wire(1, Self.read))
                let bytes = await connection.receive(13)
                try #require(bytes.count == 13)
                let first = UInt16(bytes[9]) << 8 | UInt16(bytes[10])
                #expect(UInt16(bytes[11]) << 8 | UInt16(bytes[12]) == first + 1)
            }
            try await group.waitForAll()
        }
        await connection.close()
        await server.stop()
    }
}
