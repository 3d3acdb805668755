// SPDX-License-Identifier: Apache-2.0
import Daemon
import Devices
import Documents
import Testing

/// Site files to read in tests.
enum SiteText {
    /// A correct one: one station with two sockets, the second wired one phase further.
    static let example = """
        site: { name: Example house, installation_max_current: 25 }
        meter: { profile: socomec-countis-e27, host: 192.168.0.4, unit: 5 }
        safe_current: 12
        stations:
          - id: carport
            profile: alfen-ng9xx
            host: 192.168.0.20
            max_current: 32
            sockets:
              - { id: carport-1, unit: 1, max_current: 16, phases: L1L2L3 }
              - { id: carport-2, unit: 2, max_current: 16, phases: L2L3L1 }
        """

    /// A second station and two circuits, one below the other.
    static let garage = """
        site: { name: Garage, installation_max_current: [63, 63, 50], fuse: 63, charging_max_current: 40 }
        meter: { profile: socomec-countis-e27, host: 192.168.0.4 }
        safe_current: 24
        charging: { margin: 0.6, alternating_period: 600 }
        circuits:
          - { id: cellar, limit: 40, other_load: [2, 0, 0] }
          - { id: garage, parent: cellar, limit: 32 }
        stations:
          - id: left
            profile: alfen-ng9xx
            host: 192.168.0.20
            max_current: 32
            circuit: garage
            sockets: [{ max_current: 16 }, { max_current: 16, phases: unknown }]
          - id: right
            profile: alfen-ng9xx
            host: 192.168.0.21
            max_current: 16
            circuit: cellar
            sockets: [{ id: right-one, phases: L3L1L2, safe_current: 0 }]
        """

    /// The same with a share that somebody chose, behind a small circuit.
    static let chosenShare = """
        site: { name: Garage, installation_max_current: 63 }
        meter: { profile: socomec-countis-e27, host: 192.168.0.4 }
        safe_current: 24
        circuits:
          - { id: cellar, limit: 40, other_load: [2, 0, 0] }
          - { id: garage, parent: cellar, limit: 16 }
        stations:
          - id: left
            profile: alfen-ng9xx
            host: 192.168.0.20
            max_current: 16
            circuit: garage
            sockets: [{ safe_current: 6 }, {}]
        """
}

/// Reads a text with the shipped profiles.
func read(_ text: String, _ catalogue: ProfileCatalogue? = nil) throws -> SiteFile {
    try SiteFile(text: text, file: "site.yaml", catalogue: catalogue ?? ProfileCatalogue())
}

/// The faults of a text that must be refused.
func faults(of text: String, _ catalogue: ProfileCatalogue? = nil) throws -> [Fault] {
    let error = try #require(throws: DocumentError.self) { try read(text, catalogue) }
    return error.faults
}

extension String {
    /// The text with one place changed, which must be there.
    func changing(_ old: String, to new: String) throws -> String {
        var text = self
        let range = try #require(text.firstRange(of: old), "\"\(old)\" is not in the text")
        text.replaceSubrange(range, with: new)
        return text
    }
}
