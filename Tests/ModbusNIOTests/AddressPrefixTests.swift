// SPDX-License-Identifier: Apache-2.0

import NIOCore
import Testing

@testable import ModbusNIO

@Suite("Access by address")
struct AddressPrefixTests {
    private func address(_ text: String) throws -> SocketAddress { try SocketAddress(ipAddress: text, port: 502) }

    private static let good: [(text: String, description: String)] = [
        ("192.0.2.7", "192.0.2.7/32"), ("192.0.2.7/24", "192.0.2.0/24"), ("192.0.2.7/31", "192.0.2.6/31"),
        ("10.255.0.0/9", "10.128.0.0/9"), ("0.0.0.0/0", "0.0.0.0/0"), ("255.255.255.255/32", "255.255.255.255/32"),
        ("2001:db8::1", "2001:db8:0:0:0:0:0:1/128"), ("2001:db8:ffff::/33", "2001:db8:8000:0:0:0:0:0/33"),
        ("::/0", "0:0:0:0:0:0:0:0/0"), ("::1", "0:0:0:0:0:0:0:1/128"),
        ("::ffff:192.0.2.7", "192.0.2.7/32"), ("::ffff:192.0.2.7/120", "192.0.2.0/24"),
        ("::ffff:0:0/96", "0.0.0.0/0"),
    ]

    @Test("Modbus checklist 12.8: addresses and prefixes are read, mapped ones as IPv4", arguments: good)
    func parsing(text: String, description: String) throws {
        let prefix = try #require(AddressPrefix(text))
        #expect(prefix.description == description)
        #expect(AddressPrefix(prefix.description) == prefix)
    }

    @Test(
        "Modbus checklist 12.8: anything else is refused",
        arguments: [
            "", "/", "/24", "192.0.2", "192.0.2.7.1", "192.0.2.256", "192.0.2.7/", "192.0.2.7/33", "192.0.2.7/-1",
            "192.0.2.7/+8", "192.0.2.7/ 8", " 192.0.2.7", "192.0.2.7/8/8", "192.0.2.7/0x8", "192.0.2.7/\u{663}",
            "192.0.2.7/99999999999999999999", "192.0.2.7:502", "::1/129", "::ffff:192.0.2.7/95", "::ffff:192.0.2.7/0",
            ":::", "2001:db8", "host.example", "*", "[::1]",
        ]
    )
    func refused(text: String) { #expect(AddressPrefix(text) == nil) }

    private static let contained: [(prefix: String, address: String, isIn: Bool)] = [
        ("192.0.2.0/24", "192.0.2.0", true), ("192.0.2.0/24", "192.0.2.255", true),
        ("192.0.2.0/24", "192.0.3.0", false), ("192.0.2.0/25", "192.0.2.128", false),
        ("192.0.2.7", "192.0.2.7", true), ("192.0.2.7", "192.0.2.6", false),
        ("0.0.0.0/0", "203.0.113.1", true), ("0.0.0.0/0", "2001:db8::1", false), ("::/0", "2001:db8::1", true),
        ("::/0", "203.0.113.1", false), ("192.0.2.0/24", "::ffff:192.0.2.9", true),
        ("::ffff:192.0.2.0/120", "192.0.2.9", true), ("::/0", "::ffff:192.0.2.9", false),
        ("2001:db8::/32", "2001:db8:ffff::1", true), ("2001:db8::/32", "2001:db9::1", false),
        ("2001:db8::/127", "2001:db8::1", true), ("2001:db8::/127", "2001:db8::2", false),
        ("fe80::/10", "fe80::1", true),
    ]

    @Test("Modbus checklist 12.8: an address is in a range or not", arguments: contained)
    func containing(prefix: String, address text: String, isIn: Bool) throws {
        #expect(try #require(AddressPrefix(prefix)).contains(address(text)) == isIn)
    }

    @Test("A path is in no range")
    func path() throws {
        let path = try SocketAddress(unixDomainSocketPath: "/tmp/socket")
        #expect(AddressPrefix("0.0.0.0/0")?.contains(path) == false)
    }

    @Test("Modbus checklist 12.7: the first rule that fits decides, and what is not listed is forbidden")
    func rules() throws {
        var list = AccessList()
        #expect(try !list.allows(address("192.0.2.7")))
        list.deny(try #require(AddressPrefix("192.0.2.66")))
        list.allow(try #require(AddressPrefix("192.0.2.0/24")))
        list.deny(try #require(AddressPrefix("192.0.2.7")))
        #expect(try list.allows(address("192.0.2.7")), "an earlier rule allows it")
        #expect(try !list.allows(address("192.0.2.66")))
        #expect(try list.allows(address("::ffff:192.0.2.1")))
        #expect(try !list.allows(address("192.0.3.1")))
        #expect(try !list.allows(address("2001:db8::1")))
    }
}
