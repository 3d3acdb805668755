// SPDX-License-Identifier: Apache-2.0

import Modbus
import NIOCore
import Testing

@testable import ModbusNIO

@Suite("Server of serial frames over TCP on the loopback interface", .timeLimit(.minutes(1)))
struct ServerRTULoopbackTests {
    private let read = rtu(5, [3, 0, 1, 0, 2])
    private let answer = rtu(5, [3, 4, 0, 11, 0, 12])

    private func serve(
        _ responder: Registers = Registers(holding: [10, 11, 12]),
        _ adjust: (inout ModbusServerConfiguration) -> Void = { _ in }
    ) async throws -> ModbusServer {
        var configuration = ModbusServerConfiguration(port: 0)
        configuration.framing = .rtuOverTCP
        adjust(&configuration)
        return try await ModbusServer.start(configuration, responder: responder)
    }

    @Test("Modbus checklist 11.2: requests cut at every byte, and many in one segment, are all answered")
    func segments() async throws {
        let server = try await serve()
        let connection = try await RawConnection.connect(port: server.port)
        for byte in read { try await connection.send([byte]) }
        #expect(await connection.receive(answer.count) == answer)
        try await connection.send(Array(repeating: read, count: 600).flatMap { $0 })
        let expected = Array(repeating: answer, count: 600).flatMap { $0 }
        #expect(await connection.receive(expected.count) == expected)
        await connection.close()
        await server.stop()
    }

    @Test("Modbus checklist 11.4, 18.3: broken and slow connections end, and do not disturb a good one")
    func neighbours() async throws {
        let server = try await serve { $0.frameTimeLimit = .milliseconds(100) }
        let good = try await RawConnection.connect(port: server.port)
        let slow = try await RawConnection.connect(port: server.port)
        let broken = try await RawConnection.connect(port: server.port)
        // A request of Modbus TCP is here a frame with a wrong checksum.
        let foreign = try await RawConnection.connect(port: server.port)
        try await slow.send(Array(read.prefix(4)))
        try await broken.send(read + [5, 3, 0, 1, 0, 2, 0, 0])
        try await foreign.send(wire(1, unit: 5, [3, 0, 1, 0, 2]))
        #expect(await broken.receive(answer.count + 1) == answer, "and then the server closes")
        await slow.ended()
        #expect(await foreign.receive(1).isEmpty)
        try await good.send(read)
        #expect(await good.receive(answer.count) == answer)
        #expect(server.counters.brokenStreams == 2)
        #expect(server.counters.slowFrames == 1)
        await good.close()
        await server.stop()
    }

    @Test("Modbus checklist 12.16, 12.19: a half-closed client and a stopping server still bring the answers")
    func delayed() async throws {
        let server = try await serve(Registers { _, _ in .later(.milliseconds(50), .readHoldingRegisters([11, 12])) })
        let halfClosed = try await RawConnection.connect(port: server.port)
        try await halfClosed.send(read)
        try await halfClosed.closeOutput()
        #expect(await halfClosed.receive(answer.count + 1) == answer)
        let busy = try await RawConnection.connect(port: server.port)
        try await busy.send(read)
        while server.counters.requests < 2 { await Task.yield() }
        await server.stop()
        #expect(await busy.receive(answer.count + 1) == answer)
    }

    @Test("Modbus checklist 12.17: a peer that never reads loses its connection")
    func neverReads() async throws {
        let values = Array(repeating: 1, count: 125) as [UInt16]
        let server = try await serve(Registers(holding: values)) { $0.outputTimeLimit = .milliseconds(200) }
        let deaf = try await RawConnection.connect(port: server.port, reads: false)
        let flood = Array(repeating: rtu(1, [3, 0, 0, 0, 125]), count: 1000).flatMap { $0 }
        // Sending fails once the server has given up, which is what ends the loop.
        while (try? await deaf.send(flood)) != nil {}
        #expect(server.counters.slowReaders == 1)
        await deaf.close()
        await server.stop()
    }

    @Test("A peer has its address as people write it")
    func addresses() async throws {
        #expect(try SocketAddress(ipAddress: "192.0.2.1", port: 502).text == "192.0.2.1:502")
        #expect(try SocketAddress(ipAddress: "2001:db8::1", port: 502).text == "[2001:db8::1]:502")
        #expect(try SocketAddress(unixDomainSocketPath: "/run/a").text == "/run/a")
        let connection = ObjectIdentifier(ServerRTULoopbackTests.self)
        for (address, host) in [("192.0.2.1:502", "192.0.2.1"), ("[::1]:5", "::1"), ("/dev/ttyS0", "/dev/ttyS0")] {
            #expect(Peer(address: address, connection: connection).host == host)
        }
    }
}
