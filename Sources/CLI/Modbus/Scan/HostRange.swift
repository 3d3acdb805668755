// SPDX-License-Identifier: Apache-2.0

/// Hosts to look at: one name or address, or a range of IPv4 addresses such as 192.168.0.0/24 or 192.168.0.10-20.
struct HostRange {
    /// The most hosts of a range; a mistyped prefix must not knock at half the internet.
    static let limit = 1024

    let hosts: [String]

    /// Reads a range.
    ///
    /// - Throws: ``HostRangeError`` for what looks like a range and is none.
    init(_ text: String) throws(HostRangeError) {
        if let slash = text.firstIndex(of: "/") {
            guard let address = HostRange.number(text[..<slash]),
                let length = Int(text[text.index(after: slash)...]), (0...32).contains(length)
            else { throw .malformed(text) }
            hosts = try HostRange.hosts(of: address, length, text)
        } else if let dash = text.lastIndex(of: "-"), let address = HostRange.number(text[..<dash]),
            let last = UInt32(text[text.index(after: dash)...])
        {
            guard last <= 255, last >= address & 0xFF else { throw .malformed(text) }
            hosts = (address...(address & ~0xFF | last)).map(HostRange.text)
        } else {
            guard !text.isEmpty else { throw .malformed(text) }
            hosts = [text]
        }
    }

    /// All addresses that belong to hosts: without that of the network and that for all.
    private static func hosts(of address: UInt32, _ length: Int, _ text: String) throws(HostRangeError) -> [String] {
        let count = 1 << (32 - length)
        guard count <= limit else { throw .tooMany(text, count) }
        let first = length == 0 ? 0 : address & ~UInt32(count - 1)
        let all = (0..<UInt32(count)).map { first + $0 }
        return (count > 2 ? Array(all.dropFirst().dropLast()) : all).map(HostRange.text)
    }

    private static func number(_ text: some StringProtocol) -> UInt32? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        let bytes = parts.compactMap { UInt8($0) }
        guard parts.count == 4, bytes.count == 4 else { return nil }
        return bytes.reduce(0) { $0 << 8 | UInt32($1) }
    }

    private static func text(_ number: UInt32) -> String {
        [24, 16, 8, 0].map { String(number >> UInt32($0) & 0xFF) }.joined(separator: ".")
    }
}

/// Why a text is no range of hosts.
enum HostRangeError: Error, CustomStringConvertible {
    case malformed(String)
    case tooMany(String, Int)

    var description: String {
        switch self {
        case .malformed(let text): "\(text) is no host or range; write 192.168.0.4, 192.168.0.10-20 or 192.168.0.0/24"
        case .tooMany(let text, let count): "\(text) has \(count) addresses; at most \(HostRange.limit) at a time"
        }
    }
}
