// SPDX-License-Identifier: Apache-2.0
import Balancing
import Daemon
import Devices
import Documents
import Quantities
import TestSupport
import Testing

@Suite("A damaged site file")
struct SiteFileFuzzTests {
    /// What must hold of every file, however it came to be: a site that is safe by its own numbers, or faults.
    private static func check(_ bytes: [UInt8], _ catalogue: ProfileCatalogue, _ comment: String) {
        // Files that are not UTF-8 are refused before the site is looked at.
        guard let text = String(validating: bytes, as: UTF8.self) else { return }
        do {
            let file = try SiteFile(text: text, catalogue: catalogue)
            let site = file.site
            #expect(SafeCurrents.total(site.sockets).maximum <= site.safeCurrent, "\(comment)")
            #expect(site.safeCurrent <= site.circuits[0].limit.minimum, "\(comment)")
            #expect(site.safeCurrent <= site.networkCap.minimum, "\(comment)")
            #expect(site.sockets.allSatisfy { $0.safeCurrent == .zero || $0.safeCurrent >= $0.minimum }, "\(comment)")
            #expect(site.sockets.allSatisfy { $0.minimum <= $0.maximum && $0.minimum >= Amperes(6) }, "\(comment)")
            #expect(Set(site.sockets.map(\.id)).count == site.sockets.count, "\(comment)")
            #expect(site.sockets.count == file.stations.map(\.sockets.count).reduce(0, +), "\(comment)")
            // Every reference resolves, or this would stop the program.
            _ = Balancer(site, at: .start)
        } catch {
            #expect(!error.faults.isEmpty, "\(comment)")
            #expect(error.faults.allSatisfy { !$0.message.isEmpty }, "\(comment)")
        }
    }

    @Test("that is cut off at any byte is a site or faults", arguments: [SiteText.example, SiteText.garage])
    func truncated(_ text: String) throws {
        let catalogue = try ProfileCatalogue()
        let bytes = Array(text.utf8)
        for count in bytes.indices { Self.check(Array(bytes[..<count]), catalogue, "cut at \(count)") }
    }

    @Test("with one bit turned is a site or faults")
    func singleBits() throws {
        let catalogue = try ProfileCatalogue()
        let bytes = Array(SiteText.example.utf8)
        for index in bytes.indices {
            for bit in 0..<7 {
                var changed = bytes
                changed[index] ^= 1 << bit
                Self.check(changed, catalogue, "bit \(bit) of byte \(index)")
            }
        }
    }

    @Test("with some bytes exchanged, left out or doubled is a site or faults", arguments: 1...8 as ClosedRange<UInt64>)
    func mutated(seed: UInt64) throws {
        let catalogue = try ProfileCatalogue()
        var generator = SeededGenerator(seed: seed)
        // What a site file is made of is nearer to the mark than any byte.
        let pieces = [
            "[", "]", "{", "}", ":", ",", "-", "\n", " ", "\t", "\"", "#", "&a", "*a", "!", "|", "1e9", "-0", "~",
        ]
        for round in 0..<150 {
            var bytes = Array(Bool.random(using: &generator) ? SiteText.example.utf8 : SiteText.garage.utf8)
            for _ in 0..<Int.random(in: 1...6, using: &generator) {
                let place = Int.random(in: 0..<bytes.count, using: &generator)
                switch Int.random(in: 0..<5, using: &generator) {
                case 0: bytes[place] = UInt8.random(in: 0...127, using: &generator)
                case 1: bytes.remove(at: place)
                case 2: bytes.insert(contentsOf: (pieces.randomElement(using: &generator) ?? "").utf8, at: place)
                case 3: bytes.insert(contentsOf: bytes[place..<min(bytes.count, place + 30)], at: place)
                default: bytes.removeSubrange(place..<min(bytes.count, place + 30))
                }
            }
            Self.check(bytes, catalogue, "seed \(seed), round \(round)")
        }
    }

    @Test("of a thousand stations is read, and one more is refused")
    func large() throws {
        let catalogue = try ProfileCatalogue()
        func text(_ count: Int) -> String {
            let head = """
                site: { installation_max_current: 5000 }
                meter: { profile: eastron-sdm630, host: 10.0.0.1 }
                safe_current: 600
                stations:

                """
            let stations = (0..<count).map { number in
                "  - { id: s\(number), profile: alfen-ng9xx, host: 10.1.\(number / 250).\(number % 250 + 1), "
                    + "max_current: 32, sockets: [{ max_current: 16 }, {}] }"
            }
            return head + stations.joined(separator: "\n")
        }
        let site = try read(text(1000), catalogue).site
        #expect(site.sockets.count == 2000)
        #expect(site.sockets.count { $0.safeCurrent == Amperes(6) } == 100)
        #expect(try faults(of: text(1001), catalogue).map(\.keyPath) == ["stations"])
    }

    @Test("in any order of its stations gives shares that fit")
    func order() throws {
        let catalogue = try ProfileCatalogue()
        var generator = SeededGenerator(seed: 3)
        for _ in 0..<50 {
            let safe = Int.random(in: 6...30, using: &generator)
            let stations = (1...6).shuffled(using: &generator).map { number in
                let phases = ["L1", "L2", "L3", "L1L2L3", "L3L1L2", "unknown"].randomElement(using: &generator) ?? "L1"
                return "  - { id: s\(number), profile: alfen-ng9xx, host: 10.0.0.\(number + 1), max_current: 16, "
                    + "sockets: [{ phases: \(phases) }] }"
            }
            let text = """
                site: { installation_max_current: 32 }
                meter: { profile: socomec-countis-e27, host: 10.0.0.1 }
                safe_current: \(safe)
                stations:
                \(stations.joined(separator: "\n"))
                """
            Self.check(Array(text.utf8), catalogue, text)
        }
    }
}
