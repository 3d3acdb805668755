// SPDX-License-Identifier: Apache-2.0

import Foundation
import Modbus
import ModbusNIO
import ModbusSerial
import Testing

@Suite("Client and server on one line", .timeLimit(.minutes(1)))
struct SerialClientTests {
    private func server(_ path: String, _ units: TestUnits = TestUnits()) async throws -> RTUServer {
        try await RTUServer.start(.init(port: .init(path: path), units: [1, 2]), responder: units)
    }

    @Test("Modbus checklist 10.12 to 10.14: many requests, several units, a broadcast and its turnaround")
    func dialogue() async throws {
        let cable = try await Cable.lay()
        let units = TestUnits()
        let server = try await server(cable.a, units)
        var limits = ModbusClientConfiguration.serialLimits
        limits.turnaroundDelay = .milliseconds(10)
        let client = ModbusClient.serial(.init(path: cable.b), limits: limits)
        for round in 0..<50 as Range<UInt16> {
            #expect(try await client.readHoldingRegisters(address: round, count: 50, unit: 1).first == round)
        }
        try await client.writeSingleRegister(address: 60, value: 9, unit: 0)
        #expect(try await client.readHoldingRegisters(address: 60, count: 1, unit: 2) == [9])
        #expect(units.asked.filter { !$0.request.isRead }.map(\.unit) == [1, 2])
        #expect(server.counters.busMessages == 52)
        #expect(server.counters.busCommunicationErrors == 0)
        await client.close()
        await server.stop()
        await cable.cut()
    }

    @Test("Modbus checklist 10.21: both ends of a line that echoes understand each other")
    func echoes() async throws {
        let cable = try await Cable.lay(echoes: true)
        var configuration = RTUServerConfiguration(port: .init(path: cable.a, stripsEcho: true), units: [1])
        configuration.allowance = .milliseconds(5)
        let units = TestUnits()
        let server = try await RTUServer.start(configuration, responder: units)
        let client = ModbusClient.serial(.init(path: cable.b, stripsEcho: true))
        for value in 0..<20 as Range<UInt16> {
            try await client.writeSingleRegister(address: 7, value: value, unit: 1)
            #expect(try await client.readHoldingRegisters(address: 7, count: 1, unit: 1) == [value])
        }
        #expect(units.asked.count == 40)
        await client.close()
        await server.stop()
        await cable.cut()
    }

    @Test("Modbus checklist 10.16 to 10.18: a unit that is silent costs its own request alone")
    func silentUnit() async throws {
        let cable = try await Cable.lay()
        let server = try await server(cable.a)
        var limits = ModbusClientConfiguration.serialLimits
        limits.requestTimeout = .milliseconds(500)
        let client = ModbusClient.serial(.init(path: cable.b), limits: limits)
        for _ in 0..<2 {
            await #expect(throws: ModbusClientError.timeout) {
                _ = try await client.readHoldingRegisters(address: 0, count: 1, unit: 9)
            }
            #expect(try await client.readHoldingRegisters(address: 5, count: 1, unit: 2) == [5])
        }
        await client.close()
        await server.stop()
        await cable.cut()
    }

    @Test("Modbus checklist 10.11, 10.16: on a line that turns bits every value is right, some after a second try")
    func disturbances() async throws {
        let cable = try await Cable.lay(disturbs: 97)
        let server = try await server(cable.a)
        var limits = ModbusClientConfiguration.serialLimits
        // A machine that is busy for longer makes late answers, which on a line look like those of the next request.
        limits.requestTimeout = .seconds(1)
        limits.retries.afterTimeout = 5
        limits.retries.afterBadResponse = 5
        let client = ModbusClient.serial(.init(path: cable.b), limits: limits)
        for round in 0..<25 as Range<UInt16> {
            let values = try await client.readHoldingRegisters(address: round, count: 10, unit: 1)
            #expect(values == (round..<round + 10).map { $0 })
        }
        #expect(server.counters.busCommunicationErrors > 0)
        await client.close()
        await server.stop()
        await cable.cut()
    }

    @Test("A client says why its port cannot be used, and uses it again when it is back")
    func reopening() async throws {
        let name = FileManager.default.temporaryDirectory.appending(path: "port-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: name) }
        var limits = ModbusClientConfiguration.serialLimits
        limits.reconnectDelays = [.milliseconds(1)]
        let client = ModbusClient.serial(.init(path: name), limits: limits)
        await #expect(throws: ModbusClientError.connectFailed(SerialError.missing(name).description)) {
            _ = try await client.readHoldingRegisters(address: 0, count: 1, unit: 1)
        }
        for _ in 0..<2 {
            let cable = try await Cable.lay()
            try FileManager.default.createSymbolicLink(atPath: name, withDestinationPath: cable.b)
            let server = try await server(cable.a)
            #expect(try await value(of: client) == 5)
            await server.stop()
            await cable.cut()
            try FileManager.default.removeItem(atPath: name)
        }
        await client.close()
    }

    /// A value of unit 1, asked for until the port is there again.
    private func value(of client: ModbusClient) async throws -> UInt16? {
        let deadline = ContinuousClock.now + .seconds(20)
        while true {
            do throws(ModbusClientError) {
                return try await client.readHoldingRegisters(address: 5, count: 1, unit: 1).first
            } catch {
                guard ContinuousClock.now < deadline else { throw error }
            }
        }
    }
}
