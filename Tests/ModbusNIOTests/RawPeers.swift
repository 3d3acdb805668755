// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOPosix
import Synchronization

#if canImport(Glibc)
import Glibc
#endif

@testable import ModbusNIO

/// A TCP connection that sends and receives whatever a test wants.
final class RawConnection: Sendable {
    private struct Inbox {
        var bytes: [UInt8] = []
        var hasEnded = false
        var waiting: (count: Int, continuation: CheckedContinuation<[UInt8], Never>)?

        mutating func take(_ count: Int) -> [UInt8] {
            defer { bytes.removeFirst(min(count, bytes.count)) }
            return Array(bytes.prefix(count))
        }
    }

    private let channel: any Channel
    private let inbox: Mutex<Inbox>

    private final class Handler: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        let received: ([UInt8]?) -> Void

        init(received: @escaping ([UInt8]?) -> Void) { self.received = received }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            received(Array(unwrapInboundIn(data).readableBytesView))
        }

        func channelInactive(context: ChannelHandlerContext) { received(nil) }

        func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
    }

    /// Connects to a port of this machine, perhaps from another of its addresses; without `reads` it never reads.
    static func connect(
        host: String = "127.0.0.1",
        port: Int,
        from source: String? = nil,
        reads: Bool = true
    ) async throws -> RawConnection {
        var bootstrap = ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelOption(.autoRead, value: false)
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
        if let source { bootstrap = bootstrap.bind(to: try SocketAddress(ipAddress: source, port: 0)) }
        let channel = try await bootstrap.connect(host: host, port: port).get()
        let connection = RawConnection(channel)
        if reads { try await connection.startReading() }
        return connection
    }

    private init(_ channel: any Channel) {
        self.channel = channel
        inbox = Mutex(Inbox())
    }

    private func startReading() async throws {
        try await channel.eventLoop.submit { [self] in
            try channel.pipeline.syncOperations.addHandler(Handler { [weak self] in self?.received($0) })
        }.get()
        try await channel.setOption(.autoRead, value: true).get()
        channel.read()
    }

    private func received(_ bytes: [UInt8]?) {
        let ready = inbox.withLock { inbox -> (CheckedContinuation<[UInt8], Never>, [UInt8])? in
            inbox.bytes += bytes ?? []
            if bytes == nil { inbox.hasEnded = true }
            guard let waiting = inbox.waiting, inbox.hasEnded || inbox.bytes.count >= waiting.count else { return nil }
            inbox.waiting = nil
            return (waiting.continuation, inbox.take(waiting.count))
        }
        ready.map { $0.resume(returning: $1) }
    }

    /// Sends bytes and does not wait for them to leave.
    func begin(_ bytes: [UInt8]) { channel.writeAndFlush(ByteBuffer(bytes: bytes), promise: nil) }

    func send(_ bytes: [UInt8]) async throws { try await channel.writeAndFlush(ByteBuffer(bytes: bytes)) }

    /// The next bytes; fewer when the connection ends.
    func receive(_ count: Int) async -> [UInt8] {
        await withCheckedContinuation { continuation in
            let ready = inbox.withLock { inbox -> [UInt8]? in
                if inbox.hasEnded || inbox.bytes.count >= count { return inbox.take(count) }
                inbox.waiting = (count, continuation)
                return nil
            }
            if let ready { continuation.resume(returning: ready) }
        }
    }

    func closeOutput() async throws { try await channel.close(mode: .output) }

    /// Closes; the other side may have done so before.
    func close() async { _ = try? await channel.close() }

    /// Ends the connection with a reset, as a process does that is killed with bytes unread.
    func reset() async throws {
        // A linger time of zero drops what is on its way.
        let options = channel as? any SocketOptionProvider
        try await options?.setSoLinger(linger(l_onoff: 1, l_linger: 0)).get()
        await close()
    }

    /// Returns when the other side has closed.
    func ended() async { _ = try? await channel.closeFuture.get() }
}

/// A server that does with each frame whatever a test wants.
final class RawServer: Sendable {
    typealias Script = @Sendable (_ frame: Frame, _ channel: any Channel) -> Void

    let port: Int
    private let listener: any Channel

    private final class Handler: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        private let processor = NIOSingleStepByteToMessageProcessor(FrameStreamDecoder())
        private let script: Script
        private let failed: @Sendable (any Error) -> Void

        init(_ script: @escaping Script, failed: @escaping @Sendable (any Error) -> Void) {
            self.script = script
            self.failed = failed
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            do {
                try processor.process(buffer: unwrapInboundIn(data)) { script($0, context.channel) }
            } catch {
                context.close(promise: nil)
            }
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) {
            failed(error)
            context.close(promise: nil)
        }
    }

    /// - Parameters:
    ///   - failed: Told how connections ended, when that was not an ordinary close.
    ///   - script: Told of every frame.
    /// - Throws: What the system says when no port can be had.
    init(failed: @escaping @Sendable (any Error) -> Void = { _ in }, _ script: @escaping Script) async throws {
        listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Handler(script, failed: failed))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        port = listener.localAddress?.port ?? 0
    }

    func close() async { _ = try? await listener.close() }
}

extension Channel {
    /// Sends bytes; one write each.
    func send(_ bytes: [UInt8]) { writeAndFlush(ByteBuffer(bytes: bytes), promise: nil) }
}
