// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOSSL

/// Why a connection did not become a secure one.
public enum HandshakeFailure: Error, Hashable, Sendable, CustomStringConvertible {
    /// The peer showed no certificate (16.3).
    case noCertificate
    /// The peer's certificate has no path to a trusted root, or is not for this use.
    case untrusted(String)
    /// The peer's certificate is past its validity.
    case expired(String)
    /// The peer's certificate is not valid yet.
    case notYetValid(String)
    /// The peer's certificate is in a revocation list.
    case revoked(String)
    /// The list that should tell about the peer's certificate is past its next update.
    case revocationListOutOfDate(String)
    /// The peer's certificate cannot be read.
    case unreadable(String)
    /// The server's certificate is for other names and addresses.
    case wrongName(String)
    /// What the server's certificate should be for cannot be the name in a certificate.
    case impossibleName(String)
    /// The peer has no version of TLS from 1.2 on (16.2).
    case version
    /// The sides have no cipher suite, curve or signature in common.
    case nothingInCommon
    /// What came is not TLS; a plain Modbus peer, for instance (16.24).
    case notTLS
    /// The peer ended the handshake with this alert.
    case refusedByPeer(String)
    /// The peer closed the connection before the handshake was through.
    case closedByPeer
    /// This side gave the connection up: its time was over, or it was closed.
    case cancelled
    /// Anything else, in the TLS library's words.
    case other(String)

    /// What happened, for a log line.
    public var description: String {
        switch self {
        case .noCertificate: "the peer has no certificate"
        case .untrusted(let name): "no trusted authority stands behind the certificate of \(name)"
        case .expired(let name): "the certificate of \(name) has expired; renew it, or set this machine's clock"
        case .notYetValid(let name): "the certificate of \(name) is not valid yet; set the clocks"
        case .revoked(let name): "the certificate of \(name) is revoked"
        case .revocationListOutOfDate(let name):
            "the revocation list for the certificate of \(name) is out of date; fetch a new one"
        case .unreadable(let name): "the certificate of \(name) cannot be read"
        case .wrongName(let name): "the server's certificate is not for \(name)"
        case .impossibleName(let name): "\"\(name)\" cannot be the name in a certificate; letters, digits, - and ."
        case .version: "the peer has no TLS from version 1.2 on"
        case .nothingInCommon: "no cipher suite, curve or signature in common"
        case .notTLS: "the peer does not speak TLS"
        case .refusedByPeer(let alert): "the peer refused: \(alert)"
        case .closedByPeer: "the peer closed the connection"
        case .cancelled: "the connection was given up"
        case .other(let words): "\(words)"
        }
    }
}

extension HandshakeFailure {
    /// Words of the TLS library and what they mean; the first that is found counts.
    private static let meanings: [(String, HandshakeFailure)] = [
        ("PEER_DID_NOT_RETURN_A_CERTIFICATE", .noCertificate),
        ("UNSUPPORTED_PROTOCOL", .version),
        ("NO_SHARED_CIPHER", .nothingInCommon),
        ("NO_SHARED_GROUP", .nothingInCommon),
        ("NO_COMMON_SIGNATURE_ALGORITHMS", .nothingInCommon),
        ("WRONG_VERSION_NUMBER", .notTLS),
        ("HTTP_REQUEST", .notTLS),
        ("HTTPS_PROXY_REQUEST", .notTLS),
        ("EOF during handshake", .closedByPeer),
    ]
    private static let wordCount = 300

    /// Says what an error of the TLS library means.
    ///
    /// - Parameters:
    ///   - error: The library's error.
    ///   - certificate: What the peer showed, as far as it came.
    ///   - name: What the certificate should be for.
    init(_ error: any Error, certificate: NIOSSLCertificate?, name: String?) {
        if let failure = error as? HandshakeFailure {
            self = failure
            return
        }
        if let error = error as? NIOSSLExtraError {
            let name = name ?? "the address"
            switch error {
            case .failedToValidateHostname: self = .wrongName(name)
            case .serverHostnameImpossibleToMatch: self = .impossibleName(name)
            default: self = .other(String(describing: error))
            }
            return
        }
        let words = String(describing: error)
        if words.contains("CERTIFICATE_VERIFY_FAILED") {
            self = HandshakeFailure.verification(of: certificate, at: Moment.now)
        } else if let meaning = HandshakeFailure.meanings.first(where: { words.contains($0.0) }) {
            self = meaning.1
        } else if let alert = HandshakeFailure.alert(in: words) {
            self = .refusedByPeer(alert)
        } else {
            self = .other(String(words.prefix(HandshakeFailure.wordCount)))
        }
    }

    /// The library does not say why a chain is not accepted; the certificate's own dates are the usual reason.
    private static func verification(of certificate: NIOSSLCertificate?, at now: Int64) -> HandshakeFailure {
        guard let certificate else { return .untrusted("the peer") }
        let name = PeerName.of(certificate)
        if Int64(certificate.notValidAfter) < now { return .expired(name) }
        if Int64(certificate.notValidBefore) > now { return .notYetValid(name) }
        return .untrusted(name)
    }

    /// "TLSV1_ALERT_UNKNOWN_CA" becomes "unknown ca".
    static func alert(in words: String) -> String? {
        guard let start = words.firstRange(of: "_ALERT_") else { return nil }
        let name = words[start.upperBound...].prefix { $0.isLetter || $0 == "_" || $0.isNumber }
        return name.lowercased().split(separator: "_").joined(separator: " ")
    }
}

/// Text that somebody else wrote, for a line of a log.
enum ForeignText {
    private static let maximumCount = 64

    /// The text in quotes, cut, without what could forge lines or hide what is said.
    static func quoted(_ text: String) -> String {
        let harmless = text.unicodeScalars.lazy.filter { scalar in
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse, .unassigned: false
            default: true
            }
        }
        return "\"" + String(String.UnicodeScalarView(harmless.prefix(maximumCount))) + "\""
    }
}

/// What a peer is called in messages.
enum PeerName {

    /// The common name, or the serial number; whatever a certificate holds, it fits a log line.
    static func of(_ certificate: NIOSSLCertificate) -> String {
        let common = certificate.subjectName.first { $0.type == .commonName }?.value
        guard let common, !common.isEmpty else {
            return "number "
                + certificate.serialNumber.map { byte in
                    let digits = String(byte, radix: 16)
                    return digits.count == 1 ? "0" + digits : digits
                }.joined()
        }
        return ForeignText.quoted(common)
    }
}
