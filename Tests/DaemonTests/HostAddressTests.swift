// SPDX-License-Identifier: Apache-2.0
import Documents
import NIOCore
import Testing

@testable import Daemon

@Suite("The address of a device")
struct HostAddressTests {
    @Test(
        "is read into its usual form",
        arguments: [
            ("192.168.0.4", "192.168.0.4"), ("192.168.000.004", "192.168.0.4"), ("010.010.010.010", "10.10.10.10"),
            ("1.0.0.0", "1.0.0.0"), ("223.255.255.255", "223.255.255.255"),
            ("FD00::0:4", "fd00::4"), ("0:0:0:0:0:0:0:1", "::1"),
            ("meter", "meter"), ("Meter-2.example.org", "Meter-2.example.org"), ("4meter", "4meter"),
            ("192.168.0.x", "192.168.0.x"), ("meter_1", "meter_1"),
        ]
    )
    func usualForm(_ text: String, _ expected: String) throws {
        #expect(try HostAddress.normalised(text) == expected)
    }

    @Test(
        "is refused when it cannot be one",
        arguments: [
            "0.0.0.0", "0.1.2.3", "224.0.0.1", "255.255.255.255", "256.1.1.1", "1.2.3", "1.2.3.4.5",
            "1.2.3.999999999999",
            "::", "ff02::1", "fd00::1::2", ":::", "12345::", "a..b", ".", "-a", "a-", "a b", "a/b", "a:1", "ä.example",
            "192.168.0.4:502", "[fd00::4]:502", "<script>", String(repeating: "a", count: 64),
            Array(repeating: "abc", count: 64).joined(separator: "."),
        ]
    )
    func refusal(_ text: String) {
        let refusal = #expect(throws: HostAddress.Refusal.self) { try HostAddress.normalised(text) }
        #expect(refusal?.message.isEmpty == false)
        #expect(refusal?.remedy?.isEmpty == false)
    }

    @Test("inside this machine is told from one outside")
    func loopback() {
        for host in ["127.0.0.1", "127.1.2.3", "::1", "localhost", "LOCALHOST"] {
            #expect(HostAddress.isLoopback(host))
            #expect(!HostAddress.isOwn(host))
        }
        for host in ["128.0.0.1", "fd00::1", "meter"] { #expect(!HostAddress.isLoopback(host)) }
    }

    @Test("is not one of this machine's own")
    func own() throws {
        let addresses = try System.enumerateDevices().compactMap { device -> String? in
            guard let address = device.address, address.protocol == .inet else { return nil }
            return address.ipAddress
        }
        // A machine without a network has nothing to mistake for a device.
        for address in addresses where !HostAddress.isLoopback(address) {
            #expect(HostAddress.isOwn(address))
            let found = try faults(of: try SiteText.example.changing("192.168.0.20", to: address))
            #expect(found.map(\.keyPath) == ["stations[0].host"])
            #expect(found.first?.description.contains("this machine's own address") == true)
        }
    }
}
