// SPDX-License-Identifier: Apache-2.0
import ArgumentParser

/// The command `headroom`.
@main
struct Headroom: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "headroom",
        abstract: "Keeps a building under its fuse while electric cars charge as fast as the connection allows.",
        discussion: """
            Try it without any hardware:

              headroom demo --seconds 60

            Check a site file and run it:

              headroom check site.yaml
              headroom run site.yaml

            Play scenarios against the balancer:

              headroom simulate Scenarios/scenarios/*.json

            Exit codes: 0 done, 64 usage, 65 bad input data, 69 device unreachable, 74 input/output, 78 configuration \
            refused.
            """,
        version: "0.1.0",
        subcommands: [
            DemoCommand.self, RunCommand.self, CheckCommand.self, AllocateCommand.self, MeterCommand.self,
            StationCommand.self, ModbusCommand.self, SimulateCommand.self,
        ]
    )
}
