// SPDX-License-Identifier: Apache-2.0

import Modbus
import NIOCore
import NIOPosix
import Testing

@testable import ModbusNIO

@Suite("Connections that are secured first", .timeLimit(.minutes(1)))
struct ChannelSecurityTests {
    private struct Refusal: Error {}

    /// A client whose handshakes the test ends.
    private struct Bench {
        let client: ModbusClient
        let handshakes: AsyncStream<EventLoopPromise<Void>>

        init(port: Int, _ adjust: (inout ModbusClientConfiguration) -> Void = { _ in }) {
            var configuration = ModbusClientConfiguration(host: "127.0.0.1", port: port)
            configuration.requestTimeout = .seconds(30)
            configuration.connectTimeout = .seconds(30)
            adjust(&configuration)
            let (handshakes, continuation) = AsyncStream.makeStream(of: EventLoopPromise<Void>.self)
            self.handshakes = handshakes
            client = ModbusClient(
                configuration,
                security: ChannelSecurity { channel in
                    let promise = channel.eventLoop.makePromise(of: Void.self)
                    // As a handler for TLS would: a promise must not be left behind.
                    channel.closeFuture.whenComplete { _ in promise.fail(Refusal()) }
                    continuation.yield(promise)
                    return promise.futureResult
                }
            )
        }

        func read() async -> Result<[UInt16], ModbusClientError> {
            do throws(ModbusClientError) {
                return .success(try await client.readHoldingRegisters(address: 0, count: 1, unit: 1))
            } catch {
                return .failure(error)
            }
        }
    }

    private func echo() async throws -> RawServer {
        try await RawServer { frame, channel in channel.send(wire(frame.header.transaction, [3, 2, 0, 7])) }
    }

    @Test("A connection counts as made when the handshake is done, and the request goes out then")
    func handshake() async throws {
        let server = try await echo()
        let bench = Bench(port: server.port)
        async let value = bench.read()
        var handshakes = bench.handshakes.makeAsyncIterator()
        let handshake = try #require(await handshakes.next())
        #expect(await bench.client.counters.connections == 0)
        #expect(await bench.client.counters.queued == 1)
        handshake.succeed()
        #expect(await value == .success([7]))
        #expect(await bench.client.counters.connections == 1)
        await bench.client.close()
        await server.close()
    }

    @Test("A handshake that fails fails the attempt with its reason")
    func failure() async throws {
        let server = try await echo()
        let bench = Bench(port: server.port)
        async let value = bench.read()
        var handshakes = bench.handshakes.makeAsyncIterator()
        try #require(await handshakes.next()).fail(Refusal())
        guard case .failure(.connectFailed(let reason)) = await value else { return #expect(Bool(false)) }
        #expect(reason == "127.0.0.1:\(server.port): Refusal()")
        await bench.client.close()
        await server.close()
    }

    @Test("Modbus checklist 7.9: a handshake that does not end is given up with the time for connecting")
    func silence() async throws {
        let server = try await echo()
        let bench = Bench(port: server.port) {
            $0.connectTimeout = .seconds(1)
            $0.queueTimeout = .seconds(30)
        }
        #expect(await bench.read() == .failure(.connectFailed("no answer to the handshake in time")))
        #expect(await bench.client.counters.failedConnections == 1)
        await bench.client.close()
        await server.close()
    }

    @Test("Closing the client ends a handshake")
    func close() async throws {
        let server = try await echo()
        let bench = Bench(port: server.port)
        async let value = bench.read()
        var handshakes = bench.handshakes.makeAsyncIterator()
        _ = await handshakes.next()
        await bench.client.close()
        #expect(await value == .failure(.connectionClosed))
        await server.close()
    }
}
