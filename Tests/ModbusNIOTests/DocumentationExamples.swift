// SPDX-License-Identifier: Apache-2.0

import Modbus
import ModbusNIO
import Testing

// The blocks of code in the pages of Modbus and ModbusNIO; Tests/RepositoryTests compares them.

/// A thermometer with a limit that clients may set.
struct Thermometer: DataModel, Sendable {
    let tenths: @Sendable () -> Int
    var limit: UInt16 = 300
    let functions = FunctionSet.registers

    func read(_ table: DataTable, _ items: ItemRange, into bytes: inout [UInt8]) throws(ExceptionCode) {
        switch table {
        case .inputRegisters where items.isWithin(0...0):
            bytes.append(register: UInt16(clamping: tenths()))
        case .holdingRegisters where items.isWithin(10...10):
            bytes.append(register: limit)
        default:
            throw .illegalDataAddress
        }
    }

    func checkWrite(_ table: DataTable, _ items: ItemRange, _ values: Span<UInt8>) throws(ExceptionCode) {
        guard table == .holdingRegisters, items.isWithin(10...10) else { throw .illegalDataAddress }
        guard values.register(at: 0) <= 1000 else { throw .serverDeviceFailure }
    }

    mutating func write(_ table: DataTable, _ items: ItemRange, _ values: Span<UInt8>) throws(ExceptionCode) {
        limit = values.register(at: 0)
    }
}

/// A thermometer that is only read.
enum Shorter {
    struct Thermometer: DataModel {
        var tenths: Int

        func read(_ table: DataTable, _ items: ItemRange, into bytes: inout [UInt8]) throws(ExceptionCode) {
            guard table == .inputRegisters, items.isWithin(0...0) else { throw .illegalDataAddress }
            bytes.append(register: UInt16(clamping: tenths))
        }
    }
}

@Suite("Examples of the documentation", .timeLimit(.minutes(1)))
struct DocumentationExamples {
    @Test("A request, its answer, and the number in it")
    func messages() throws {
        let request = Request.readHoldingRegisters(address: 50514, count: 2)
        let answer: [UInt8] = [3, 4, 0x00, 0x03, 0x8D, 0xE0]
        let response = try Response(decoding: answer.span, answering: request)
        if case .readHoldingRegisters(let words) = response {
            let number = RegisterType.u32.decode(words, order: .highWordFirst)
            print(number?.double ?? .nan)  // 232928.0
        }
    }

    /// A client that waits for a machine that runs all tests at once.
    private static func patientClient(port: Int) -> ModbusClient {
        var configuration = ModbusClientConfiguration(host: "127.0.0.1", port: port)
        configuration.requestTimeout = .seconds(30)
        return ModbusClient(configuration)
    }

    /// Needs a meter, so it is only compiled.
    func client() async throws {
        let client = ModbusClient(ModbusClientConfiguration(host: "meter.local"))
        let words = try await client.readHoldingRegisters(address: 50514, count: 2, unit: 1)
        if let volts = RegisterType.f32.decode(words, order: .highWordFirst)?.double {
            print(volts)
        }
        await client.close()
    }

    func patience() async throws {
        var configuration = ModbusClientConfiguration(host: "meter.local")
        configuration.retries.afterTimeout = 2
        configuration.timeoutsBeforeReconnect = 3
        let client = ModbusClient(configuration)
        do throws(ModbusClientError) {
            try await client.writeSingleRegister(address: 100, value: 7, unit: 1)
        } catch .exception(let code) {
            print("the device refuses: \(code)")
        } catch {
            print("nobody knows whether it was written: \(error)")
        }
        await client.close()
    }

    @Test("A server with tables")
    func tables() async throws {
        var tables = RegisterTables()
        tables.holding.set([10, 20, 30], at: 100)
        tables.input.set([2300, 2310, 2290], at: 0)
        tables.holding.makeReadOnly(102...102)
        let responder = ModelResponder(tables)
        let server = try await ModbusServer.start(ModbusServerConfiguration(port: 0), responder: responder)
        print("listening on port \(server.port)")
        _ = responder.withModel(unit: 255) { $0.input.set([2301, 2309, 2288], at: 0) }

        let client = Self.patientClient(port: server.port)
        #expect(try await client.readInputRegisters(address: 0, count: 3) == [2301, 2309, 2288])
        await client.close()
        await server.stop()
    }

    @Test("A server whose registers are computed")
    func model() async throws {
        let responder = ModelResponder(units: [1: Thermometer(tenths: { 215 })], direct: 1)
        let server = try await ModbusServer.start(ModbusServerConfiguration(port: 0), responder: responder)

        let client = Self.patientClient(port: server.port)
        #expect(try await client.readInputRegisters(address: 0, count: 1) == [215])
        try await client.writeSingleRegister(address: 10, value: 280, unit: 1)
        #expect(try await client.readHoldingRegisters(address: 10, count: 1, unit: 1) == [280])
        await client.close()
        await server.stop()
    }

    func access() async throws {
        let responder = ModelResponder(RegisterTables())
        var configuration = ModbusServerConfiguration(host: "0.0.0.0", port: 502)
        var list = AccessList()
        if let plant = AddressPrefix("192.168.10.0/24") { list.allow(plant) }
        configuration.accessList = list
        configuration.maximumConnections = 8
        configuration.onEvent = { event in print(event) }
        let server = try await ModbusServer.start(configuration, responder: responder)
        await server.run()
    }
}
