// SPDX-License-Identifier: Apache-2.0
import Balancing
import Daemon
import Devices
import Documents
import Foundation
import Quantities
import Testing

@Suite("A site file")
struct SiteFileTests {
    @Test("gives exactly the site that it describes, with 6 A for each of two sockets in 12 A")
    func example() throws {
        let file = try read(SiteText.example)
        let turned: PhaseRotation = try #require(PhaseRotation("L2L3L1"))
        let expected = Site(
            circuits: [Circuit(id: "main", limit: PerPhase(repeating: Amperes(25)))],
            stations: [Station(id: "carport", circuit: "main", maximum: Amperes(32), validity: .seconds(60))],
            sockets: [
                Socket(id: "carport-1", station: "carport", maximum: Amperes(16), safeCurrent: Amperes(6)),
                Socket(
                    id: "carport-2",
                    station: "carport",
                    rotation: turned,
                    maximum: Amperes(16),
                    safeCurrent: Amperes(6)
                ),
            ],
            safeCurrent: Amperes(12),
            networkCap: PerPhase(repeating: Amperes(25)),
            meter: MeterName(unit: 5, endpoint: "192.168.0.4:502")
        )
        #expect(file.site == expected)
        #expect(file.name == "Example house")
        #expect(file.warnings.isEmpty)
        #expect(file.meter.profile.id == "socomec-countis-e27")
        #expect((file.meter.host, file.meter.port, file.meter.unit) == ("192.168.0.4", 502, 5))
        #expect(file.meter.rating == Amperes(80))
        #expect(!file.meter.isInverted)
        let station = try #require(file.stations.first)
        #expect((station.id, station.host, station.port) == ("carport", "192.168.0.20", 502))
        #expect(station.sockets.map(\.unit) == [1, 2])
        #expect(station.sockets.map(\.id) == ["carport-1", "carport-2"])
    }

    @Test("fills in what the profiles and the stations already say")
    func defaults() throws {
        let file = try read(SiteText.garage)
        let site = file.site
        #expect(site.circuits.map(\.id) == ["main", "cellar", "garage"])
        #expect(site.circuits[0].limit == PerPhase(Amperes(63), Amperes(63), Amperes(50)))
        #expect(site.circuits[1].parent == "main")
        #expect(site.circuits[1].unmeteredLoad == PerPhase(Amperes(2), .zero, .zero))
        #expect(site.circuits[2].parent == "cellar")
        #expect(site.networkCap == PerPhase(repeating: Amperes(40)))
        #expect(site.rules.margin == Amperes(milliamperes: 600))
        #expect(site.rules.alternatingPeriod == .seconds(600))
        #expect(site.sockets.map(\.id) == ["left-1", "left-2", "right-one"])
        #expect(site.sockets.map(\.maximum) == [Amperes(16), Amperes(16), Amperes(16)])
        #expect(site.sockets.map(\.safeCurrent) == [Amperes(6), Amperes(6), .zero])
        #expect(site.sockets[1].rotation == nil)
        #expect(file.meter.unit == 5)
        #expect(file.stations[0].sockets.map(\.unit) == [1, 2])
    }

    @Test("divides 12 A among three sockets as 6, 6 and 0 A and says so")
    func threeShares() throws {
        let text = SiteText.example + "\n      - { id: carport-3, unit: 3, max_current: 16, phases: L3L1L2 }"
        let file = try read(text)
        #expect(file.site.sockets.map(\.safeCurrent) == [Amperes(6), Amperes(6), .zero])
        let warning = try #require(file.warnings.first)
        #expect(file.warnings.count == 1)
        #expect((warning.line, warning.keyPath) == (12, "stations[0].sockets[2]"))
        #expect(warning.message.contains("0 A") && warning.message.contains("12.0 A"))
    }

    @Test("gives single-phase sockets on different phases their shares side by side")
    func singlePhases() throws {
        let text = try SiteText.example
            .changing("safe_current: 12", to: "safe_current: 6")
            .changing("phases: L1L2L3", to: "phases: L1")
            .changing("phases: L2L3L1", to: "phases: L2")
        #expect(try read(text).site.sockets.map(\.safeCurrent) == [Amperes(6), Amperes(6)])
    }

    @Test("gives no share that a circuit below cannot hold, and says which")
    func sharesInCircuits() throws {
        let text = try SiteText.garage.changing("parent: cellar, limit: 32", to: "parent: cellar, limit: 10")
        let file = try read(text)
        #expect(file.site.sockets.map(\.safeCurrent) == [Amperes(6), .zero, .zero])
        #expect(file.warnings.map(\.keyPath) == ["stations[0].sockets[1]"])
        #expect(file.warnings.allSatisfy { $0.message.contains("garage") && $0.message.contains("6.0 A") })
    }

    @Test("counts a station that keeps its last setpoint at its maximum")
    func noFailSafe() throws {
        let folder = try Folder()
        defer { folder.remove() }
        try folder.writeStationWithoutFailSafe(id: "stubborn")
        let catalogue = ProfileCatalogue(folders: [folder.path] + (try ProfileCatalogue().folders))
        let text = try SiteText.example.changing("profile: alfen-ng9xx", to: "profile: stubborn")
        let found = try faults(of: text, catalogue)
        #expect(found.map(\.keyPath) == ["safe_current"])
        let message = try #require(found.first).description
        for part in ["carport-1 16.0", "carport-2 16.0", "= 32.0 A", "keeps its last setpoint", "at least 32.0"] {
            #expect(message.contains(part), "\(message)")
        }
        // Also when somebody wrote a smaller one: the station does not know of it.
        let chosen = try text.changing("phases: L1L2L3", to: "phases: L1L2L3, safe_current: 0")
        #expect(try faults(of: chosen, catalogue).map(\.keyPath) == ["safe_current"])
        let wide = try text.changing("safe_current: 12", to: "safe_current: 32")
            .changing("installation_max_current: 25", to: "installation_max_current: 63")
        #expect(try read(wide, catalogue).site.sockets.map(\.safeCurrent) == [Amperes(16), Amperes(16)])
    }

