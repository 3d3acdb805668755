// SPDX-License-Identifier: Apache-2.0
import ArgumentParser

/// The command `headroom station …`.
struct StationCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "station",
        abstract: "Look at charging stations, tell one what it may draw, and play one.",
        discussion: """
              headroom station list
              headroom station read --host 192.168.0.20
              headroom station set --host 192.168.0.20 --unit 1 10
              headroom station simulate --car 3x16
            """,
        subcommands: [
            StationListCommand.self, StationShowCommand.self, StationReadCommand.self, StationSetCommand.self,
            StationSimulateCommand.self,
        ]
    )
}
