// SPDX-License-Identifier: Apache-2.0

import SwiftASN1

/// The parts of an X.509 certificate that the TLS library does not give (RFC 5280, section 4.1).
struct CertificateFields {
    /// An extension as it stands in the certificate.
    struct Extension {
        var identifier: ASN1ObjectIdentifier
        /// The octets inside the extension's OCTET STRING.
        var octets: ArraySlice<UInt8>
    }

    /// The contents of the serial number's INTEGER.
    let serialNumber: ArraySlice<UInt8>
    /// The issuer's name, as encoded.
    let issuer: ArraySlice<UInt8>
    /// The subject's name, as encoded.
    let subject: ArraySlice<UInt8>
    /// All extensions, repeated ones too.
    let extensions: [Extension]

    /// Reads a certificate; every byte has to belong to it.
    ///
    /// - Throws: What is wrong with the encoding.
    init(der: [UInt8]) throws {
        self = try DER.sequence(try DER.parse(der), identifier: .sequence) { nodes in
            let fields = try CertificateFields(signedPart: try nodes.required())
            // The algorithm and the signature: the TLS library's matter.
            _ = try nodes.required()
            _ = try nodes.required()
            return fields
        }
    }

    private init(signedPart node: ASN1Node) throws {
        self = try DER.sequence(node, identifier: .sequence) { nodes in
            _ = try DER.optionalExplicitlyTagged(&nodes, tagNumber: 0, tagClass: .contextSpecific) { $0 }
            let serialNumber = try nodes.required().primitive()
            _ = try nodes.required()
            let issuer = try nodes.required().encodedBytes
            _ = try nodes.required()
            let subject = try nodes.required().encodedBytes
            var extensions: [Extension] = []
            while let node = nodes.next() {
                // The public key and two identifiers that nobody uses may come before the extensions.
                guard node.identifier == ASN1Identifier(tagWithNumber: 3, tagClass: .contextSpecific) else { continue }
                extensions += try Extension.all(taggedIn: node)
            }
            return CertificateFields(
                serialNumber: serialNumber,
                issuer: issuer,
                subject: subject,
                extensions: extensions
            )
        }
    }

    private init(
        serialNumber: ArraySlice<UInt8>,
        issuer: ArraySlice<UInt8>,
        subject: ArraySlice<UInt8>,
        extensions: [Extension]
    ) {
        self.serialNumber = serialNumber
        self.issuer = issuer
        self.subject = subject
        self.extensions = extensions
    }
}

extension CertificateFields.Extension {
    /// Reads a list of extensions inside its explicit tag.
    static func all(taggedIn node: ASN1Node) throws -> [CertificateFields.Extension] {
        guard case .constructed(let children) = node.content else { throw ASN1Fault.notAsExpected }
        var iterator = children.makeIterator()
        let list = try iterator.required()
        guard iterator.next() == nil else { throw ASN1Fault.notAsExpected }
        return try DER.sequence(list, identifier: .sequence) { nodes in
            var extensions: [CertificateFields.Extension] = []
            while let node = nodes.next() { extensions.append(try CertificateFields.Extension(node)) }
            return extensions
        }
    }

    private init(_ node: ASN1Node) throws {
        self = try DER.sequence(node, identifier: .sequence) { nodes in
            let identifier = try ASN1ObjectIdentifier(derEncoded: &nodes)
            var value = try nodes.required()
            if value.identifier == .boolean { value = try nodes.required() }
            guard value.identifier == .octetString else { throw ASN1Fault.notAsExpected }
            return CertificateFields.Extension(identifier: identifier, octets: try value.primitive())
        }
    }
}

/// An encoding that is not what it should be.
enum ASN1Fault: Error {
    case notAsExpected
}

extension ASN1NodeCollection.Iterator {
    /// The next node, which has to be there.
    mutating func required() throws -> ASN1Node {
        guard let node = next() else { throw ASN1Fault.notAsExpected }
        return node
    }
}

extension ASN1Node {
    /// The contents of a node without inner nodes.
    func primitive() throws -> ArraySlice<UInt8> {
        guard case .primitive(let bytes) = content else { throw ASN1Fault.notAsExpected }
        return bytes
    }
}
