// SPDX-License-Identifier: Apache-2.0
import Documents
import Testing

/// One mistake in an otherwise correct site file, and what must be said about it.
struct Mistake: Sendable, CustomTestStringConvertible {
    var base: String
    var old: String
    var new: String
    var line: Int
    var keyPath: String
    /// What the one line for people must contain.
    var parts: [String]

    init(
        _ old: String,
        _ new: String,
        in base: String = SiteText.example,
        line: Int,
        _ keyPath: String,
        _ parts: [String]
    ) {
        self.base = base
        self.old = old
        self.new = new
        self.line = line
        self.keyPath = keyPath
        self.parts = parts
    }

    var testDescription: String { "\(keyPath): \(new.prefix(60))" }
}

@Suite("One mistake in a site file")
struct SiteMistakeTests {
    private static func check(_ mistake: Mistake) throws {
        let found = try faults(of: try mistake.base.changing(mistake.old, to: mistake.new))
        #expect(found.count == 1, "\(found.map(\.description))")
        let fault = try #require(found.first)
        #expect((fault.line, fault.keyPath) == (mistake.line, mistake.keyPath), "\(fault)")
        for part in mistake.parts { #expect(fault.description.contains(part), "\(part) is not in: \(fault)") }
    }

    @Test(
        "about limits is refused with the numbers",
        arguments: [
            Mistake(
                "installation_max_current: 25",
                "installation_max_current: 32, fuse: 25",
                line: 1,
                "site.installation_max_current",
                ["32 is above the fuse of 25.0 A", "write at most 25.0"]
            ),
            Mistake(
                "installation_max_current: 25",
                "installation_max_current: 100",
                line: 1,
                "site.installation_max_current",
                ["100 is above the 80.0 A that the meter can measure", "write at most 80.0"]
            ),
            Mistake(
                "installation_max_current: 25",
                "installation_max_current: [25, 100, 25]",
                line: 1,
                "site.installation_max_current",
                ["100.0 A", "80.0"]
            ),
            Mistake(
                "unit: 5 }",
                "unit: 5, rating: 20 }",
                line: 1,
                "site.installation_max_current",
                ["25 is above the 20.0 A", "write at most 20.0"]
            ),
            Mistake(
                "unit: 5 }",
                "unit: 5, rating: 100 }",
                line: 2,
                "meter.rating",
                ["100 is above the 80.0 A", "80.0"]
            ),
            Mistake(
                "safe_current: 12",
                "safe_current: 26",
                line: 3,
                "safe_current",
                ["26 is above the installation's 25.0 A", "at most 25.0"]
            ),
            Mistake(
                "safe_current: 12",
                "safe_current: 5.9",
                line: 3,
                "safe_current",
                ["5.9 is below the 6.0 A", "6.0"]
            ),
            Mistake(
                "safe_current: 24",
                "safe_current: 41",
                in: SiteText.garage,
                line: 3,
                "safe_current",
                ["41 is above charging_max_current, 40.0 A", "write at most 40.0"]
            ),
            Mistake("safe_current: 12", "safe_current:", line: 3, "safe_current", ["has no value"]),
            Mistake("safe_current: 12\n", "", line: 1, "safe_current", ["is missing"]),
            Mistake(
                "installation_max_current: 25",
                "fuse: 25",
                line: 1,
                "site.installation_max_current",
                ["is missing"]
            ),
            Mistake(
                "installation_max_current: 25",
                "installation_max_current: [25, 25]",
                line: 1,
                "site.installation_max_current",
                ["2 values", "three"]
            ),
        ]
    )
    func limits(_ mistake: Mistake) throws { try Self.check(mistake) }

    @Test(
        "about safe currents of sockets is refused with the sum",
        arguments: [
            Mistake(
                "phases: L2L3L1",
                "phases: L2L3L1, safe_current: 13",
                line: 3,
                "safe_current",
                ["12 does not hold", "on L1", "carport-2 13.0 = 13.0 A", "at least 13.0"]
            ),
            Mistake(
                "max_current: 16, phases: L1L2L3 }\n      - { id: carport-2, unit: 2, max_current: 16,",
                "max_current: 16, safe_current: 8, phases: L1L2L3 }\n"
                    + "      - { id: carport-2, unit: 2, max_current: 16, safe_current: 6,",
                line: 3,
                "safe_current",
                ["carport-1 8.0 + carport-2 6.0 = 14.0 A", "lower the sockets' safe_current", "at least 14.0"]
            ),
            Mistake(
                "phases: L2L3L1",
                "phases: L2L3L1, safe_current: 5",
                line: 11,
                "stations[0].sockets[1].safe_current",
                ["5 is below the socket's minimum of 6.0 A", "write 0 or at least 6.0"]
            ),
            Mistake(
                "phases: L2L3L1",
                "phases: L2L3L1, safe_current: 7, min_current: 8",
                line: 11,
                "stations[0].sockets[1].safe_current",
                ["7 is below the socket's minimum of 8.0 A", "8.0"]
            ),
            Mistake(
                "max_current: 16, phases: L2L3L1",
                "max_current: 8, phases: L2L3L1, safe_current: 10",
                line: 11,
                "stations[0].sockets[1].safe_current",
                ["10 is above max_current, 8.0 A", "write at most 8.0"]
            ),
            Mistake(
                "limit: 40, other_load: [2, 0, 0]",
                "limit: 16, other_load: [12, 0, 0]",
                in: SiteText.chosenShare,
                line: 5,
                "circuits[0].limit",
                ["leaves 4.0 A", "L1", "left-1 6.0", "= 6.0 A", "at least 18.0"]
            ),
        ]
    )
    func shares(_ mistake: Mistake) throws { try Self.check(mistake) }

    @Test(
        "about names is refused",
        arguments: [
            Mistake(
                "id: carport-2",
                "id: carport-1",
                line: 11,
                "stations[0].sockets[1].id",
                ["carport-1 is used twice"]
            ),
            Mistake(
                "id: right\n",
                "id: left\n",
                in: SiteText.garage,
                line: 15,
                "stations[1].id",
                ["left is used twice"]
            ),
            Mistake(
                "id: right-one",
                "id: left-1",
                in: SiteText.garage,
                line: 20,
                "stations[1].sockets[0].id",
                ["left-1 is used twice"]
            ),
            Mistake(
                "limit: 32 }",
                "limit: 32 }\n  - { id: main, limit: 20 }",
                in: SiteText.garage,
                line: 8,
                "circuits[2].id",
                ["main is used twice"]
            ),
            Mistake("unit: 2", "unit: 1", line: 11, "stations[0].sockets[1].unit", ["1 is used by two sockets"]),
            Mistake(
                "profile: alfen-ng9xx",
                "profile: alfen-ng9x",
                line: 6,
                "stations[0].profile",
                ["alfen-ng9x", "did you mean \"alfen-ng9xx\"?"]
            ),
            Mistake(
                "socomec-countis-e27",
                "socomec-countis-e72",
                line: 2,
                "meter.profile",
                ["socomec-countis-e72", "did you mean \"socomec-countis-e27\"?"]
            ),
            Mistake("socomec-countis-e27", "../meters/abb", line: 2, "meter.profile", ["there is no meter profile"]),
            Mistake(
                "safe_current:",
                "safe_curent:",
                in: SiteText.example + "\nsafe_current: 12",
                line: 3,
                "safe_curent",
                ["did you mean \"safe_current\"?"]
            ),
            Mistake(
                "max_current: 32",
                "max_curent: 32\n    max_current: 32",
                line: 8,
                "stations[0].max_curent",
                ["is not a known key", "did you mean \"max_current\"?"]
            ),
            Mistake("site: { name", "site: { nmae: x, name", line: 1, "site.nmae", ["did you mean \"name\"?"]),
            Mistake(
                "  - id: carport\n",
                "  - id: carport\n    id: carport\n",
                line: 5,
                "stations[0].id",
                ["is written twice"]
            ),
            Mistake(
                "id: carport\n",
                "id: \"a\\nb\"\n",
                line: 5,
                "stations[0].id",
                ["control character or a line break"]
            ),
            Mistake("id: carport\n", "id: \"a\\u202Eb\"\n", line: 5, "stations[0].id", ["control character"]),
            Mistake(
                "name: Example house",
                "name: \(String(repeating: "x", count: 300))",
                line: 1,
                "site.name",
                ["is longer than 200 characters"]
            ),
        ]
    )
    func names(_ mistake: Mistake) throws { try Self.check(mistake) }

    @Test(
        "about currents is refused",
        arguments: [
            Mistake(
                "max_current: 16, phases: L1L2L3",
                "max_current: 40, phases: L1L2L3",
                line: 10,
                "stations[0].sockets[0].max_current",
                ["40 is above the station's 32.0 A", "write at most 32.0"]
            ),
            Mistake(
                "phases: L1L2L3",
                "phases: L1L2L3, min_current: 20",
                line: 10,
                "stations[0].sockets[0].min_current",
                ["20 is above max_current, 16.0 A", "write at most 16.0"]
            ),
            Mistake(
                "max_current: 32",
                "max_current: .nan",
                line: 8,
                "stations[0].max_current",
                [".nan", "finite number"]
            ),
            Mistake(
                "max_current: 32",
                "max_current: NaN",
                line: 8,
                "stations[0].max_current",
                ["NaN", "finite number"]
            ),
            Mistake("max_current: 32", "max_current: Infinity", line: 8, "stations[0].max_current", ["finite number"]),
            Mistake(
                "max_current: 32",
                "max_current: 1e999",
                line: 8,
                "stations[0].max_current",
                ["1e999 is too large"]
            ),
            Mistake(
                "max_current: 32",
                "max_current: \"16\"",
                line: 8,
                "stations[0].max_current",
                ["16 is a text because of its quotes", "write 16 without quotes"]
            ),
            Mistake(
                "max_current: 32",
                "max_current: 16,0",
                line: 8,
                "stations[0].max_current",
                ["write 16.0 with a point"]
            ),
            Mistake("max_current: 32", "max_current: 0x10", line: 8, "stations[0].max_current", ["write 16 (decimal)"]),
            Mistake("max_current: 32", "max_current: 32 A", line: 8, "stations[0].max_current", ["without a unit"]),
            Mistake(
                "max_current: 32",
                "max_current: -32",
                line: 8,
                "stations[0].max_current",
                ["-32 is below", "6 A"]
            ),
            Mistake(
                "max_current: 32",
                "max_current: 0",
                line: 8,
                "stations[0].max_current",
                ["0 is below", "6 to 5000"]
            ),
            Mistake(
                "max_current: 32",
                "max_current: 5.9",
                line: 8,
                "stations[0].max_current",
                ["5.9 is below", "6 A"]
            ),
            Mistake(
                "max_current: 32",
                "max_current: 2147483648",
                line: 8,
                "stations[0].max_current",
                ["2147483648 is above", "5000 A"]
            ),
            Mistake(
                "max_current: 32",
                "max_current: 9223372036854775808",
                line: 8,
                "stations[0].max_current",
                ["9223372036854775808 is above", "5000 A"]
            ),
            Mistake("max_current: 32", "max_current: [32]", line: 8, "stations[0].max_current", ["a number, not"]),
        ]
    )
    func currents(_ mistake: Mistake) throws { try Self.check(mistake) }

    @Test(
        "about addresses is refused",
        arguments: [
            Mistake("192.168.0.20", "192.168.0.4", line: 7, "stations[0].host", ["192.168.0.4", "502", "the meter"]),
            Mistake(
                "192.168.0.21",
                "192.168.0.020",
                in: SiteText.garage,
                line: 17,
                "stations[1].host",
                ["502", "station left"]
            ),
            Mistake("192.168.0.20", "0.0.0.0", line: 7, "stations[0].host", ["0.0.0.0 is no address of a device"]),
            Mistake("192.168.0.20", "255.255.255.255", line: 7, "stations[0].host", ["is no address of a device"]),
            Mistake("192.168.0.20", "224.0.0.1", line: 7, "stations[0].host", ["is no address of a device"]),
            Mistake("192.168.0.20", "\"::\"", line: 7, "stations[0].host", [":: is no address of a device"]),
            Mistake("192.168.0.20", "\"ff02::1\"", line: 7, "stations[0].host", ["is no address of a device"]),
            Mistake(
                "192.168.0.20",
                "256.1.1.1",
                line: 7,
                "stations[0].host",
                ["256.1.1.1 is not an IPv4", "0 to 255"]
            ),
            Mistake(
                "192.168.0.20",
                "192.168.20",
                line: 7,
                "stations[0].host",
                ["is not an IPv4 address", "four numbers"]
            ),
            Mistake("192.168.0.20", "\"fd00::1::2\"", line: 7, "stations[0].host", ["is not an IPv6 address"]),
            Mistake(
                "192.168.0.20",
                String(repeating: "a", count: 300),
                line: 7,
                "stations[0].host",
                ["neither an address nor a name"]
            ),
            Mistake(
                "192.168.0.20",
                String(repeating: "abc.", count: 100) + "d",
                line: 7,
                "stations[0].host",
                ["longer than 300"]
            ),
            Mistake("192.168.0.20", "http://192.168.0.20", line: 7, "stations[0].host", ["write the address alone"]),
            Mistake("192.168.0.20", "192.168.0.20:502", line: 7, "stations[0].host", ["the port has a key of its own"]),
            Mistake("192.168.0.20", "my station", line: 7, "stations[0].host", ["neither an address nor a name"]),
            Mistake("unit: 5 }", "unit: 5, port: 0 }", line: 2, "meter.port", ["0 is below", "1 to 65535"]),
            Mistake("unit: 5 }", "unit: 5, port: 65536 }", line: 2, "meter.port", ["65536 is above", "1 to 65535"]),
            Mistake("unit: 5 }", "unit: 0 }", line: 2, "meter.unit", ["0 addresses no device", "1 to 247"]),
            Mistake("unit: 5 }", "unit: 248 }", line: 2, "meter.unit", ["248 is a reserved", "1 to 247"]),
            Mistake("unit: 5 }", "unit: 256 }", line: 2, "meter.unit", ["256 is above", "255"]),
            Mistake("unit: 2", "unit: 0", line: 11, "stations[0].sockets[1].unit", ["0 addresses no device"]),
            Mistake(
                "id: carport-2, unit: 2",
                "id: carport-2, unit: 1.5",
                line: 11,
                "stations[0].sockets[1].unit",
                ["1.5 is not a whole number"]
            ),
        ]
    )
    func addresses(_ mistake: Mistake) throws { try Self.check(mistake) }

    @Test(
        "about wiring and structure is refused",
        arguments: [
            Mistake(
                "phases: L1L2L3",
                "phases: L1L2L1",
                line: 10,
                "stations[0].sockets[0].phases",
                ["L1L2L1 is no order of phases", "did you mean"]
            ),
            Mistake(
                "phases: L1L2L3",
                "phases: rst",
                line: 10,
                "stations[0].sockets[0].phases",
                ["write one of L1, L2, L3, L1L2L3"]
            ),
            Mistake(
                "parent: cellar",
                "parent: celar",
                in: SiteText.garage,
                line: 7,
                "circuits[1].parent",
                ["celar is no circuit", "did you mean \"cellar\"?"]
            ),
            Mistake(
                "circuit: garage",
                "circuit: garge",
                in: SiteText.garage,
                line: 13,
                "stations[0].circuit",
                ["garge is no circuit", "did you mean \"garage\"?"]
            ),
            Mistake(
                "parent: cellar, limit: 32",
                "parent: cellar, limit: 41",
                in: SiteText.garage,
                line: 7,
                "circuits[1].limit",
                ["41 is above the 40.0 A", "L1", "write at most 40.0"]
            ),
            Mistake(
                "limit: 40, other_load: [2, 0, 0]",
                "limit: 55",
                in: SiteText.garage,
                line: 6,
                "circuits[0].limit",
                ["55 is above the 50.0 A", "L3", "write at most 50.0"]
            ),
            Mistake(
                "other_load: [2, 0, 0]",
                "other_load: [2, 41, 0]",
                in: SiteText.garage,
                line: 6,
                "circuits[0].other_load",
                ["40.0 A", "L2", "write at most 40.0"]
            ),
            Mistake("stations:\n", "stations: 3\nstation:\n", line: 4, "stations", ["must be a list"]),
            Mistake("safe_current: 12", "safe_current: 12\ncharging: 3", line: 4, "charging", ["a group of keys"]),
            Mistake(
                "safe_current: 12",
                "safe_current: 12\ncharging: { margin: 11 }",
                line: 4,
                "charging.margin",
                ["11 is above", "10 A"]
            ),
            Mistake("unit: 5 }", "unit: 5, inverted: yes }", line: 2, "meter.inverted", ["neither true nor false"]),
        ]
    )
    func structure(_ mistake: Mistake) throws {
        let found = try faults(of: try mistake.base.changing(mistake.old, to: mistake.new))
        let fault = try #require(found.first { $0.keyPath == mistake.keyPath }, "\(found)")
        #expect(fault.line == mistake.line)
        for part in mistake.parts { #expect(fault.description.contains(part), "\(part) is not in: \(fault)") }
        // A key that was put in to keep the rest readable may be unknown; nothing else may follow from the mistake.
        let others = found.filter { $0 != fault && $0.message != "is not a known key" }
        #expect(others.isEmpty, "\(others)")
    }

    @Test("that leads circuits round in a circle is refused at each of them")
    func circle() throws {
        let text = try SiteText.garage.changing("id: cellar, limit", to: "id: cellar, parent: garage, limit")
            .changing("limit: 32", to: "limit: 40").changing("other_load: [2, 0, 0]", to: "other_load: 0")
        let found = try faults(of: text)
        #expect(found.map(\.keyPath) == ["circuits[0].parent", "circuits[1].parent"])
        #expect(found.allSatisfy { $0.message.contains("circle") && $0.remedy?.contains("main") == true })
    }

    @Test("in the list of stations: none at all", arguments: ["stations: []", "stations:", "stations: ~"])
    func noStations(_ stations: String) throws {
        let head = SiteText.example.split(separator: "\n").prefix(3).joined(separator: "\n")
        let found = try faults(of: head + "\n" + stations)
        #expect(found.map(\.keyPath) == ["stations"])
        #expect(found.map(\.line) == [4])
    }

    @Test("in the list of sockets: none at all")
    func noSockets() throws {
        let head = SiteText.example.split(separator: "\n").prefix(8).joined(separator: "\n")
        let found = try faults(of: head + "\n    sockets: []")
        #expect(found.map(\.keyPath) == ["stations[0].sockets"])
        #expect(found.map(\.line) == [9])
    }

    @Test(
        "that leaves nothing to read is refused",
        arguments: ["", "\n\n", "# only a remark", "7", "[]", "{}", "site"]
    )
    func nothing(_ text: String) throws { #expect(!(try faults(of: text)).isEmpty) }
}

@Suite("Several mistakes in a site file")
struct SeveralMistakesTests {
    @Test("are all reported, in the order of the file, whatever their kinds")
    func allKinds() throws {
        let text = """
            site: { name: Garage, installation_max_current: 100, fuse: 63, colour: red }
            meter: { profile: socomec-countis-e72, host: 256.1.1.1, unit: 248 }
            safe_current: "12"
            circuits:
              - { id: cellar, limit: "16" }
              - { id: garage, parent: celar, limit: 20 }
            stations:
              - id: left
                profile: alfen-ng9xx
                host: 0.0.0.0
                max_current: 32
                circuit: cellar
                sockets:
                  - { id: one, max_current: 40, phases: L1L2L1 }
                  - { id: one, max_current: 16, min_current: 20, safe_current: 5 }
              - id: left
                profile: alfen-ng9x
                host: 192.168.0.21
                port: 70000
                circuit: garage
                sockets: [{ unit: 1, max_current: NaN }, { unit: 1, safe_current: 90 }]
            """
        let expected: [(Int, String)] = [
            (1, "site.installation_max_current"), (1, "site.colour"),
            (2, "meter.profile"), (2, "meter.host"), (2, "meter.unit"),
            (3, "safe_current"),
            (5, "circuits[0].limit"),
            (6, "circuits[1].parent"),
            (10, "stations[0].host"),
            (14, "stations[0].sockets[0].max_current"), (14, "stations[0].sockets[0].phases"),
            (15, "stations[0].sockets[1].id"), (15, "stations[0].sockets[1].min_current"),
            (15, "stations[0].sockets[1].safe_current"),
            (16, "stations[1].id"), (16, "stations[1].max_current"),
            (17, "stations[1].profile"),
            (19, "stations[1].port"),
            (21, "stations[1].sockets[0].max_current"), (21, "stations[1].sockets[1].unit"),
            (21, "stations[1].sockets[1].safe_current"),
        ]
        let found = try faults(of: text)
        #expect(Set(found.map { "\($0.line ?? 0) \($0.keyPath)" }) == Set(expected.map { "\($0.0) \($0.1)" }))
        #expect(found.count == expected.count, "\(found.map(\.description))")
        #expect(found.map { $0.line ?? 0 } == found.map { $0.line ?? 0 }.sorted())
    }

    @Test("hide nothing: every pair of two mistakes is reported as both")
    func pairs() throws {
        let changes: [(old: String, new: String, keyPath: String)] = [
            ("installation_max_current: 25", "installation_max_current: 81", "site.installation_max_current"),
            ("host: 192.168.0.4", "host: 0.0.0.0", "meter.host"),
            ("safe_current: 12", "safe_current: 12,0", "safe_current"),
            ("profile: alfen-ng9xx", "profile: alfen", "stations[0].profile"),
            ("host: 192.168.0.20", "host: 256.1.1.1", "stations[0].host"),
            ("max_current: 32", "max_current: 3", "stations[0].max_current"),
            ("id: carport-2, unit: 2, max_current: 16", "id: carport-1, unit: 2", "stations[0].sockets[1].id"),
            ("unit: 2,", "unit: 0,", "stations[0].sockets[1].unit"),
            ("phases: L1L2L3", "phases: L1L2L1", "stations[0].sockets[0].phases"),
            (
                "unit: 1, max_current: 16", "unit: 1, max_current: 16, min_current: 17",
                "stations[0].sockets[0].min_current"
            ),
        ]
        for (first, one) in changes.enumerated() {
            for other in changes.dropFirst(first + 1) {
                guard let text = try? SiteText.example.changing(one.old, to: one.new).changing(other.old, to: other.new)
                else { continue }
                let found = try faults(of: text).map(\.keyPath)
                // The meter's rating is known only with its profile, which is right in all of these.
                #expect(Set([one.keyPath, other.keyPath]).isSubset(of: found), "\(one.new) and \(other.new): \(found)")
                #expect(found.count == 2, "\(one.new) and \(other.new): \(found)")
            }
        }
    }

    @Test("are counted when there are more than anybody reads")
    func flood() throws {
        let socket = "      - { id: \"\", unit: 0, max_current: 1, phases: x, colour: red }\n"
        let station = "  - { id: \"\", profile: x, host: 0.0.0.0, max_current: 1 }\n"
        let text = SiteText.example + "\n" + socket + String(repeating: station, count: 900)
        let found = try faults(of: text)
        #expect(found.count == FaultCollector.limit + 1)
        #expect(found.last?.message.contains("more faults") == true)
    }
}
