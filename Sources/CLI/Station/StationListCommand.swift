// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Devices

/// The command `headroom station list`.
struct StationListCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List the charging stations that have a profile.",
        discussion: """
              headroom station list
              headroom station list --profiles ./my-profiles --json
            """
    )

    @OptionGroup var profiles: ProfileOptions

    @Flag(help: "Print one JSON array.")
    var json = false

    func run() throws {
        let catalogue = try profiles.catalogue()
        let listing = ProfileListing(catalogue.chargerNames) { name throws(ProfileError) in
            try catalogue.charger(name).header
        }
        try listing.print(json: json)
    }
}
