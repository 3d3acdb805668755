// SPDX-License-Identifier: Apache-2.0
internal import NIOCore
internal import NIOPosix

/// Where a device is, as somebody wrote it: an IPv4 address, an IPv6 address or a name.
enum HostAddress {
    /// The longest name that name servers know (RFC 1035).
    private static let longestName = 253

    /// What is wrong with an address, and what to write.
    struct Refusal: Error, Equatable {
        var message: String
        var remedy: String?
    }

    /// Reads an address into its usual form.
    ///
    /// Leading zeros of an IPv4 part mean nothing: `192.168.0.004` is 192.168.0.4, as the original's screen shows it; the
    /// system's own reading would take 010 for 8.
    static func normalised(_ text: String) throws(Refusal) -> String {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        if parts.allSatisfy({ !$0.isEmpty && $0.allSatisfy(\.isASCIIDigit) }) { return try ipv4(parts) }
        if text.count(where: { $0 == ":" }) > 1, !text.contains("/") { return try ipv6(text) }
        if text.contains(":") || text.contains("/") {
            throw Refusal(
                message: "is more than an address",
                remedy: "write the address alone, such as 192.168.0.4; the port has a key of its own"
            )
        }
        let isName =
            text.count <= longestName
            && parts.allSatisfy { part in
                !part.isEmpty && part.count <= 63 && part.first != "-" && part.last != "-"
                    && part.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-" || $0 == "_") }
            }
        guard isName else {
            throw Refusal(message: "is neither an address nor a name", remedy: "write an address such as 192.168.0.4")
        }
        return text
    }

    private static func ipv4(_ parts: [Substring]) throws(Refusal) -> String {
        let octets = parts.compactMap { UInt8($0) }
        guard parts.count == 4, octets.count == 4 else {
            throw Refusal(
                message: "is not an IPv4 address",
                remedy: "write four numbers from 0 to 255, such as 192.168.0.4"
            )
        }
        guard octets[0] != 0, octets[0] < 224 else { throw noDevice }
        return octets.map(String.init).joined(separator: ".")
    }

    private static func ipv6(_ text: String) throws(Refusal) -> String {
        // The system's own writing, so that two ways to write one address are seen to be the same.
        guard let address = (try? SocketAddress(ipAddress: text, port: 0))?.ipAddress else {
            throw Refusal(message: "is not an IPv6 address", remedy: "write it in quotes, such as \"fd00::4\"")
        }
        guard address != "::", !address.hasPrefix("ff") else { throw noDevice }
        return address
    }

    /// Everybody's address, an address of groups, or none at all.
    private static var noDevice: Refusal {
        Refusal(message: "is no address of a device", remedy: "write the address the device shows")
    }

    /// Whether an address means the machine itself without leaving it: only simulators and tunnels are there.
    static func isLoopback(_ host: String) -> Bool {
        host.hasPrefix("127.") || host == "::1" || host.lowercased() == "localhost"
    }

    /// Whether an address is one of this machine's own interfaces, loopback aside.
    static func isOwn(_ host: String) -> Bool {
        guard !isLoopback(host), let devices = try? System.enumerateDevices() else { return false }
        return devices.contains { $0.address?.ipAddress == host }
    }
}

extension Character {
    fileprivate var isASCIIDigit: Bool { self >= "0" && self <= "9" }
}
