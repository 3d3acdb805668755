// SPDX-License-Identifier: Apache-2.0

import Glibc
import Modbus
import NIOCore
import NIOPosix
import Testing

@testable import ModbusNIO

@Suite("Client and server on the loopback interface", .timeLimit(.minutes(1)))
struct LoopbackTests {
    private func serve(
        _ responder: Registers,
        host: String = "127.0.0.1",
        port: Int = 0,
        _ adjust: (inout ModbusServerConfiguration) -> Void = { _ in }
    ) async throws -> ModbusServer {
        var configuration = ModbusServerConfiguration(host: host, port: port)
        adjust(&configuration)
        return try await ModbusServer.start(configuration, responder: responder)
    }

    private func client(
        _ port: Int,
        host: String = "127.0.0.1",
        _ adjust: (inout ModbusClientConfiguration) -> Void = { _ in }
    ) -> ModbusClient {
        var configuration = ModbusClientConfiguration(host: host, port: port)
        // These tests are not about time; a busy machine must not make them fail.
        configuration.requestTimeout = .seconds(30)
        configuration.queueTimeout = .seconds(30)
        configuration.connectTimeout = .seconds(30)
        configuration.reconnectDelays = [.zero]
        adjust(&configuration)
        return ModbusClient(configuration)
    }

    private func failure(_ body: () async throws(ModbusClientError) -> Void) async -> ModbusClientError? {
        do throws(ModbusClientError) {
            try await body()
            return nil
        } catch {
            return error
        }
    }

