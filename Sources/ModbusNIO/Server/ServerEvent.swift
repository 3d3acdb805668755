// SPDX-License-Identifier: Apache-2.0

/// Something about a connection that whoever runs a server may want to know.
public enum ServerEvent: Hashable, Sendable, CustomStringConvertible {
    /// A connection was closed before anything was served.
    case refused(address: String, Refusal)
    /// A connection gave way to a new one.
    case evicted(address: String)

    /// Why a connection was closed before anything was served.
    public enum Refusal: Hashable, Sendable {
        /// The access list forbids the address or does not have it.
        case denied
        /// The address has as many connections as its priority allows.
        case tooManyConnections(limit: Int)
        /// All places are taken by priority peers and by connections with work.
        case full
        /// The handshake failed or took too long.
        case handshake(String)
    }

    /// What happened and what can be done.
    public var description: String {
        switch self {
        case .refused(let address, .denied): "\(address) was refused: the access list does not allow it"
        case .refused(let address, .tooManyConnections(let limit)):
            "\(address) was refused: it has \(limit) connections already, which is its limit"
        case .refused(let address, .full): "\(address) was refused: all connections are in use"
        case .refused(let address, .handshake(let reason)): "\(address) was refused: \(reason)"
        case .evicted(let address): "\(address) was closed to make room for a new connection"
        }
    }
}
