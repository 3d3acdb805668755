// SPDX-License-Identifier: Apache-2.0

package import NIOCore

/// What has to happen on a server's new connection before Modbus is spoken on it, such as a TLS handshake, and what the
/// peer may do afterwards.
///
/// A handler that ``prepare`` adds fires ``PeerIdentified`` inward when the peer is known; requests that come before are
/// not served and end the connection. A failed handshake closes the channel, and the handler reports it with
/// ``HandshakeRefused``, so that it is counted and told to the observer.
package struct ServerSecurity: Sendable {
    /// Adds handlers to a new channel, on its event loop, nearer to the socket than the Modbus handler.
    package let prepare: @Sendable (any Channel) throws -> Void
    /// How long a peer may take until it is identified.
    package let handshakeTimeLimit: Duration
    /// Decides about each request before anything else in it is looked at (16.18).
    ///
    /// A refused one is answered `ExceptionCode.illegalFunction`.
    package let authorise: @Sendable (_ pdu: Span<UInt8>, _ unit: UInt8, _ peer: Peer) -> Bool

    package init(
        handshakeTimeLimit: Duration,
        prepare: @escaping @Sendable (any Channel) throws -> Void,
        authorise: @escaping @Sendable (_ pdu: Span<UInt8>, _ unit: UInt8, _ peer: Peer) -> Bool
    ) {
        self.prepare = prepare
        self.handshakeTimeLimit = handshakeTimeLimit
        self.authorise = authorise
    }
}

/// The user event that says that the peer is known and requests may be served.
package struct PeerIdentified: Sendable {
    /// The role of the peer's certificate.
    package let role: String?

    package init(role: String?) { self.role = role }
}

/// The user event that says why a handshake failed; the channel is closed afterwards.
package struct HandshakeRefused: Sendable {
    /// Why, for a log.
    package let reason: String

    package init(reason: String) { self.reason = reason }
}
