// SPDX-License-Identifier: Apache-2.0

import Foundation
import Modbus
import ModbusNIO
import NIOCore
import Testing

@testable import ModbusSerial

@Suite("RTU server on a line", .timeLimit(.minutes(1)))
struct RTUServerTests {
    @Test("Modbus checklist 10.1, 10.3, 10.12: a server on a serial port answers its units")
    func answers() async throws {
        let cable = try await Cable.lay()
        let units = TestUnits()
        let server = try await RTUServer.start(.init(port: .init(path: cable.a), units: [1, 2]), responder: units)
        let client = try await Line(SerialConfiguration(path: cable.b))
        for unit in 1...2 as ClosedRange<UInt8> {
            try await client.send(unit: unit, [3, 0, 5, 0, 2])
            #expect(try await client.answer(6) == [3, 4, 0, 5, 0, 6])
        }
        try await client.send(unit: 3, [3, 0, 5, 0, 2])
        try await client.send(unit: 1, [16, 0, 7, 0, 1, 2, 0x12, 0x34])
        #expect(try await client.answer(5) == [16, 0, 7, 0, 1])
        #expect(server.counters.busMessages == 4)
        #expect(server.counters.serverMessages == 3)
        await server.stop()
        #expect(server.state == .stopped)
        try await client.close()
        await cable.cut()
    }

    @Test("A port that does not open stops the start with its reason")
    func noPort() async throws {
        await #expect(throws: SerialError.missing("/dev/ttyNone")) {
            _ = try await RTUServer.start(.init(port: .init(path: "/dev/ttyNone"), units: [1]), responder: TestUnits())
        }
    }

    @Test("A server runs until its task is cancelled, and its port is free then")
    func running() async throws {
        let cable = try await Cable.lay()
        let configuration = RTUServerConfiguration(port: .init(path: cable.a), units: [1])
        let server = try await RTUServer.start(configuration, responder: TestUnits())
        let task = Task { await server.run() }
        task.cancel()
        await task.value
        #expect(server.state == .stopped)
        await (try RTUServer.start(configuration, responder: TestUnits())).stop()
        await cable.cut()
    }

    @Test("A port that vanishes and comes back is served again; meanwhile the server says why it is not")
    func reopening() async throws {
        // The port has a name of its own, as below /dev/serial/by-id.
        let name = FileManager.default.temporaryDirectory.appending(path: "port-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: name) }
        let first = try await Cable.lay()
        try FileManager.default.createSymbolicLink(atPath: name, withDestinationPath: first.a)
        let (states, state) = AsyncStream.makeStream(of: RTUServer.State.self)
        var configuration = RTUServerConfiguration(port: .init(path: name), units: [1])
        configuration.reopenPause = .milliseconds(20)
        let server = try await RTUServer.start(configuration, responder: TestUnits()) { state.yield($0) }
        var changes = states.makeAsyncIterator()
        #expect(server.state == .serving)

        try FileManager.default.removeItem(atPath: name)
        await first.cut()
        #expect(await changes.next() == .waiting(.unplugged(name)))
        #expect(await changes.next() == .waiting(.missing(name)))

        let second = try await Cable.lay()
        try FileManager.default.createSymbolicLink(atPath: name, withDestinationPath: second.a)
        #expect(await changes.next() == .serving)
        let client = try await Line(SerialConfiguration(path: second.b))
        try await client.send(unit: 1, [3, 0, 5, 0, 1])
        #expect(try await client.answer(4) == [3, 2, 0, 5])
        await server.stop()
        try await client.close()
        await second.cut()
    }
}
