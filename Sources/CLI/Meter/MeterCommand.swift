// SPDX-License-Identifier: Apache-2.0
import ArgumentParser

/// The command `headroom meter …`.
struct MeterCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "meter",
        abstract: "Look at energy meters, and play one.",
        discussion: """
              headroom meter list
              headroom meter read --profile socomec-countis-e27 --host 192.168.0.4
              headroom meter simulate --profile socomec-countis-e27 --currents 6,7.5,-3
            """,
        subcommands: [
            MeterListCommand.self, MeterShowCommand.self, MeterReadCommand.self, MeterWatchCommand.self,
            MeterSimulateCommand.self,
        ]
    )
}
