// SPDX-License-Identifier: Apache-2.0

import Modbus
import NIOCore
import NIOPosix
import Synchronization
import Testing

@testable import ModbusNIO

@Suite("Client over UDP", .timeLimit(.minutes(1)))
struct ClientUDPTests {
    /// A device that does with each datagram whatever a test wants.
    private final class Device: Sendable {
        typealias Script = @Sendable (_ number: Int, _ request: [UInt8], _ send: ([UInt8]) -> Void) -> Void

        let port: Int
        private let channel: any Channel

        private final class Handler: ChannelInboundHandler {
            typealias InboundIn = AddressedEnvelope<ByteBuffer>
            private let script: Script
            private var number = 0

            init(_ script: @escaping Script) { self.script = script }

            func channelRead(context: ChannelHandlerContext, data: NIOAny) {
                let envelope = unwrapInboundIn(data)
                script(number, Array(envelope.data.readableBytesView)) { bytes in
                    let data = ByteBuffer(bytes: bytes)
                    let answer = AddressedEnvelope(remoteAddress: envelope.remoteAddress, data: data)
                    context.channel.writeAndFlush(answer, promise: nil)
                }
                number += 1
            }
        }

        init(_ script: @escaping Script) async throws {
            channel = try await DatagramBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .channelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHandler(Handler(script))
                    }
                }
                .bind(host: "127.0.0.1", port: 0).get()
            port = channel.localAddress?.port ?? 0
        }

        func close() async { _ = try? await channel.close() }
    }

    private func client(
        _ port: Int,
        host: String = "127.0.0.1",
        _ adjust: (inout ModbusClientConfiguration) -> Void = { _ in }
    ) -> ModbusClient {
        var configuration = ModbusClientConfiguration(host: host, port: port)
        configuration.transport = .udp
        configuration.requestTimeout = .seconds(30)
        configuration.reconnectDelays = [.zero]
        adjust(&configuration)
        return ModbusClient(configuration)
    }

    /// The answer that gives a register its own address.
    private static func answer(_ request: [UInt8]) -> [UInt8] {
        wire(UInt16(request[0]) << 8 | UInt16(request[1]), unit: request[6], [3, 2, request[8], request[9]])
    }

    @Test("Each datagram is one frame, both ways, and a host may be a name", arguments: ["127.0.0.1", "localhost"])
    func exchange(host: String) async throws {
        let sizes = Mutex<[Int]>([])
        let device = try await Device { _, request, send in
            sizes.withLock { $0.append(request.count) }
            send(ClientUDPTests.answer(request))
        }
        let client = client(device.port, host: host) { $0.maximumInFlight = 16 }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for address in 0..<32 as Range<UInt16> {
                group.addTask {
                    let values = try await client.readHoldingRegisters(address: address, count: 1)
                    #expect(values == [address])
                }
            }
            try await group.waitForAll()
        }
        #expect(sizes.withLock { $0 } == Array(repeating: 12, count: 32))
        await client.close()
        await device.close()
    }

    @Test("Modbus checklist 7.3, 7.5: a lost datagram is sent again with a new identifier, as often as set")
    func loss() async throws {
        let identifiers = Mutex<[UInt8]>([])
        let device = try await Device { number, request, send in
            identifiers.withLock { $0.append(request[1]) }
            if number >= 2 { send(ClientUDPTests.answer(request)) }
        }
        let client = client(device.port) {
            $0.requestTimeout = .milliseconds(200)
            // More than are needed, so that a busy machine does not make the test fail.
            $0.retries.afterTimeout = 50
        }
        #expect(try await client.readHoldingRegisters(address: 5, count: 1) == [5])
        let seen = identifiers.withLock { $0 }
        #expect(seen.count >= 3)
        #expect(seen == (1...seen.count).map { UInt8($0) })
        let counters = await client.counters
        #expect(counters.timeouts == counters.retries)
        #expect(counters.retries >= 2)
        #expect(counters.connections == 1, "a silent device costs no socket")
        await client.close()
        await device.close()
    }

    @Test("Modbus checklist 4.8, 4.9: late, doubled and foreign datagrams are dropped and counted")
    func strays() async throws {
        let device = try await Device { number, request, send in
            let answer = ClientUDPTests.answer(request)
            switch number {
            case 0: break
            case 1:
                // The late answer to the first request, then the second's, twice.
                send([answer[0], answer[1] - 1] + answer.dropFirst(2))
                send(answer)
                send(answer)
            default:
                send(Array(answer.dropLast()))
                send(answer + [0])
                send([])
                send(Array(repeating: 0x33, count: 400))
                send(answer.prefix(2) + [0, 1] + answer.dropFirst(4))
                send([0x77, 0x77] + answer.dropFirst(2))
                send(answer)
            }
        }
        let client = client(device.port)
        let short = Request.readHoldingRegisters(address: 1, count: 1)
        await #expect(throws: ModbusClientError.timeout) { try await client.send(short, timeout: .milliseconds(30)) }
        #expect(try await client.readHoldingRegisters(address: 2, count: 1) == [2])
        #expect(try await client.readHoldingRegisters(address: 3, count: 1) == [3])
        let counters = await client.counters
        #expect(counters.lateAnswers == 1)
        #expect(counters.unknownAnswers == 2, "the doubled one and the one with a strange identifier")
        #expect(counters.foreignFrames == 1)
        #expect(counters.damagedFrames >= 3)
        #expect(counters.connections == 1)
        await client.close()
        await device.close()
    }

    @Test("A port that nobody listens at is told at once")
    func refused() async throws {
        let device = try await Device { _, _, _ in }
        let port = device.port
        await device.close()
        let client = client(port)
        await #expect(throws: ModbusClientError.connectionRefused("127.0.0.1:\(port)")) {
            try await client.readHoldingRegisters(address: 0, count: 1)
        }
        await client.close()
    }

    @Test("A name that does not exist is told as such")
    func unknownName() async {
        let client = client(502, host: "no-such-host.invalid")
        do throws(ModbusClientError) {
            _ = try await client.readHoldingRegisters(address: 0, count: 1)
            #expect(Bool(false))
        } catch {
            guard case .connectFailed = error else { return #expect(Bool(false), "\(error)") }
        }
        await client.close()
    }
}
