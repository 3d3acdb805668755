// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Daemon
import Devices
import Documents

/// Where device profiles are found.
struct ProfileOptions: ParsableArguments {
    @Option(
        help:
            "A folder with device profiles of your own (meters/*.yaml, chargers/*.yaml), used before the shipped ones."
    )
    var profiles: String?

    /// The catalogue of profiles.
    func catalogue() throws -> ProfileCatalogue {
        do {
            return try ProfileCatalogue(folder: profiles)
        } catch {
            throw Console.fail("headroom: \(error)", .inputOutput)
        }
    }
}

/// A site file and the profiles it names.
struct SiteOptions: ParsableArguments {
    @Argument(help: "The site file.", completion: .file(extensions: ["yaml", "yml"]))
    var site: String

    @OptionGroup var profiles: ProfileOptions

    /// Reads the file, or tells everything that is wrong with it and ends with 78.
    func read() throws -> SiteFile {
        let catalogue = try profiles.catalogue()
        do {
            return try SiteFile(path: site, catalogue: catalogue)
        } catch {
            for fault in error.faults { Console.talk("\(fault)") }
            throw Console.fail("headroom: \(site) is refused: \(error.faults.count) to mend", .refused)
        }
    }
}
