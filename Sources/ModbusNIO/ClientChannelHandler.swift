// SPDX-License-Identifier: Apache-2.0

import Modbus
import NIOCore

/// What a client's channel tells its owner, on the channel's event loop.
protocol ClientChannelDelegate: AnyObject {
    /// A whole frame came.
    func received(_ frame: Frame, on channel: any Channel)
    /// The bytes that came are not Modbus; the stream cannot be followed any more.
    func received(_ error: FrameError, on channel: any Channel)
    /// The connection ended.
    func ended(_ channel: any Channel)
}

/// Cuts the stream of a client's connection into frames.
final class ClientChannelHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let processor = NIOSingleStepByteToMessageProcessor(FrameStreamDecoder())
    private let delegate: any ClientChannelDelegate
    private var hasFailed = false

    init(delegate: any ClientChannelDelegate) {
        self.delegate = delegate
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        // After a broken frame nothing that follows has a meaning.
        guard !hasFailed else { return }
        do {
            try processor.process(buffer: unwrapInboundIn(data)) { delegate.received($0, on: context.channel) }
        } catch let error as FrameError {
            hasFailed = true
            delegate.received(error, on: context.channel)
        } catch {
            // The decoder throws nothing else; whatever it were, the connection is of no use.
            context.close(promise: nil)
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        delegate.ended(context.channel)
        context.fireChannelInactive()
    }

    /// A reset or a failed write: the connection is of no use, and closing it reports the end.
    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }
}
