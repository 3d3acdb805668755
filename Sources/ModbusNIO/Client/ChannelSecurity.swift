// SPDX-License-Identifier: Apache-2.0

package import NIOCore

/// What has to happen on a connection before Modbus may be spoken on it, such as a TLS handshake.
///
/// The client counts as connected when the handshake is done and not before; until then nothing is sent. The handshake
/// shares ``ModbusClientConfiguration/connectTimeout`` with connecting; when that is over, when the future fails or when
/// the connection ends, the channel is closed and the attempt has failed.
///
/// For TLS: add `NIOSSLClientHandler`, and behind it a handler of your own that completes a promise. It succeeds the
/// promise at `TLSUserEvent.handshakeCompleted`, and fails it in `errorCaught`, in `channelInactive` and in
/// `handlerRemoved`, since of several addresses only one wins and the promises of the others have to be completed too.
/// A ``ModbusClientError`` reaches the caller as it is; other errors become ``ModbusClientError/connectFailed(_:)``.
package struct ChannelSecurity: Sendable {
    /// Adds handlers to a new channel and gives what completes when the connection is secure.
    ///
    /// Called on the channel's event loop, before the channel connects and before the Modbus handler is added; so the
    /// handlers are nearer to the socket than the Modbus handler.
    package let prepare: @Sendable (any Channel) throws -> EventLoopFuture<Void>

    package init(prepare: @escaping @Sendable (any Channel) throws -> EventLoopFuture<Void>) {
        self.prepare = prepare
    }
}

/// The handshakes of one attempt to connect, which may try several addresses.
struct PendingHandshakes: Sendable {
    private let security: ChannelSecurity
    private let loop: any EventLoop
    private let deadline: NIODeadline
    private let handshakes: NIOLoopBoundBox<[ObjectIdentifier: EventLoopFuture<Void>]>

    /// Begins the attempt's time.
    init(_ security: ChannelSecurity, loop: any EventLoop, limit: TimeAmount) {
        self.security = security
        self.loop = loop
        deadline = loop.now + limit
        handshakes = NIOLoopBoundBox.makeBoxSendingValue([:], eventLoop: loop)
    }

    /// Prepares the channel of one address.
    func begin(_ channel: any Channel) throws {
        handshakes.value[ObjectIdentifier(channel)] = try security.prepare(channel)
    }

    /// Waits for the handshake of the address that was reached.
    func finish(_ channel: any Channel) -> EventLoopFuture<any Channel> {
        let secured = loop.makePromise(of: (any Channel).self)
        let handshake = handshakes.value.removeValue(forKey: ObjectIdentifier(channel))
        handshakes.value = [:]
        let timer = loop.assumeIsolated().scheduleTask(deadline: deadline) {
            secured.fail(ModbusClientError.connectFailed("no answer to the handshake in time"))
        }
        channel.closeFuture.whenComplete { _ in
            secured.fail(ModbusClientError.connectFailed("the connection was closed during the handshake"))
        }
        (handshake ?? loop.makeSucceededVoidFuture()).map { channel }.cascade(to: secured)
        secured.futureResult.whenComplete { result in
            timer.cancel()
            if case .failure = result { channel.close(promise: nil) }
        }
        return secured.futureResult
    }
}
