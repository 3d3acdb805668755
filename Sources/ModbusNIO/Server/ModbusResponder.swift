// SPDX-License-Identifier: Apache-2.0

public import Modbus

/// Answers the requests that a server receives; several units in one server are its matter.
///
/// Called on event loops, from several of them at once when the server has several connections; must be quick. What
/// takes time is answered later, see ``ServerReply``.
public protocol ModbusResponder: Sendable {
    /// Says what to answer.
    func respond(to request: Request, unit: UInt8) -> ServerReply

    /// Says what to answer, for responders to whom it matters who asks.
    ///
    /// The default calls ``respond(to:unit:)``.
    func respond(to request: Request, unit: UInt8, peer: Peer) -> ServerReply

    /// Says what to answer to a request whose length, quantity or byte count is wrong.
    ///
    /// The default answers `ExceptionCode.illegalDataValue`. A responder that has not got the function answers
    /// `ExceptionCode.illegalFunction`, and one that has not got the unit what it always answers to that unit.
    func respond(toMalformed function: FunctionCode, unit: UInt8) -> ServerReply

    /// Answers bytes with bytes, for responders that can; asked before the others.
    ///
    /// It saves the values in between and their memory. The default leaves all to ``respond(to:unit:peer:)``.
    ///
    /// - Parameters:
    ///   - pdu: At least one byte, as received.
    ///   - unit: The unit identifier.
    ///   - bytes: Gets at most 253 bytes, the PDU of the answer; nothing for no answer.
    /// - Returns: Whether the request was dealt with; if not, `bytes` must be as it was.
    func answer(_ pdu: Span<UInt8>, unit: UInt8, into bytes: inout [UInt8]) -> Bool
}

extension ModbusResponder {
    /// Answers whoever asks.
    public func respond(to request: Request, unit: UInt8, peer: Peer) -> ServerReply {
        respond(to: request, unit: unit)
    }

    /// Answers exception 3.
    public func respond(toMalformed function: FunctionCode, unit: UInt8) -> ServerReply {
        .now(.exception(function, .illegalDataValue))
    }

    /// Leaves the request to the other methods.
    public func answer(_ pdu: Span<UInt8>, unit: UInt8, into bytes: inout [UInt8]) -> Bool { false }
}

/// What a server does with a request.
public enum ServerReply: Hashable, Sendable {
    /// Answers at once.
    case now(Response)
    /// Answers after a while.
    case later(Duration, Response)
    /// Answers when somebody says what, see ``PendingReply``.
    case pending(PendingReply)
    /// Does not answer.
    case silence
    /// Closes the connection without an answer.
    case closeConnection
}

/// Whoever is at the other end of a server's connection.
public final class Peer: Sendable {
    /// The address and port as people write them: "192.0.2.1:502" or "[2001:db8::1]:502".
    public let address: String
    /// The role of the peer's certificate; `nil` without one and on connections without TLS.
    public let role: String?
    /// Tells connections apart: no two that exist at one time have the same.
    public let connection: ObjectIdentifier

    /// Creates a peer.
    public init(address: String, role: String? = nil, connection: ObjectIdentifier) {
        self.address = address
        self.role = role
        self.connection = connection
    }

    /// The address without the port, which differs each time: "192.0.2.1" or "2001:db8::1".
    public var host: String {
        guard let end = address.lastIndex(of: ":") else { return address }
        let host = address[..<end]
        return String(host.hasPrefix("[") && host.hasSuffix("]") ? host.dropFirst().dropLast() : host)
    }
}
