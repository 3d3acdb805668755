// SPDX-License-Identifier: Apache-2.0

public import Modbus

/// Something about the security of a connection that somebody should know.
public enum TLSNotice: Hashable, Sendable, CustomStringConvertible {
    /// The client's connection was not established; a server tells this among its other events.
    case handshakeFailed(peer: String, HandshakeFailure)
    /// The peer ended an established connection with an alert, which is how TLS 1.3 refuses a client's certificate.
    case endedByAlert(peer: String, HandshakeFailure)
    /// The certificate's role cannot be read; the peer counts as one without a role (16.21).
    case malformedRole(peer: String, name: String, RoleFault)
    /// No rule is for the peer's role; everything it asks is refused.
    case unknownRole(peer: String, name: String, role: String?)
    /// The rules did not allow a request.
    case requestRefused(peer: String, role: String?, unit: UInt8, FunctionCode)

    /// What happened, for a log line.
    public var description: String {
        switch self {
        case .handshakeFailed(let peer, let failure): "\(peer): no secure connection: \(failure)"
        case .endedByAlert(let peer, let failure): "\(peer): the secure connection ended: \(failure)"
        case .malformedRole(let peer, let name, let fault):
            "\(peer): the role in the certificate of \(name) \(fault); it counts as none"
        case .unknownRole(let peer, let name, nil):
            "\(peer): \(name) has no role, and no rule is for that; all its requests are refused"
        case .unknownRole(let peer, let name, let role?):
            "\(peer): no rule is for the role \(ForeignText.quoted(role)) of \(name); all its requests are refused"
        case .requestRefused(let peer, let role, let unit, let function):
            "\(peer): \(TLSNotice.text(role)) may not do \(function) on unit \(unit)"
        }
    }

    private static func text(_ role: String?) -> String {
        role.map { "the role \(ForeignText.quoted($0))" } ?? "a peer without a role"
    }
}

/// Receives notices, on the connections' event loops; has to be quick.
public typealias TLSObserver = @Sendable (TLSNotice) -> Void
