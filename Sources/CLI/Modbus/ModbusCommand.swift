// SPDX-License-Identifier: Apache-2.0
import ArgumentParser

/// The command `headroom modbus …`.
struct ModbusCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "modbus",
        abstract: "Read, write, find, serve, share and measure Modbus devices.",
        discussion: """
            Addresses count from 0, as on the wire, decimal or hexadecimal: 50520 or 0xC558.

              headroom modbus read --host 192.168.0.4 --unit 5 0xC558 6 --type u32
              headroom modbus write --host 192.168.0.20 --unit 1 1210 10 --type f32
              headroom modbus serve --port 1502 registers.yaml
            """,
        subcommands: [
            ModbusReadCommand.self, ModbusWriteCommand.self, ModbusScanCommand.self, ModbusServeCommand.self,
            ModbusBenchCommand.self, ModbusProxyCommand.self,
        ]
    )
}
