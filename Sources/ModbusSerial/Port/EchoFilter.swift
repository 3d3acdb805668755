// SPDX-License-Identifier: Apache-2.0

import NIOCore

/// Takes what was sent out of what comes back, for half-duplex adapters that hear themselves (10.21).
///
/// Only exactly the bytes sent are taken out. Where something else comes, nothing is: two devices talked at once, or the
/// adapter does not echo after all, and the receiver has to see it.
final class EchoFilter: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// More than a line has on its way at any time; beyond it the oldest are not waited for any more.
    private static let limit = 16

    /// The writes that have not come back as a whole, oldest first.
    private var awaited = CircularBuffer<ByteBuffer>()
    /// How many bytes of the first one have.
    private var taken = 0

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        let sent = unwrapOutboundIn(data)
        if sent.readableBytes > 0 { awaited.append(sent) }
        if awaited.count > EchoFilter.limit { forgetFirst() }
        context.write(wrapOutboundOut(sent), promise: promise)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var received = unwrapInboundIn(data)
        while let first = awaited.first, received.readableBytes > 0 {
            let expected: UInt8? = first.getInteger(at: first.readerIndex + taken)
            guard received.getInteger(at: received.readerIndex) == expected else {
                received = withTaken(of: first, before: received)
                break
            }
            received.moveReaderIndex(forwardBy: 1)
            taken += 1
            if taken == first.readableBytes { forgetFirst() }
        }
        if received.readableBytes > 0 { context.fireChannelRead(wrapInboundOut(received)) }
    }

    private func forgetFirst() {
        awaited.removeFirst()
        taken = 0
    }

    /// What was taken for an echo and was none, with what came after it; nothing is awaited any more.
    private func withTaken(of write: ByteBuffer, before rest: ByteBuffer) -> ByteBuffer {
        var whole = ByteBuffer(bytes: write.readableBytesView.prefix(taken))
        whole.writeImmutableBuffer(rest)
        awaited.removeAll()
        taken = 0
        return whole
    }
}
