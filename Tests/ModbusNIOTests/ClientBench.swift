// SPDX-License-Identifier: Apache-2.0

import Modbus
import NIOCore
import NIOEmbedded
import Synchronization
import Testing

@testable import ModbusNIO

/// A client whose connections are channels without sockets and whose time is moved by hand.
struct ClientBench: Sendable {
    let client: ModbusClient
    let loop: NIOAsyncTestingEventLoop
    /// The channels the client connected, in order.
    let connections: AsyncStream<NIOAsyncTestingChannel>
    /// What the next attempts to connect end with; success when empty.
    let failures: Failures

    final class Failures: Sendable {
        private let errors = Mutex<[ModbusClientError]>([])

        func add(_ error: ModbusClientError) { errors.withLock { $0.append(error) } }

        func next() -> ModbusClientError? { errors.withLock { $0.isEmpty ? nil : $0.removeFirst() } }
    }

    init(framing: Framing? = nil, _ adjust: (inout ModbusClientConfiguration) -> Void = { _ in }) throws {
        var configuration = ModbusClientConfiguration(host: "meter")
        configuration.jitterSeed = 1
        // So that each write on a channel is one request.
        configuration.sharesWrites = false
        adjust(&configuration)
        let loop = NIOAsyncTestingEventLoop()
        let (connections, continuation) = AsyncStream.makeStream(of: NIOAsyncTestingChannel.self)
        let failures = Failures()
        let address = try SocketAddress(ipAddress: "127.0.0.1", port: 502)
        let connector = Connector { _, prepare -> EventLoopFuture<any Channel> in
            if let error = failures.next() { return loop.makeFailedFuture(error) }
            let channel = NIOAsyncTestingChannel(loop: loop)
            return prepare(channel).flatMap { channel.connect(to: address) }.map {
                continuation.yield(channel)
                return channel
            }
        }
        self.loop = loop
        self.connections = connections
        self.failures = failures
        client = ModbusClient(configuration, framing: framing, loop: loop, connector: connector)
    }

    /// The next channel the client connects.
    func nextConnection() async throws -> NIOAsyncTestingChannel {
        let next = await connections.first { _ in true }
        return try #require(next)
    }

    /// Sends a request in a task of its own.
    func send(
        _ request: Request,
        unit: UInt8 = 1,
        timeout: Duration? = nil,
        mayRepeat: Bool? = nil
    ) -> Task<Result<Response, ModbusClientError>, Never> {
        let client = client
        return Task {
            do throws(ModbusClientError) {
                return .success(try await client.send(request, unit: unit, timeout: timeout, mayRepeat: mayRepeat))
            } catch {
                return .failure(error)
            }
        }
    }

    /// Reads one register in a task of its own.
    func read(_ address: UInt16, unit: UInt8 = 1) -> Task<Result<[UInt16], ModbusClientError>, Never> {
        let client = client
        return Task {
            do throws(ModbusClientError) {
                return .success(try await client.readHoldingRegisters(address: address, count: 1, unit: unit))
            } catch {
                return .failure(error)
            }
        }
    }
}

extension NIOAsyncTestingChannel {
    /// The next frame the client sends.
    func nextRequest() async throws -> (transaction: UInt16, address: UInt16) {
        var bytes = try await waitForOutboundWrite(as: ByteBuffer.self)
        let first = bytes.readInteger(as: UInt16.self)
        let transaction = try #require(first)
        let address = try #require(bytes.getInteger(at: bytes.readerIndex + 6, as: UInt16.self))
        return (transaction, address)
    }

    func receive(_ bytes: [UInt8]) async throws { try await writeInbound(ByteBuffer(bytes: bytes)) }

    /// Gives a register's value.
    func answer(_ transaction: UInt16, unit: UInt8 = 1, _ value: UInt16) async throws {
        try await receive(wire(transaction, unit: unit, [3, 2, UInt8(value >> 8), UInt8(value & 0xFF)]))
    }
}
