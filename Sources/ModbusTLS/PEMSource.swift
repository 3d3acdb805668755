// SPDX-License-Identifier: Apache-2.0

import NIOSSL
import SwiftASN1

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// Why certificates, keys or lists cannot be used.
public struct TLSSetupError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What is wrong, where, and what would be right.
    public let description: String

    init(_ description: String) { self.description = description }
}

/// Where certificates, keys and lists come from: PEM, from a file or from memory.
public enum PEMSource: Hashable, Sendable, CustomStringConvertible {
    /// A file's path.
    case file(String)
    /// The contents of such a file.
    case bytes([UInt8])

    /// The name for messages.
    public var description: String {
        switch self {
        case .file(let path): path
        case .bytes: "the given PEM text"
        }
    }

    /// Far more than any chain or list of one authority.
    private static let maximumCount = 4 << 20

    /// The contents.
    func contents() throws(TLSSetupError) -> [UInt8] {
        switch self {
        case .bytes(let bytes): bytes
        case .file(let path): try PEMSource.contents(of: path)
        }
    }

    private static func contents(of path: String) throws(TLSSetupError) -> [UInt8] {
        // Without O_NONBLOCK a named pipe would hold the program until somebody writes into it.
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw TLSSetupError("\(path) does not exist or may not be read") }
        defer { close(descriptor) }
        var contents: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        while contents.count <= maximumCount {
            let count = unsafe chunk.withUnsafeMutableBytes { buffer in
                unsafe read(descriptor, buffer.baseAddress, buffer.count)
            }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw TLSSetupError("\(path) cannot be read (error \(errno))") }
            if count == 0 { return contents }
            contents += chunk[..<count]
        }
        throw TLSSetupError("\(path) is larger than \(maximumCount >> 20) MiB")
    }

    /// The certificates, in their order; at least one.
    func certificates() throws(TLSSetupError) -> [NIOSSLCertificate] {
        let bytes = try contents()
        guard let certificates = try? NIOSSLCertificate.fromPEMBytes(bytes), !certificates.isEmpty else {
            throw TLSSetupError("\(self) holds no certificate in PEM (-----BEGIN CERTIFICATE-----)")
        }
        return certificates
    }

    /// The private key.
    func privateKey() throws(TLSSetupError) -> NIOSSLPrivateKey {
        let bytes = try contents()
        guard let key = try? NIOSSLPrivateKey(bytes: bytes, format: .pem) else {
            throw TLSSetupError(
                "\(self) holds no private key in PEM without a passphrase (-----BEGIN PRIVATE KEY-----)"
            )
        }
        return key
    }

    /// The revocation lists; at least one.
    func revocationLists() throws(TLSSetupError) -> [RevocationList] {
        let text = String(decoding: try contents(), as: UTF8.self)
        let documents = (try? PEMDocument.parseMultiple(pemString: text)) ?? []
        let lists = documents.filter { $0.discriminator == "X509 CRL" }
        guard !lists.isEmpty else {
            throw TLSSetupError("\(self) holds no revocation list in PEM (-----BEGIN X509 CRL-----)")
        }
        var result: [RevocationList] = []
        for list in lists {
            guard let parsed = try? RevocationList(der: list.derBytes) else {
                throw TLSSetupError("\(self) holds a revocation list that cannot be read, or only a part of one")
            }
            result.append(parsed)
        }
        return result
    }
}
