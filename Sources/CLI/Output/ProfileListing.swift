// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Devices

/// The table of all profiles of a kind; a profile that is wrong is told about and left out.
struct ProfileListing {
    private struct Row: Encodable {
        var name: String
        var vendor: String
        var models: [String]
        var transport: String?
        var confidence: String
    }

    private var rows: [Row] = []
    private var hasFaults = false

    /// Reads all profiles of some names.
    init(_ names: [String], read: (String) throws(ProfileError) -> ProfileHeader) {
        for name in names {
            do {
                let header = try read(name)
                rows.append(
                    Row(
                        name: header.id,
                        vendor: header.vendor,
                        models: header.models,
                        transport: header.transport,
                        confidence: header.confidence.rawValue
                    )
                )
            } catch {
                hasFaults = true
                Console.talk("headroom: \(error)")
            }
        }
    }

    /// Prints the table, or one JSON array; ends with 65 when a profile was wrong.
    func print(json: Bool) throws {
        if json {
            try Console.printJSON(rows)
        } else {
            for line in table { Console.print(line) }
        }
        if hasFaults { throw ExitCode.badData }
    }

    private var table: [String] {
        var table = TextTable([
            ("name", .left), ("vendor", .left), ("models", .left), ("confidence", .left), ("transport", .left),
        ])
        for row in rows {
            table.add([
                row.name, row.vendor, row.models.joined(separator: ", "), row.confidence, row.transport ?? "Modbus TCP",
            ])
        }
        return table.lines
    }
}