    @Test("Functions 3, 4, 6 and 16 work from end to end")
    func functions() async throws {
        let server = try await serve(Registers(holding: [1, 2, 3, 4]))
        let client = client(server.port)
        #expect(try await client.readHoldingRegisters(address: 1, count: 2, unit: 1) == [2, 3])
        try await client.writeSingleRegister(address: 0, value: 9, unit: 1)
        try await client.writeMultipleRegisters(address: 2, values: [7, 8], unit: 255)
        #expect(try await client.readHoldingRegisters(address: 0, count: 4, unit: 0) == [9, 2, 7, 8])
        let refused = await failure { () async throws(ModbusClientError) in
            _ = try await client.readInputRegisters(address: 0, count: 1, unit: 1)
        }
        #expect(refused == .exception(.illegalDataAddress))
        let other = Request.other(FunctionCode(rawValue: 43), [14, 1, 0])
        #expect(
            try await client.send(other, unit: 1) == .exception(FunctionCode(rawValue: 43), .illegalFunction)
        )
        await client.close()
        await server.stop()
        #expect(server.counters.requests == 6)
        #expect(server.counters.connections == 1)
        #expect(server.counters.openConnections == 0)
    }

    @Test(
        "Modbus checklist 14.8: host names, IPv4 and IPv6 addresses can be given",
        arguments: [("127.0.0.1", "127.0.0.1"), ("::1", "::1"), ("127.0.0.1", "localhost")]
    )
    func addresses(listen: String, connect: String) async throws {
        // A machine without IPv6 cannot show anything about it.
        guard let server = try? await serve(Registers(holding: [5]), host: listen) else { return }
        let client = client(server.port, host: connect)
        #expect(try await client.readHoldingRegisters(address: 0, count: 1, unit: 1) == [5])
        await client.close()
        await server.stop()
    }

    @Test("Modbus checklist 4.2, 4.7: sixteen requests at once, answered in reverse")
    func pipelining() async throws {
        let server = try await serve(
            Registers { request, _ in
                guard case .readHoldingRegisters(let address, _) = request else { return nil }
                return .later(.milliseconds(5 * (16 - Int(address))), .readHoldingRegisters([address]))
            }
        )
        let client = client(server.port) { $0.maximumInFlight = 16 }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for address in 0..<16 as Range<UInt16> {
                group.addTask {
                    let values = try await client.readHoldingRegisters(address: address, count: 1, unit: 1)
                    #expect(values == [address])
                }
            }
            try await group.waitForAll()
        }
        await client.close()
        await server.stop()
    }

    @Test("A thousand calls at once all get their own answer")
    func many() async throws {
        let server = try await serve(Registers(holding: (0..<1000).map { UInt16($0) }))
        let client = client(server.port) {
            $0.maximumInFlight = 8
            $0.maximumQueued = 1000
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for address in 0..<1000 as Range<UInt16> {
                group.addTask {
                    let values = try await client.readHoldingRegisters(address: address, count: 1, unit: 1)
                    #expect(values == [address])
                }
            }
            try await group.waitForAll()
        }
        await client.close()
        await server.stop()
    }

    @Test("A refused connection is told at once, and the next request after the pause tries again")
    func refused() async throws {
        let server = try await serve(Registers(holding: [6]))
        let port = server.port
        await server.stop()
        let client = client(port)
        let refused = await failure { () async throws(ModbusClientError) in
            _ = try await client.readHoldingRegisters(address: 0, count: 1, unit: 1)
        }
        #expect(refused == .connectionRefused("127.0.0.1:\(port)"))
        let again = try await serve(Registers(holding: [6]), port: port)
        #expect(try await client.readHoldingRegisters(address: 0, count: 1, unit: 1) == [6])
        await client.close()
        await again.stop()
    }

    @Test("A host that does not exist and a port that cannot be are told as such")
    func badAddress() async {
        for client in [client(0), client(70_000), client(502, host: "no-such-host.invalid")] {
            let error = await failure { () async throws(ModbusClientError) in
                _ = try await client.readHoldingRegisters(address: 0, count: 1, unit: 1)
            }
            guard case .connectFailed = error else {
                Issue.record("\(String(describing: error))")
                continue
            }
            await client.close()
        }
    }

    @Test("Modbus checklist 14.3, 14.6: the client recovers when the server restarts on the same port")
    func restart() async throws {
        var server = try await serve(Registers(holding: [1]))
        let port = server.port
        let client = client(port)
        for round in 1...3 as ClosedRange<UInt16> {
            #expect(try await client.readHoldingRegisters(address: 0, count: 1, unit: 1) == [round])
            await server.stop()
            server = try await serve(Registers(holding: [round + 1]), port: port)
            // The end of the old connection may reach the client only with the next request.
            while await client.counters.inFlight > 0 { await Task.yield() }
            var states = client.states.makeAsyncIterator()
            while let state = await states.next(), state != .idle {}
        }
        await client.close()
        await server.stop()
    }

    @Test("Modbus checklist 4.13: a connection that ends fails what is outstanding with connection closed")
    func connectionLost() async throws {
        let server = try await serve(Registers { _, _ in .closeConnection })
        let client = client(server.port)
        let lost = await failure { () async throws(ModbusClientError) in
            try await client.writeSingleRegister(address: 0, value: 1, unit: 1)
        }
        #expect(lost == .connectionClosed)
        await client.close()
        await server.stop()
    }

    @Test("A silent server costs its connection, and the next request gets a new one")
    func silent() async throws {
        let server = try await serve(
            Registers(holding: [3]) { request, _ in request.isRead ? nil : .silence }
        )
        let client = client(server.port) { $0.requestTimeout = .milliseconds(300) }
        let late = await failure { () async throws(ModbusClientError) in
            try await client.writeSingleRegister(address: 0, value: 1, unit: 1)
        }
        #expect(late == .timeout)
        let patient = self.client(server.port)
        #expect(try await patient.readHoldingRegisters(address: 0, count: 1, unit: 1) == [3])
        let counters = await client.counters
        #expect(counters.timeouts == 1)
        #expect(counters.inFlight == 0)
        await client.close()
        await patient.close()
        await server.stop()
    }

    private static let tricks: [(name: String, trick: @Sendable (Frame, any Channel) -> Void)] = [
        (
            "wrong transaction",
            { frame, channel in
                for _ in 0..<2 { channel.send(wire(frame.header.transaction &+ 9, [3, 2, 0, 1])) }
            }
        ),
        (
            "wrong protocol",
            { frame, channel in
                for _ in 0..<2 { channel.send(wire(frame.header.transaction, protocolIdentifier: 3, [3, 2, 0, 1])) }
            }
        ),
        ("wrong unit", { frame, channel in channel.send(wire(frame.header.transaction, unit: 2, [3, 2, 0, 1])) }),
        ("wrong function", { frame, channel in channel.send(wire(frame.header.transaction, [4, 2, 0, 1])) }),
        ("garbage", { _, channel in channel.send(Array(repeating: 0xA5, count: 500)) }),
        ("length 0", { _, channel in channel.send([0, 1, 0, 0, 0, 0, 1]) }),
        ("too few registers", { frame, channel in channel.send(wire(frame.header.transaction, [3, 0])) }),
        (
            "half a frame",
            { frame, channel in channel.send(Array(wire(frame.header.transaction, [3, 2, 0, 1]).prefix(9))) }
        ),
        ("close", { _, channel in channel.close(promise: nil) }),
    ]

    @Test("Modbus checklist 18.4: a misbehaving device costs an error, never a wrong value", arguments: tricks.indices)
    func misbehaving(index: Int) async throws {
        let trick = LoopbackTests.tricks[index]
        let server = try await RawServer(trick.trick)
        let client = client(server.port) {
            $0.requestTimeout = .milliseconds(trick.name == "half a frame" ? 200 : 30_000)
        }
        for _ in 0..<3 {
            let error = await failure { () async throws(ModbusClientError) in
                _ = try await client.readHoldingRegisters(address: 0, count: 1, unit: 1)
            }
            #expect(error != nil, "\(trick.name)")
        }
        await client.close()
        await server.close()
    }

    @Test("Modbus checklist 3.1: answers in segments of one byte are understood")
    func oneByteSegments() async throws {
        let server = try await RawServer { frame, channel in
            for byte in wire(frame.header.transaction, [3, 4, 0, 1, 0, 2]) { channel.send([byte]) }
        }
        let client = client(server.port)
        for _ in 0..<20 { #expect(try await client.readHoldingRegisters(address: 0, count: 2, unit: 1) == [1, 2]) }
        await client.close()
        await server.close()
    }

    @Test("Closing while connecting is prompt and fails the request")
    func closeWhileConnecting() async {
        // An address kept for documentation: where there is a route, nobody answers.
        let client = client(502, host: "192.0.2.1")
        var states = client.states.makeAsyncIterator()
        _ = await states.next()
        async let error = failure { () async throws(ModbusClientError) in
            _ = try await client.readHoldingRegisters(address: 0, count: 1, unit: 1)
        }
        #expect(await states.next() == .connecting)
        await client.close()
        #expect(await error != nil)
    }

    @Test("Modbus checklist 14.5: connections have no delay, keep-alive and a bound on unacknowledged bytes")
    func socketOptions() async throws {
        let server = try await serve(Registers())
        let configuration = ModbusClientConfiguration(host: "127.0.0.1", port: server.port)
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let channel = try await Connector.tcp(configuration).connect(loop) { $0.eventLoop.makeSucceededVoidFuture() }
            .get()
        for setting in configuration.keepAlive.settings {
            #expect(try await channel.getOption(setting.option).get() == setting.value)
        }
        try await channel.close()
        await server.stop()
    }

    @Test("A connection given up after a timeout is reset, so that nothing it still holds arrives late")
    func timeoutResets() async throws {
        let (errors, error) = AsyncStream.makeStream(of: Int32.self)
        let server = try await RawServer { failure in
            error.yield((failure as? IOError)?.errnoCode ?? 0)
        } _: { _, _ in
        }
        let client = client(server.port) { $0.requestTimeout = .milliseconds(20) }
        let failure = await failure { () async throws(ModbusClientError) in
            try await client.writeMultipleRegisters(address: 1210, values: [0x4180, 0], unit: 1)
        }
        #expect(failure == .timeout)
        var codes = errors.makeAsyncIterator()
        #expect(await codes.next() == ECONNRESET)
        await client.close()
        await server.close()
    }
}
