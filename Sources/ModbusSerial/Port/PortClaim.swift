// SPDX-License-Identifier: Apache-2.0

import NIOCore

/// Gives a port free for others the moment its channel is closed.
///
/// The marks that keep others out belong to the port, and stay on it when somebody else holds it open too. So they are
/// taken off before the channel closes its descriptor, through a descriptor of this handler's own.
final class PortClaim: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = ByteBuffer

    private var descriptor: SerialDescriptor?

    init(_ descriptor: SerialDescriptor) { self.descriptor = descriptor.duplicate() }

    deinit { release() }

    func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        if mode == .all { release() }
        context.close(mode: mode, promise: promise)
    }

    func channelInactive(context: ChannelHandlerContext) {
        release()
        context.fireChannelInactive()
    }

    private func release() {
        descriptor?.close()
        descriptor = nil
    }
}
