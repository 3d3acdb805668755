// SPDX-License-Identifier: Apache-2.0

public import ModbusNIO
public import NIOCore
public import NIOPosix
import NIOSSL

extension ModbusClient {
    /// Creates a client that talks Modbus over TLS; nothing is sent before the first request.
    ///
    /// A handshake that fails is a failure to connect: the request fails with
    /// `ModbusClientError.connectFailed`, which says why.
    ///
    /// - Parameters:
    ///   - configuration: The device's address and all limits; the usual port is ``ModbusTLS/usualPort``.
    ///   - tls: Who the client is and whom it believes.
    ///   - observer: Is told why connections are not made, and about a server that ends one with an alert.
    ///   - group: Gives the event loop on which the client lives.
    /// - Throws: ``TLSSetupError`` when the certificate and the key do not go together, or the transport is not TCP.
    public convenience init(
        _ configuration: ModbusClientConfiguration,
        tls: TLSClientOptions,
        observer: @escaping TLSObserver = { _ in },
        group: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton
    ) throws(TLSSetupError) {
        guard configuration.transport == .tcp else {
            throw TLSSetupError("TLS goes with Modbus TCP; datagrams and frames of the serial line cannot be secured")
        }
        let context = try TLSContext.client(tls)
        let host = configuration.host
        let security = ChannelSecurity { channel in
            let secured = channel.eventLoop.makePromise(of: Void.self)
            do {
                try channel.addClientTLS(context, tls, host: host, secured: secured, observer: observer)
            } catch {
                secured.fail(error)
                throw error
            }
            return secured.futureResult
        }
        self.init(configuration, security: security, group: group)
    }
}

extension Channel {
    fileprivate func addClientTLS(
        _ context: NIOSSLContext,
        _ options: TLSClientOptions,
        host: String,
        secured: EventLoopPromise<Void>,
        observer: @escaping TLSObserver
    ) throws {
        let name = options.serverName(host: host)
        let ssl: NIOSSLClientHandler
        do {
            ssl = try NIOSSLClientHandler(context: context, serverHostname: name)
        } catch {
            throw ModbusClientError.connectFailed("\(name ?? host) cannot be the name in a server's certificate")
        }
        let peer = host.contains(":") ? "[\(host)]" : host
        let owner = TLSGate.Owner(
            accept: { certificate throws(HandshakeFailure) in try options.trust.check(certificate, at: Moment.now) },
            finished: { _, result in
                if case .failure(let failure) = result, failure != .cancelled {
                    observer(.handshakeFailed(peer: peer, failure))
                }
                secured.completeWith(result.mapError { $0 as any Error })
            },
            alerted: { observer(.endedByAlert(peer: peer, $0)) }
        )
        let gate = TLSGate(ssl, owner: owner, name: name ?? host)
        try pipeline.syncOperations.addHandlers(ssl, gate)
    }
}

extension TLSClientOptions {
    /// The name for the certificate check; `nil` checks the address the client has connected to.
    fileprivate func serverName(host: String) -> String? {
        switch serverCheck {
        case .name(let name): name
        // A name is sent along all the same: a server may choose its certificate by it.
        case .host, .chainOnly: (try? SocketAddress(ipAddress: host, port: 0)) == nil ? host : nil
        }
    }
}
