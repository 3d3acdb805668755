// SPDX-License-Identifier: Apache-2.0

public import NIOCore

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// A range of IP addresses, such as 192.0.2.0/24 or a single 2001:db8::1.
///
/// IPv4 addresses mapped into IPv6 are the IPv4 addresses they stand for (12.8).
public struct AddressPrefix: Hashable, Sendable, CustomStringConvertible {
    /// 4 or 16 bytes, zero behind the prefix.
    private let bytes: [UInt8]
    /// How many leading bits count.
    private let length: Int

    /// Reads an address, or an address and a length such as "10.0.0.0/8".
    ///
    /// - Returns: `nil` when the text is neither, or the length is too large.
    public init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count <= 2, let first = parts.first,
            let address = try? SocketAddress(ipAddress: String(first), port: 0),
            let all = address.ipBytes
        else { return nil }
        // A mapped address was shortened to four bytes, and its length with it.
        let dropped = address.protocol == .inet6 && all.count == 4 ? 96 : 0
        var length = all.count * 8
        if parts.count == 2 {
            // Digits alone: a sign is a mistake.
            guard parts[1].utf8.allSatisfy({ (0x30...0x39).contains($0) }), let given = Int(parts[1]),
                (dropped...length + dropped).contains(given)
            else { return nil }
            length = given - dropped
        }
        self.length = length
        bytes = AddressPrefix.cut(all, to: length)
    }

    /// Whether an address is in the range.
    public func contains(_ address: SocketAddress) -> Bool { address.ipBytes.map(contains) ?? false }

    /// Whether the address of some bytes is in the range.
    func contains(_ address: [UInt8]) -> Bool {
        address.count == bytes.count && AddressPrefix.cut(address, to: length) == bytes
    }

    /// The address and the length.
    public var description: String {
        let text =
            bytes.count == 4
            ? bytes.map(String.init).joined(separator: ".")
            : stride(from: 0, to: 16, by: 2).map { String(UInt16(bytes[$0]) << 8 | UInt16(bytes[$0 + 1]), radix: 16) }
                .joined(separator: ":")
        return "\(text)/\(length)"
    }

    private static func cut(_ bytes: [UInt8], to length: Int) -> [UInt8] {
        bytes.enumerated().map { index, byte in
            let bits = min(8, max(0, length - 8 * index))
            return bits == 0 ? 0 : byte & (0xFF << UInt8(8 - bits))
        }
    }
}

/// Which addresses may connect to a server (messaging guide, section 4.2.3).
public struct AccessList: Hashable, Sendable {
    private struct Rule: Hashable {
        let prefix: AddressPrefix
        let allows: Bool
    }

    private var rules: [Rule] = []

    /// Creates a list that forbids everything.
    public init() {}

    /// Allows a range, unless an earlier rule forbids it.
    public mutating func allow(_ prefix: AddressPrefix) { rules.append(Rule(prefix: prefix, allows: true)) }

    /// Forbids a range, unless an earlier rule allows it.
    public mutating func deny(_ prefix: AddressPrefix) { rules.append(Rule(prefix: prefix, allows: false)) }

    /// Whether an address may connect: the first rule that fits decides, and without one it may not (12.7).
    public func allows(_ address: SocketAddress) -> Bool {
        rules.first { $0.prefix.contains(address) }?.allows ?? false
    }
}

/// Peers that are always let in and never closed to make room (messaging guide, section 4.2.1.1).
public struct PriorityPeers: Hashable, Sendable {
    /// Who they are.
    public var addresses: AddressPrefix
    /// How many connections each single address of them may have; one more is refused (12.6).
    ///
    /// Where that is 1, a new connection takes the place of the old one instead: it is most likely from a client that
    /// was restarted and has forgotten the old one (12.15).
    public var maximumConnections: Int

    /// Creates a group.
    public init(_ addresses: AddressPrefix, maximumConnections: Int = 4) {
        self.addresses = addresses
        self.maximumConnections = maximumConnections
    }
}

extension SocketAddress {
    /// The bytes of the IP address in the order of the wire; `nil` for other kinds of address.
    var ipBytes: [UInt8]? {
        guard let text = ipAddress else { return nil }
        let isV4 = self.protocol == .inet
        var bytes = [UInt8](repeating: 0, count: isV4 ? 4 : 16)
        // A link-local address may carry the name of its interface, which is no part of it.
        let plain = String(text.prefix { $0 != "%" })
        guard unsafe inet_pton(isV4 ? AF_INET : AF_INET6, plain, &bytes) == 1 else { return nil }
        let isMapped = !isV4 && bytes.prefix(10).allSatisfy { $0 == 0 } && bytes[10] == 0xFF && bytes[11] == 0xFF
        return isMapped ? Array(bytes.suffix(4)) : bytes
    }
}
