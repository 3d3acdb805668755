// SPDX-License-Identifier: Apache-2.0

import SwiftASN1

/// The role that a certificate gives its holder (Modbus/TCP Security, section 8.3).
public enum CertificateRole: Hashable, Sendable {
    /// The certificate has no role extension.
    case absent
    /// The whole string of the extension; never a list (16.16).
    case role(String)
    /// There is an extension that does not hold one role; counts as none (16.21).
    case malformed(RoleFault)

    /// The role for the authorisation rules; `nil` when there is none, or none that can be read.
    public var name: String? {
        if case .role(let name) = self { name } else { nil }
    }

    /// The dotted number of the extension.
    public static let objectIdentifier = "1.3.6.1.4.1.50316.802.1"
    /// The most bytes of a role; longer ones are malformed.
    public static let maximumCount = 256

    private static let identifier: ASN1ObjectIdentifier = [1, 3, 6, 1, 4, 1, 50316, 802, 1]

    /// Reads the role of a certificate.
    ///
    /// - Parameter certificate: The certificate in DER.
    public init(certificate: [UInt8]) {
        guard let fields = try? CertificateFields(der: certificate) else {
            self = .malformed(.certificate)
            return
        }
        self.init(fields)
    }

    init(_ fields: CertificateFields) {
        let found = fields.extensions.filter { $0.identifier == CertificateRole.identifier }
        switch found.count {
        case 0: self = .absent
        case 1:
            do throws(RoleFault) {
                self = .role(try CertificateRole.role(in: found[0].octets))
            } catch {
                self = .malformed(error)
            }
        default: self = .malformed(.repeated)
        }
    }

    private static func role(in octets: ArraySlice<UInt8>) throws(RoleFault) -> String {
        guard octets.first == 0x0C else { throw .type }
        // Refuses lengths that are wrong or not in their shortest form, and bytes after the string.
        guard let node = try? DER.parse(octets), case .primitive(let bytes) = node.content else { throw .length }
        guard !bytes.isEmpty else { throw .empty }
        guard bytes.count <= maximumCount else { throw .tooLong }
        guard let role = String(validating: bytes, as: UTF8.self) else { throw .encoding }
        guard !role.unicodeScalars.contains(where: { $0.properties.generalCategory == .control }) else {
            throw .controlCharacter
        }
        return role
    }
}

/// Why a role extension gives no role.
public enum RoleFault: Error, Hashable, Sendable, CustomStringConvertible {
    /// The certificate itself cannot be read.
    case certificate
    /// The extension is there more than once.
    case repeated
    /// The octets do not begin with the tag of a UTF8String (0x0C).
    case type
    /// The length is wrong or not in DER, or bytes follow the string.
    case length
    /// The string is empty.
    case empty
    /// The string is longer than ``CertificateRole/maximumCount`` bytes.
    case tooLong
    /// The bytes are not UTF-8.
    case encoding
    /// The string has control characters.
    case controlCharacter

    /// What is wrong, after "the role".
    public var description: String {
        switch self {
        case .certificate: "cannot be read: the certificate's encoding is wrong"
        case .repeated: "is there more than once"
        case .type: "is not a UTF8String"
        case .length: "has a wrong length, or bytes after it"
        case .empty: "is empty"
        case .tooLong: "is longer than \(CertificateRole.maximumCount) bytes"
        case .encoding: "is not UTF-8"
        case .controlCharacter: "has control characters"
        }
    }
}
