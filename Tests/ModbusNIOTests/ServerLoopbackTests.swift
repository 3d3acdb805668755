// SPDX-License-Identifier: Apache-2.0

import Modbus
import NIOCore
import NIOPosix
import Testing

@testable import ModbusNIO

@Suite("Server on the loopback interface", .timeLimit(.minutes(1)))
struct ServerLoopbackTests {
    private let read = wire(7, unit: 5, [3, 0, 1, 0, 2])
    private let answer = wire(7, unit: 5, [3, 4, 0, 11, 0, 12])

    private func serve(
        _ responder: Registers = Registers(holding: [10, 11, 12]),
        _ adjust: (inout ModbusServerConfiguration) -> Void = { _ in }
    ) async throws -> ModbusServer {
        var configuration = ModbusServerConfiguration(port: 0)
        adjust(&configuration)
        return try await ModbusServer.start(configuration, responder: responder)
    }

    @Test("Modbus checklist 3.1, 3.2, 3.4: requests cut at every byte, and many in one segment, are all answered")
    func segments() async throws {
        let server = try await serve()
        let connection = try await RawConnection.connect(port: server.port)
        for byte in read { try await connection.send([byte]) }
        #expect(await connection.receive(answer.count) == answer)
        try await connection.send(Array(repeating: read, count: 100).flatMap { $0 })
        #expect(await connection.receive(100 * answer.count) == Array(repeating: answer, count: 100).flatMap { $0 })
        await connection.close()
        await server.stop()
    }

    @Test("Modbus checklist 3.8, 18.1, 18.3: broken and slow connections do not disturb a good one")
    func neighbours() async throws {
        let server = try await serve { $0.frameTimeLimit = .milliseconds(100) }
        let good = try await RawConnection.connect(port: server.port)
        let slow = try await RawConnection.connect(port: server.port)
        let broken = try await RawConnection.connect(port: server.port)
        try await slow.send(Array(read.prefix(4)))
        try await broken.send(Array(repeating: 0xFF, count: 64))
        await broken.ended()
        await slow.ended()
        try await good.send(read)
        #expect(await good.receive(answer.count) == answer)
        #expect(server.counters.brokenStreams == 1)
        #expect(server.counters.slowFrames == 1)
        await good.close()
        await server.stop()
    }

    @Test("Modbus checklist 12.16: a half-closed client still gets its answers, delayed ones too")
    func halfClosed() async throws {
        let server = try await serve(
            Registers(holding: [10, 11, 12]) { request, _ in
                request.isRead ? nil : .later(.milliseconds(50), .writeSingleRegister(address: 0, value: 1))
            }
        )
        let connection = try await RawConnection.connect(port: server.port)
        try await connection.send(wire(1, [6, 0, 0, 0, 1]) + read)
        try await connection.closeOutput()
        let expected = wire(1, [6, 0, 0, 0, 1]) + answer
        #expect(await connection.receive(expected.count + 1) == expected, "and then the server closes")
        await server.stop()
    }

    @Test("Modbus checklist 12.2, 12.3: when full, the connection longest without a request gives way")
    func eviction() async throws {
        let server = try await serve { $0.maximumConnections = 2 }
        var connections: [RawConnection] = []
        for _ in 0..<3 {
            let connection = try await RawConnection.connect(port: server.port)
            try await connection.send(read)
            #expect(await connection.receive(answer.count) == answer)
            connections.append(connection)
        }
        await connections[0].ended()
        for connection in connections.dropFirst() {
            try await connection.send(read)
            #expect(await connection.receive(answer.count) == answer)
        }
        #expect(server.counters.evictions == 1)
        for connection in connections { await connection.close() }
        await server.stop()
    }

    @Test("Modbus checklist 12.17: a peer that never reads loses its connection, and the others are served")
    func neverReads() async throws {
        let values = Array(repeating: 1, count: 125) as [UInt16]
        let server = try await serve(Registers(holding: values)) { $0.outputTimeLimit = .milliseconds(200) }
        let deaf = try await RawConnection.connect(port: server.port, reads: false)
        let flood = Array(repeating: wire(1, [3, 0, 0, 0, 125]), count: 1000).flatMap { $0 }
        // Sending fails once the server has given up, which is what ends the loop.
        while (try? await deaf.send(flood)) != nil {}
        let good = try await RawConnection.connect(port: server.port)
        try await good.send(wire(1, [3, 0, 0, 0, 1]))
        #expect(await good.receive(11) == wire(1, [3, 2, 0, 1]))
        #expect(server.counters.slowReaders == 1)
        await deaf.close()
        await good.close()
        await server.stop()
    }

    @Test("Modbus checklist 12.19: stopping answers what was taken, closes all, and frees the port")
    func stop() async throws {
        let server = try await serve(
            Registers { _, _ in .later(.milliseconds(100), .readHoldingRegisters([1, 2])) }
        )
        let idle = try await RawConnection.connect(port: server.port)
        let busy = try await RawConnection.connect(port: server.port)
        try await busy.send(read)
        while server.counters.requests == 0 { await Task.yield() }
        await server.stop()
        let expected = wire(7, unit: 5, [3, 4, 0, 1, 0, 2])
        #expect(await busy.receive(expected.count + 1) == expected)
        await idle.ended()
        let port = server.port
        let again = try await serve { $0.port = port }
        #expect(again.port == port)
        await again.stop()
        await again.stop()
    }

    @Test("Stopping does not wait longer than its limit")
    func stopLimit() async throws {
        let server = try await serve(Registers { _, _ in .later(.seconds(3600), .readHoldingRegisters([1, 2])) }) {
            $0.stopTimeLimit = .milliseconds(50)
        }
        let connection = try await RawConnection.connect(port: server.port)
        try await connection.send(read)
        while server.counters.requests == 0 { await Task.yield() }
        await server.stop()
        #expect(await connection.receive(1).isEmpty)
    }

    @Test("A server that runs in a task stops when the task is cancelled")
    func run() async throws {
        let server = try await serve()
        let task = Task { await server.run() }
        let connection = try await RawConnection.connect(port: server.port)
        try await connection.send(read)
        #expect(await connection.receive(answer.count) == answer)
        task.cancel()
        await task.value
        await connection.ended()
        #expect(server.counters.openConnections == 0)
    }

    @Test("A port that is taken is an error at the start")
    func portTaken() async throws {
        let server = try await serve()
        await #expect(throws: (any Error).self) { try await serve { $0.port = server.port } }
        await server.stop()
    }
}
