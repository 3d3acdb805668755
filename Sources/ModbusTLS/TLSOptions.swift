// SPDX-License-Identifier: Apache-2.0

import NIOSSL

/// Who this side is: its certificate, the chain above it, and its private key.
public struct TLSIdentity: Sendable {
    let certificates: [NIOSSLCertificate]
    let privateKey: NIOSSLPrivateKey

    /// Reads an identity.
    ///
    /// - Parameters:
    ///   - certificates: This side's certificate first, then those above it. The root may be left out when it is among
    ///     the trust roots; it is sent all the same (16.6).
    ///   - privateKey: The key of the first certificate, without a passphrase.
    /// - Throws: ``TLSSetupError`` when one of them cannot be read.
    public init(certificates: PEMSource, privateKey: PEMSource) throws(TLSSetupError) {
        self.certificates = try certificates.certificates()
        self.privateKey = try privateKey.privateKey()
    }

    /// The chain down to the root, as far as the certificates at hand allow.
    func chain(completedFrom roots: [NIOSSLCertificate]) -> [NIOSSLCertificate] {
        guard let last = certificates.last.flatMap({ try? CertificateFields(der: $0.toDERBytes()) }),
            !last.issuer.elementsEqual(last.subject)
        else { return certificates }
        let root = roots.first { root in
            (try? CertificateFields(der: root.toDERBytes()))?.subject.elementsEqual(last.issuer) ?? false
        }
        return certificates + (root.map { [$0] } ?? [])
    }
}

/// Whom this side believes.
public struct TLSTrust: Sendable {
    let roots: [NIOSSLCertificate]
    let revocationLists: [RevocationList]

    /// Reads what to trust; the system's own list of authorities is never used.
    ///
    /// - Parameters:
    ///   - roots: The certificates of the authorities, or self-signed certificates of single peers.
    ///   - revocationLists: Lists of withdrawn certificates, at most one for each authority; `nil` when there are none.
    ///     An authority's list that is out of date makes all its certificates refused.
    /// - Throws: ``TLSSetupError`` when one of them cannot be read.
    public init(roots: PEMSource, revocationLists: PEMSource? = nil) throws(TLSSetupError) {
        self.roots = try roots.certificates()
        self.revocationLists = try revocationLists?.revocationLists() ?? []
    }

    /// Checks a peer's own certificate at the end of a handshake.
    ///
    /// The library has verified the chain, but it does so only when a session begins; a resumed session may be older than
    /// the end of the certificate or than its revocation.
    func check(_ certificate: NIOSSLCertificate, at now: Int64) throws(HandshakeFailure) {
        let name = PeerName.of(certificate)
        guard Int64(certificate.notValidAfter) >= now else { throw .expired(name) }
        guard !revocationLists.isEmpty else { return }
        guard let fields = try? CertificateFields(der: certificate.toDERBytes()) else { throw .unreadable(name) }
        for list in revocationLists {
            switch list.status(of: fields, at: now) {
            case .revoked: throw .revoked(name)
            case .outOfDate: throw .revocationListOutOfDate(name)
            case .good, nil: break
            }
        }
    }
}

/// How a server secures its connections; clients always have to show a certificate (16.3).
public struct TLSServerOptions: Sendable {
    /// The server's own certificate and key.
    public var identity: TLSIdentity
    /// The authorities whose client certificates are accepted.
    public var trust: TLSTrust
    /// How long a handshake may take (16.23).
    public var handshakeTimeLimit: Duration = .seconds(5)

    /// Creates options.
    public init(identity: TLSIdentity, trust: TLSTrust) {
        self.identity = identity
        self.trust = trust
    }
}

/// How a client secures its connection; the handshake shares the time for connecting.
public struct TLSClientOptions: Sendable {
    /// What the server's certificate has to be for, beside having a path to a trusted root.
    public enum ServerCheck: Hashable, Sendable {
        /// The name or address the client connects to, among the certificate's alternative names.
        case host
        /// This name instead, for servers that are reached by an address their certificate does not have.
        case name(String)
        /// Anything; the standard asks for no more (16.22).
        case chainOnly
    }

    /// The client's own certificate and key; its role is in the certificate.
    public var identity: TLSIdentity
    /// The authorities whose server certificates are accepted.
    public var trust: TLSTrust
    /// What is checked beside the chain.
    public var serverCheck: ServerCheck = .host

    /// Creates options.
    public init(identity: TLSIdentity, trust: TLSTrust) {
        self.identity = identity
        self.trust = trust
    }
}

/// Facts of Modbus/TCP Security.
public enum ModbusTLS {
    /// The port that is registered for it (16.1).
    public static let usualPort = 802
}
