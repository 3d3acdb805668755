// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Devices

/// The command `headroom meter list`.
struct MeterListCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List the meters that have a profile.",
        discussion: """
              headroom meter list
              headroom meter list --profiles ./my-profiles --json
            """
    )

    @OptionGroup var profiles: ProfileOptions

    @Flag(help: "Print one JSON array.")
    var json = false

    func run() throws {
        let catalogue = try profiles.catalogue()
        let listing = ProfileListing(catalogue.meterNames) { name throws(ProfileError) in
            try catalogue.meter(name).header
        }
        try listing.print(json: json)
    }
}
