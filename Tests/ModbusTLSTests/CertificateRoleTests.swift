// SPDX-License-Identifier: Apache-2.0

import Foundation
import SwiftASN1
import Testing

@testable import ModbusTLS

@Suite("The role in a certificate", .enabled(if: Certificates.hasOpenssl))
struct CertificateRoleTests {
    private static let table: [(String, CertificateRole)] = [
        ("operator", .role("Operator")),
        ("critical", .role("Operator")),
        ("list", .role("Operator,Reader")),
        ("none", .absent),
        ("ca", .absent),
        ("printable", .malformed(.type)),
        ("bare", .malformed(.type)),
        ("trailing", .malformed(.length)),
        ("empty", .malformed(.empty)),
        ("invalid", .malformed(.encoding)),
    ]

    @Test("Modbus checklist 16.15, 16.16, 16.17, 16.21: one UTF8String, whole, or none", arguments: table)
    func roles(name: String, role: CertificateRole) throws {
        #expect(CertificateRole(certificate: try Certificates.der(name)) == role)
    }

    @Test("A role that cannot be read is no role")
    func names() {
        #expect(CertificateRole.role("Operator").name == "Operator")
        #expect(CertificateRole.absent.name == nil)
        #expect(CertificateRole.malformed(.type).name == nil)
    }

