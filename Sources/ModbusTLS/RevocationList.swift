// SPDX-License-Identifier: Apache-2.0

import SwiftASN1

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// A certificate revocation list (RFC 5280, section 5) that somebody put on this machine.
///
/// It is trusted as it lies there, like the trust roots: its signature is not checked.
struct RevocationList: Sendable {
    /// What a list says of a certificate.
    enum Status: Hashable, Sendable {
        case good
        case revoked
        /// The list is older than it says it may get, so it says nothing.
        case outOfDate
    }

    /// The name of the authority whose certificates the list is about, as encoded.
    let issuer: [UInt8]
    private let revoked: Set<[UInt8]>
    /// Seconds since 1970; `nil` when the list does not say.
    private let nextUpdate: Int64?

    /// Reads a list.
    ///
    /// - Throws: What is wrong with the encoding; also for lists that are only part of one.
    init(der: [UInt8]) throws {
        self = try DER.sequence(try DER.parse(der), identifier: .sequence) { nodes in
            let list = try RevocationList(signedPart: try nodes.required())
            _ = try nodes.required()
            _ = try nodes.required()
            return list
        }
    }

    private init(signedPart node: ASN1Node) throws {
        self = try DER.sequence(node, identifier: .sequence) { nodes in
            var next = try nodes.required()
            if next.identifier == .integer { next = try nodes.required() }
            // That was the algorithm.
            let issuer = try nodes.required().encodedBytes
            _ = try nodes.required()
            var nextUpdate: Int64?
            var revoked: Set<[UInt8]> = []
            while let node = nodes.next() {
                switch node.identifier {
                case .utcTime, .generalizedTime: nextUpdate = try Moment.seconds(node)
                case .sequence: revoked = try RevocationList.serialNumbers(node)
                case ASN1Identifier(tagWithNumber: 0, tagClass: .contextSpecific):
                    try RevocationList.checkExtensions(node)
                default: throw ASN1Fault.notAsExpected
                }
            }
            return RevocationList(issuer: Array(issuer), revoked: revoked, nextUpdate: nextUpdate)
        }
    }

    private init(issuer: [UInt8], revoked: Set<[UInt8]>, nextUpdate: Int64?) {
        self.issuer = issuer
        self.revoked = revoked
        self.nextUpdate = nextUpdate
    }

    private static func serialNumbers(_ node: ASN1Node) throws -> Set<[UInt8]> {
        try DER.sequence(node, identifier: .sequence) { nodes in
            var numbers: Set<[UInt8]> = []
            while let entry = nodes.next() {
                guard case .constructed(let children) = entry.content else { throw ASN1Fault.notAsExpected }
                var parts = children.makeIterator()
                numbers.insert(Array(try parts.required().primitive()))
            }
            return numbers
        }
    }

    /// Lists of changes, and lists for some of the certificates only, would be taken for whole ones.
    private static func checkExtensions(_ node: ASN1Node) throws {
        let partial: [ASN1ObjectIdentifier] = [[2, 5, 29, 27], [2, 5, 29, 28]]
        let extensions = try CertificateFields.Extension.all(taggedIn: node)
        guard !extensions.contains(where: { partial.contains($0.identifier) }) else { throw ASN1Fault.notAsExpected }
    }

    /// What the list says of a certificate; `nil` when it is about another authority's.
    func status(of certificate: CertificateFields, at now: Int64) -> Status? {
        guard certificate.issuer.elementsEqual(issuer) else { return nil }
        if revoked.contains(Array(certificate.serialNumber)) { return .revoked }
        if let nextUpdate, nextUpdate < now { return .outOfDate }
        return .good
    }
}

/// Times of day, for the validity of certificates.
enum Moment {
    /// Seconds since 1970, now.
    static var now: Int64 { Int64(time(nil)) }

    /// Seconds since 1970 of a node that holds a time.
    static func seconds(_ node: ASN1Node) throws -> Int64 {
        if node.identifier == .utcTime {
            let time = try UTCTime(derEncoded: node)
            return days(time.year, time.month, time.day) * 86_400
                + Int64(time.hours * 3600 + time.minutes * 60 + time.seconds)
        }
        let time = try GeneralizedTime(derEncoded: node)
        return days(time.year, time.month, time.day) * 86_400
            + Int64(time.hours * 3600 + time.minutes * 60 + time.seconds)
    }

    /// Days from 1970-01-01 in the Gregorian calendar; years begin in March, so that the leap day comes last.
    private static func days(_ year: Int, _ month: Int, _ day: Int) -> Int64 {
        let year = month <= 2 ? year - 1 : year
        let dayOfYear = (153 * ((month + 9) % 12) + 2) / 5 + day - 1
        return Int64(365 * year + year / 4 - year / 100 + year / 400 + dayOfYear - 719_468)
    }
}
