// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOSSL

/// The settings of the TLS library that follow from the standard; see the decision record on Modbus over TLS.
enum TLSContext {
    /// The suites of TLS 1.2, best first; those of TLS 1.3 are fixed.
    ///
    /// No RSA key exchange, CBC, SHA-1 or NULL (16.8, 16.9).
    private static let suites: [NIOTLSCipher] = [
        .TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
        .TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
        .TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
        .TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
        .TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
        .TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
    ]
    /// P-256 first: every peer has it, and a first message with the key shares of others may not fit one segment.
    private static let curves: [NIOTLSCurve] = [.secp256r1, .x25519, .secp384r1]
    /// No SHA-1, not even to verify.
    private static let signatures: [SignatureAlgorithm] = [
        .ecdsaSecp256R1Sha256, .rsaPssRsaeSha256, .rsaPkcs1Sha256,
        .ecdsaSecp384R1Sha384, .rsaPssRsaeSha384, .rsaPkcs1Sha384,
        .rsaPssRsaeSha512, .rsaPkcs1Sha512,
    ]

    static func server(_ options: TLSServerOptions) throws(TLSSetupError) -> NIOSSLContext {
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: chain(options.identity, options.trust),
            privateKey: .privateKey(options.identity.privateKey)
        )
        // A client has to have a certificate; there is no host name to check it against.
        configuration.certificateVerification = .noHostnameVerification
        configuration.sendCANameList = true
        return try context(configuration, options.trust)
    }

    static func client(_ options: TLSClientOptions) throws(TLSSetupError) -> NIOSSLContext {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.certificateChain = chain(options.identity, options.trust)
        configuration.privateKey = .privateKey(options.identity.privateKey)
        configuration.certificateVerification =
            options.serverCheck == .chainOnly ? .noHostnameVerification : .fullVerification
        return try context(configuration, options.trust)
    }

    private static func chain(_ identity: TLSIdentity, _ trust: TLSTrust) -> [NIOSSLCertificateSource] {
        identity.chain(completedFrom: trust.roots).map { .certificate($0) }
    }

    private static func context(
        _ configuration: TLSConfiguration,
        _ trust: TLSTrust
    ) throws(TLSSetupError) -> NIOSSLContext {
        var configuration = configuration
        configuration.minimumTLSVersion = .tlsv12
        configuration.cipherSuiteValues = suites
        configuration.curves = curves
        configuration.verifySignatureAlgorithms = signatures
        configuration.trustRoots = .certificates(trust.roots)
        configuration.renegotiationSupport = .none
        do {
            return try NIOSSLContext(configuration: configuration)
        } catch {
            throw TLSSetupError(
                "the certificate and the private key do not go together, or are of a kind that TLS cannot use: \(error)"
            )
        }
    }
}