    /// A certificate whose role extensions are replaced by these octets; its signature is no longer right.
    private func certificate(roles: [[UInt8]]) throws -> [UInt8] {
        let original = try DER.parse(try Certificates.der("operator"))
        let wanted: ASN1ObjectIdentifier = [1, 3, 6, 1, 4, 1, 50316, 802, 1]
        var serializer = DER.Serializer()
        let list = ASN1Identifier(tagWithNumber: 3, tagClass: .contextSpecific)
        serializer.appendConstructedNode(identifier: .sequence) { outer in
            for (index, part) in children(original).enumerated() {
                guard index == 0 else { outer.serialize(part); continue }
                outer.appendConstructedNode(identifier: .sequence) { signed in
                    for field in children(part) {
                        guard field.identifier == list else { signed.serialize(field); continue }
                        signed.appendConstructedNode(identifier: list) { tagged in
                            tagged.appendConstructedNode(identifier: .sequence) { extensions in
                                for role in roles {
                                    extensions.appendConstructedNode(identifier: .sequence) { node in
                                        try? node.serialize(wanted)
                                        try? node.serialize(ASN1OctetString(contentBytes: role[...]))
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
        return serializer.serializedBytes
    }

    private func children(_ node: ASN1Node) -> [ASN1Node] {
        if case .constructed(let nodes) = node.content { Array(nodes) } else { [] }
    }

    @Test("Modbus checklist 16.21: two extensions, too long a role, control characters and odd lengths are no role")
    func crafted() throws {
        func role(_ octets: [UInt8]...) throws -> CertificateRole {
            CertificateRole(certificate: try certificate(roles: octets))
        }
        let text: [UInt8] = [0x0C, 2, 0x48, 0x69]
        #expect(try role(text) == .role("Hi"))
        #expect(try role(text, text) == .malformed(.repeated))
        #expect(try role(text, [0x0C, 1, 0x41]) == .malformed(.repeated))
        #expect(try role([]) == .malformed(.type))
        #expect(try role([0x0C]) == .malformed(.length))
        #expect(try role([0x0C, 3, 0x48, 0x69]) == .malformed(.length))
        // Longer than need be: BER, not DER.
        #expect(try role([0x0C, 0x81, 2, 0x48, 0x69]) == .malformed(.length))
        #expect(try role([0x0C, 0x80, 0x48, 0x69, 0, 0]) == .malformed(.length))
        #expect(try role([0x2C, 4] + text) == .malformed(.type))
        #expect(try role([0x0C, 3, 0x48, 0, 0x69]) == .malformed(.controlCharacter))
        #expect(try role([0x0C, 0x82, 1, 0] + Array(repeating: 0x61, count: 256)).name?.count == 256)
        #expect(try role([0x0C, 0x82, 1, 1] + Array(repeating: 0x61, count: 257)) == .malformed(.tooLong))
    }

    @Test("Any damage to a certificate gives a role or a fault, never an end of the program")
    func damaged() throws {
        let der = try Certificates.der("operator")
        for index in der.indices {
            for value in [UInt8(0), 0x30, 0x80, 0xFF, der[index] ^ 1] {
                var damaged = der
                damaged[index] = value
                _ = CertificateRole(certificate: damaged)
            }
            #expect(CertificateRole(certificate: Array(der.prefix(index))) == .malformed(.certificate))
        }
        #expect(CertificateRole(certificate: der + [0]) == .malformed(.certificate))
    }
}

@Suite("Revocation lists", .enabled(if: Certificates.hasOpenssl))
struct RevocationListTests {
    private func list(_ name: String) throws -> RevocationList {
        let lists = try PEMSource.file(Certificates.path(name + ".pem")).revocationLists()
        #expect(lists.count == 1)
        return try #require(lists.first)
    }

    private func fields(_ name: String) throws -> CertificateFields {
        try CertificateFields(der: try Certificates.der(name))
    }

    @Test("Modbus checklist 16.5: a list knows its authority's certificates and its own age")
    func status() throws {
        let now = Moment.now
        let current = try list("crl")
        #expect(current.status(of: try fields("revoked"), at: now) == .revoked)
        #expect(current.status(of: try fields("operator"), at: now) == .good)
        #expect(current.status(of: try fields("stranger"), at: now) == nil)
        #expect(current.status(of: try fields("operator"), at: now + 21 * 86_400) == .outOfDate)
        #expect(current.status(of: try fields("operator"), at: now + 19 * 86_400) == .good)
        let old = try list("old-crl")
        #expect(old.status(of: try fields("operator"), at: now) == .outOfDate)
        #expect(old.status(of: try fields("revoked"), at: now) == .revoked)
        // 2020-02-01 00:00:00.
        #expect(old.status(of: try fields("operator"), at: 1_580_515_200) == .good)
        #expect(old.status(of: try fields("operator"), at: 1_580_515_201) == .outOfDate)
    }

    @Test("Modbus checklist 16.5, 16.13: a certificate is checked again when its session is resumed")
    func again() throws {
        let now = Moment.now
        let certificate = try #require(try Certificates.identity("operator").certificates.first)
        let trust = try Certificates.trust(revocation: "crl")
        try trust.check(certificate, at: now)
        #expect(throws: HandshakeFailure.revocationListOutOfDate("\"operator\"")) {
            try trust.check(certificate, at: now + 25 * 86_400)
        }
        #expect(throws: HandshakeFailure.expired("\"operator\"")) {
            try trust.check(certificate, at: now + 31 * 86_400)
        }
        let revoked = try #require(try Certificates.identity("revoked").certificates.first)
        #expect(throws: HandshakeFailure.revoked("\"revoked\"")) { try trust.check(revoked, at: now) }
    }

    @Test("Any damage to a list gives a list or a fault, never an end of the program")
    func damaged() throws {
        let der = try Certificates.der("crl")
        _ = try RevocationList(der: der)
        for index in der.indices {
            for value in [UInt8(0), 0x30, 0x80, 0xFF, der[index] ^ 1] {
                var damaged = der
                damaged[index] = value
                _ = try? RevocationList(der: damaged)
            }
            #expect(throws: (any Error).self) { _ = try RevocationList(der: Array(der.prefix(index))) }
        }
    }

    @Test("Names and roles of others cannot forge a line of a log")
    func foreignText() {
        let text = "a\u{1B}[2Jb\n2026 c\u{202E}d" + String(repeating: "x", count: 500)
        let notice = TLSNotice.unknownRole(peer: "192.0.2.1", name: "\"n\"", role: text).description
        #expect(!notice.contains("\n") && !notice.contains("\u{1B}") && !notice.contains("\u{202E}"))
        #expect(notice.count < 200)
    }

    @Test("Files that hold something else are refused with their name")
    func wrongFiles() throws {
        let ca = Certificates.path("ca.pem")
        func message(_ body: () throws -> Void) -> String {
            do {
                try body()
                return "nothing"
            } catch { return "\(error)" }
        }
        #expect(
            message { _ = try TLSTrust(roots: .file("/nowhere/ca.pem")) }
                == "/nowhere/ca.pem does not exist or may not be read"
        )
        #expect(
            message { _ = try TLSTrust(roots: .file(ca), revocationLists: .file(ca)) }.hasPrefix(
                "\(ca) holds no revocation list"
            )
        )
        #expect(message { _ = try TLSTrust(roots: .file(Certificates.path("crl.pem"))) }.contains("no certificate"))
        #expect(
            message { _ = try TLSIdentity(certificates: .file(ca), privateKey: .file(ca)) }.hasPrefix(
                "\(ca) holds no private key"
            )
        )
        #expect(message { _ = try TLSTrust(roots: .bytes([0x41])) }.hasPrefix("the given PEM text holds no"))
    }
}
