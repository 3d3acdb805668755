// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOPosix

/// Passes connections on to a server, and changes or cuts what passes at one place.
final class DamagingProxy: Sendable {
    /// What happens to the bytes of one direction.
    struct Damage: Sendable {
        /// Whether it happens to what the client sends.
        var isFromClient: Bool
        /// Behind how many bytes.
        var offset: Int
        /// What is done to that byte; zero ends the connection there.
        var change: UInt8
    }

    let port: Int
    private let listener: any Channel

    /// One end of a connection: hands what it reads to the other end.
    private final class Relay: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        private let other: any Channel
        private var damage: Damage?

        init(to other: any Channel, damage: Damage?) {
            self.other = other
            self.damage = damage
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            var bytes = Array(unwrapInboundIn(data).readableBytesView)
            if let damage, damage.offset < bytes.count {
                self.damage = nil
                if damage.change == 0 { return context.close(promise: nil) }
                bytes[damage.offset] ^= damage.change
            }
            damage?.offset -= bytes.count
            other.writeAndFlush(ByteBuffer(bytes: bytes), promise: nil)
        }

        func channelInactive(context: ChannelHandlerContext) { other.close(promise: nil) }

        func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
    }

    init(to target: Int, _ damage: Damage) async throws {
        listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelOption(.autoRead, value: false)
            .childChannelInitializer { client in
                // On one event loop, so that each end may use the other directly.
                ClientBootstrap(group: client.eventLoop).channelOption(.autoRead, value: false)
                    .connect(host: "127.0.0.1", port: target)
                    .flatMap { server in
                        client.eventLoop.makeCompletedFuture {
                            try client.pipeline.syncOperations.addHandler(
                                Relay(to: server, damage: damage.isFromClient ? damage : nil)
                            )
                            try server.pipeline.syncOperations.addHandler(
                                Relay(to: client, damage: damage.isFromClient ? nil : damage)
                            )
                        }
                        .flatMap { client.setOption(.autoRead, value: true) }
                        .flatMap { server.setOption(.autoRead, value: true) }
                    }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        port = listener.localAddress?.port ?? 0
    }

    func stop() async { _ = try? await listener.close() }
}
