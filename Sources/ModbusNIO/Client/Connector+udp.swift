// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOPosix

extension Connector {
    /// A datagram holds one ADU of at most 260 bytes; what is longer is cut and dropped.
    private static let datagramCount = 300

    /// Opens a UDP socket that takes datagrams from the device only.
    static func udp(_ configuration: ModbusClientConfiguration) -> Connector {
        let host = configuration.host
        let port = configuration.port
        return Connector { loop, prepare -> EventLoopFuture<any Channel> in
            guard (1...65535).contains(port) else {
                return loop.makeFailedFuture(ModbusClientError.connectFailed("port \(port); ports are 1 to 65535"))
            }
            // Looking a name up may take long, and the system has no way to do it but to wait.
            let address = NIOThreadPool.singleton.runIfActive(eventLoop: loop) {
                try SocketAddress.makeAddressResolvingHost(host, port: port)
            }
            return address.flatMap { address -> EventLoopFuture<any Channel> in
                DatagramBootstrap(group: loop)
                    .channelOption(.recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: datagramCount))
                    .channelInitializer { channel in
                        do {
                            try channel.pipeline.syncOperations.addHandler(DatagramContents())
                        } catch {
                            return channel.eventLoop.makeFailedFuture(error)
                        }
                        return prepare(channel)
                    }
                    .connect(to: address)
            }.flatMapErrorThrowing { throw ModbusClientError(connecting: $0, host: host, port: port) }
        }
    }
}

/// Takes datagrams out of their envelopes; the socket is connected, so that the sender is known.
private final class DatagramContents: ChannelInboundHandler {
    typealias InboundIn = AddressedEnvelope<ByteBuffer>
    typealias InboundOut = ByteBuffer

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        context.fireChannelRead(wrapInboundOut(unwrapInboundIn(data).data))
    }
}