    @Test("limits a socket to 80 A, however much its station may draw")
    func largeStation() throws {
        let text = try SiteText.example
            .changing("max_current: 32", to: "max_current: 200")
            .changing("max_current: 16, phases: L1L2L3", to: "phases: L1L2L3")
        #expect(try read(text).site.sockets[0].maximum == Amperes(80))
    }

    @Test("takes a serial number and the direction of the meter")
    func meterSettings() throws {
        let text = try SiteText.example.changing("unit: 5 }", to: "unit: 5, serial: 1-26-14-4711, inverted: true }")
        let file = try read(text)
        #expect(file.meter.serial == "1-26-14-4711")
        #expect(file.meter.isInverted)
    }

    @Test(
        "warns of what is allowed but strange",
        arguments: [
            Warning("192.168.0.20", "127.0.0.1", line: 7, "stations[0].host", ["127.0.0.1", "inside this machine"]),
            Warning("192.168.0.20", "localhost", line: 7, "stations[0].host", ["localhost", "inside this machine"]),
            Warning("192.168.0.4", "\"::1\"", line: 2, "meter.host", ["::1", "inside this machine"]),
            Warning("192.168.0.4", "192.168.0.004", line: 2, "meter.host", ["192.168.0.004", "192.168.0.4"]),
            Warning("192.168.0.20", "010.001.000.020", line: 7, "stations[0].host", ["10.1.0.20"]),
            Warning("safe_current: 12", "safe_current: 0", line: 3, "safe_current", ["0 A", "nobody charges"]),
            Warning(
                "installation_max_current: 25",
                "installation_max_current: 25, charging_max_current: 40",
                line: 1,
                "site.charging_max_current",
                ["25.0 A", "solar"]
            ),
        ]
    )
    func warnings(_ warning: Warning) throws {
        let file = try read(try SiteText.example.changing(warning.old, to: warning.new))
        let found = try #require(file.warnings.first)
        #expect(file.warnings.count == 1)
        #expect((found.line, found.keyPath) == (warning.line, warning.keyPath))
        for part in warning.parts { #expect(found.description.contains(part), "\(found)") }
    }

    @Test("uses an address with leading zeros as decimal, as the meter's own display shows it")
    func leadingZeros() throws {
        let file = try read(try SiteText.example.changing("192.168.0.4", to: "192.168.000.010"))
        #expect(file.meter.host == "192.168.0.10")
        #expect(file.site.meter.endpoint == "192.168.0.10:502")
    }

    @Test("names an IPv6 address and its port so that they can be told apart")
    func ipv6() throws {
        let file = try read(try SiteText.example.changing("192.168.0.4", to: "\"FD00:0:0::4\""))
        #expect(file.site.meter.endpoint == "[fd00::4]:502")
    }

    @Test("is read from a file, and names the file in its faults")
    func path() throws {
        let folder = try Folder()
        defer { folder.remove() }
        let catalogue = try ProfileCatalogue()
        let path = try folder.write(SiteText.example, to: "house.yaml")
        #expect(try SiteFile(path: path, catalogue: catalogue).name == "Example house")
        let missing = folder.path + "/nowhere.yaml"
        let error = try #require(throws: DocumentError.self) { try SiteFile(path: missing, catalogue: catalogue) }
        #expect(error.description.contains("nowhere.yaml") && error.description.contains("does not exist"))
    }
}

/// A change to the example that is reported and accepted.
struct Warning: Sendable, CustomTestStringConvertible {
    var old: String
    var new: String
    var line: Int
    var keyPath: String
    var parts: [String]

    init(_ old: String, _ new: String, line: Int, _ keyPath: String, _ parts: [String]) {
        self.old = old
        self.new = new
        self.line = line
        self.keyPath = keyPath
        self.parts = parts
    }

    var testDescription: String { new }
}

/// A folder that exists for the length of a test.
struct Folder {
    let path: String

    init() throws {
        let place = FileManager.default.temporaryDirectory.appending(path: "headroom-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
        path = place.path
    }

    func write(_ text: String, to name: String) throws -> String {
        let file = "\(path)/\(name)"
        try Data(text.utf8).write(to: URL(filePath: file))
        return file
    }

    /// A station whose last setpoint stays in force for ever.
    func writeStationWithoutFailSafe(id: String) throws {
        try FileManager.default.createDirectory(atPath: path + "/chargers", withIntermediateDirectories: true)
        let profile = """
            schema: 1
            kind: charger
            id: \(id)
            vendor: Example
            models: [Example]
            transport: Modbus TCP
            port: 502
            function: 3
            word_order: high_word_first
            units: { station: 200, sockets: [1, 2] }
            poll_period: 1
            setpoint: { address: 1210, type: f32, unit: A, resolution: 0.1, minimum: 6, pause: 0 }
            fail_safe: none
            socket:
              mode3: { address: 1201, registers: 5 }
            identification:
              - { name: maker, address: 117, registers: 5, begins_with: [Example] }
            confidence: low
            source: [none]
            """
        _ = try write(profile, to: "chargers/\(id).yaml")
    }

    func remove() { try? FileManager.default.removeItem(atPath: path) }
}
