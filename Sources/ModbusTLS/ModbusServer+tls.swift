// SPDX-License-Identifier: Apache-2.0

public import Modbus
public import ModbusNIO
public import NIOCore
public import NIOPosix

extension ModbusServer {
    /// Starts to listen for Modbus over TLS.
    ///
    /// Every client has to show a certificate that one of the trusted authorities has signed. A connection counts against
    /// the limits of the configuration from its first moment, and has to be through its handshake in time.
    ///
    /// - Parameters:
    ///   - configuration: The address and all limits; the usual port is ``ModbusTLS/usualPort``.
    ///   - tls: Who the server is and whom it believes.
    ///   - rules: Who may do what; `nil` lets everybody with a good certificate do everything.
    ///   - responder: Answers the requests that the rules allow.
    ///   - observer: Is told about roles and requests that are refused, the same thing once.
    ///   - group: Runs the connections; has to outlive the server.
    /// - Returns: A server that already accepts connections.
    /// - Throws: ``TLSSetupError`` when the certificate and the key do not go together, or the framing is not Modbus TCP; what
    ///   the system says when the address cannot be bound.
    public static func start(
        _ configuration: ModbusServerConfiguration,
        tls: TLSServerOptions,
        rules: AuthorisationRules?,
        responder: any ModbusResponder,
        observer: @escaping TLSObserver = { _ in },
        group: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton
    ) async throws -> ModbusServer {
        guard configuration.framing == .tcp else {
            throw TLSSetupError("TLS goes with Modbus TCP; frames of the serial line cannot be secured")
        }
        let server = try ServerTLS(tls, rules: rules, observer: observer)
        var configuration = configuration
        configuration.security = ServerSecurity(
            handshakeTimeLimit: tls.handshakeTimeLimit,
            prepare: { try server.prepare($0) },
            authorise: { pdu, unit, peer in
                server.allow(pdu, unit: unit, role: peer.role, host: peer.host)
            }
        )
        return try await start(configuration, responder: responder, group: group)
    }
}
