// SPDX-License-Identifier: Apache-2.0

import ModbusNIO
import NIOCore
import NIOSSL
import NIOTLS

/// Stands between TLS and Modbus on a connection: nothing passes before the handshake is through and the peer is accepted.
///
/// It also closes promptly. The TLS library would wait for the peer's own goodbye, while connections of ours end at once:
/// one that was evicted must not hold its place, and a write that was given up must not be delivered afterwards.
final class TLSGate: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// What the owner of a connection wants to be told, on the connection's event loop.
    struct Owner {
        /// The handshake is through: accepts the peer's certificate or throws.
        var accept: (NIOSSLCertificate) throws(HandshakeFailure) -> Void
        /// The outcome of the handshake, once; after a failure the connection is closed.
        ///
        /// How long it may take is the owner's matter.
        var finished: (ChannelHandlerContext, Result<Void, HandshakeFailure>) -> Void
        /// The peer ended an established connection with an alert.
        var alerted: (HandshakeFailure) -> Void
    }

    private enum State {
        case handshaking
        case open
        case ended
    }

    private let ssl: NIOSSLHandler
    private let owner: Owner
    /// What the peer's certificate should be for.
    private let name: String?
    private var state = State.handshaking

    /// Creates a gate.
    ///
    /// - Parameters:
    ///   - ssl: The library's handler, which stands before this one.
    ///   - owner: Is told what happens.
    ///   - name: What the peer's certificate should be for, for messages.
    init(_ ssl: NIOSSLHandler, owner: Owner, name: String? = nil) {
        self.ssl = ssl
        self.owner = owner
        self.name = name
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case TLSUserEvent.handshakeCompleted = event { complete(context) }
        context.fireUserInboundEventTriggered(event)
    }

    private func complete(_ context: ChannelHandlerContext) {
        guard state == .handshaking else { return }
        do throws(HandshakeFailure) {
            // The library lets no peer through without a certificate; this is the second lock.
            guard let certificate = ssl.peerCertificate else { throw .noCertificate }
            try owner.accept(certificate)
        } catch {
            return fail(error, context)
        }
        state = .open
        owner.finished(context, .success(()))
    }

    private func fail(_ failure: HandshakeFailure, _ context: ChannelHandlerContext) {
        guard state == .handshaking else { return }
        state = .ended
        owner.finished(context, .failure(failure))
        closePromptly(context, promise: nil)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard state == .open else { return }
        context.fireChannelRead(data)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        switch state {
        case .handshaking:
            fail(HandshakeFailure(error, certificate: ssl.peerCertificate, name: name), context)
        case .open:
            // Many peers close without TLS's goodbye; the end of the connection itself is reported all the same.
            if case NIOSSLError.uncleanShutdown = error { return }
            guard let alert = HandshakeFailure.alert(in: String(describing: error)) else {
                return context.fireErrorCaught(error)
            }
            let failure = HandshakeFailure.refusedByPeer(alert)
            owner.alerted(failure)
            // A client fails its requests with it.
            context.fireErrorCaught(ModbusClientError.connectionEnded("\(failure)"))
        case .ended: break
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        fail(.closedByPeer, context)
        state = .ended
        context.fireChannelInactive()
    }

    func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        guard mode == .all else { return context.close(mode: mode, promise: promise) }
        let isHandshaking = state == .handshaking
        state = .ended
        if isHandshaking { owner.finished(context, .failure(.cancelled)) }
        closePromptly(context, promise: promise)
    }

    /// Says goodbye and does not wait for the answer.
    private func closePromptly(_ context: ChannelHandlerContext, promise: EventLoopPromise<Void>?) {
        let below = try? context.pipeline.syncOperations.context(handler: ssl)
        context.close(promise: promise)
        below?.close(promise: nil)
    }
}
