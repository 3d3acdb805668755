// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Modbus
import ModbusNIO

/// The command `headroom modbus write`.
struct ModbusWriteCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "write",
        abstract: "Write holding registers or coils, and show what was written.",
        discussion: """
            One register is written with function 6, several with one request of function 16; one coil with function \
            5, several with 15. With --unit 0 on a serial line all devices carry it out, and none answers. Ends with 69 \
            when the device cannot be reached and 78 when it refuses the request.

              headroom modbus write --host 192.168.0.9 100 1 2 3
              headroom modbus write --host 192.168.0.20 --unit 1 1210 10.5 --type f32
              headroom modbus write --host 192.168.0.9 0x10 -5 --type s32 --order low
              headroom modbus write --host 192.168.0.9 --coils 10 1 0 1
              headroom modbus write --serial /dev/ttyUSB0 --baud 9600 --unit 3 100 7
            """
    )

    @OptionGroup var device: DeviceOptions

    @Flag(help: "Write coils instead of holding registers; the values are 0 or 1.")
    var coils = false

    @OptionGroup var numbers: NumberOptions

    @Flag(help: "Print one JSON object.")
    var json = false

    @Argument(help: "The first register or coil, counted from 0, decimal or 0x hexadecimal.")
    var address: RegisterAddress

    @Argument(
        parsing: .allUnrecognized,
        help: "The values: -32768 to 65535, decimal or 0x hexadecimal, or numbers of the --type."
    )
    var values: [String] = []

    /// What is written.
    private enum Content {
        case registers([UInt16])
        case coils([Bool])
    }

    func validate() throws { _ = try content }

    func run() async throws {
        let content = try content
        let client = try device.client()
        do throws(ModbusClientError) {
            try await Progress.telling("waiting for \(device.place)") { () throws(ModbusClientError) in
                try await write(content, client)
            }
        } catch {
            await client.close()
            throw Console.fail("headroom: \(device.place): \(error)", error.exitCode)
        }
        await client.close()
        try show(content)
    }

    private func write(_ content: Content, _ client: ModbusClient) async throws(ModbusClientError) {
        let (address, unit) = (address.value, device.addressedUnit)
        switch content {
        case .registers(let values) where values.count == 1:
            try await client.writeSingleRegister(address: address, value: values[0], unit: unit)
        case .registers(let values):
            try await client.writeMultipleRegisters(address: address, values: values, unit: unit)
        case .coils(let values) where values.count == 1:
            try await client.writeSingleCoil(address: address, value: values[0], unit: unit)
        case .coils(let values):
            try await client.writeMultipleCoils(address: address, values: values, unit: unit)
        }
    }

    private func show(_ content: Content) throws {
        let (address, unit) = (address.value, device.addressedUnit)
        switch content {
        case .registers(let values):
            var row = RegisterRow(unit: unit, table: .holding, address: address, registers: values, numbers: numbers)
            let function = values.count == 1 ? FunctionCode.writeSingleRegister : .writeMultipleRegisters
            row.function = Int(function.rawValue)
            try Console.show(row, ["written with function \(function.rawValue):"] + row.lines, json: json)
        case .coils(let values):
            var row = BitRow(unit: unit, table: .coils, address: address, bits: values)
            let function = values.count == 1 ? FunctionCode.writeSingleCoil : .writeMultipleCoils
            row.function = Int(function.rawValue)
            try Console.show(row, ["written with function \(function.rawValue):"] + row.lines, json: json)
        }
    }

    // MARK: Values

    private var content: Content {
        get throws {
            guard !values.isEmpty else { throw ValidationError("no value; write one or more behind the address") }
            // Negative numbers look like options, so options that do not exist arrive here.
            if let option = values.first(where: { $0.hasPrefix("--") }) {
                throw ValidationError("Unknown option '\(option)'")
            }
            guard coils else {
                let registers = try values.flatMap(words)
                try check(registers.count, "registers", most: Limits.writeRegisters)
                return .registers(registers)
            }
            guard numbers.type == nil else { throw ValidationError("--type is for registers; coils are 0 or 1") }
            try check(values.count, "coils", most: Limits.writeBits)
            return .coils(try values.map(bit))
        }
    }

    private func check(_ count: Int, _ items: String, most: Int) throws {
        guard count <= most else {
            throw ValidationError("\(count) \(items) do not fit one request; write at most \(most)")
        }
        guard Int(address.value) + count <= Limits.tableCount else {
            throw ValidationError("\(count) \(items) from \(address.value) reach beyond 65535")
        }
    }

    private func bit(_ text: String) throws -> Bool {
        guard text == "0" || text == "1" else { throw ValidationError("\(text) is no coil's value; write 0 or 1") }
        return text == "1"
    }

    private func words(_ text: String) throws -> [UInt16] {
        guard let type = numbers.type else {
            let number = RegisterAddress.wholeNumber(text)
            guard let number, (-32_768...65_535).contains(number) else {
                throw ValidationError("\(text) does not fit a register; write -32768 to 65535, or choose a --type")
            }
            return [UInt16(truncatingIfNeeded: number)]
        }
        guard let number = ModbusWriteCommand.number(text, type),
            let words = type.encode(number, order: numbers.byteOrder)
        else { throw ValidationError("\(text) does not fit the type \(type.rawValue)") }
        return words
    }

    /// A number of a type, with all its digits.
    private static func number(_ text: String, _ type: RegisterType) -> RegisterNumber? {
        switch type.kind {
        case .unsigned:
            let isHexadecimal = text.lowercased().hasPrefix("0x")
            guard text.first?.isHexDigit == true else { return nil }
            return UInt64(isHexadecimal ? text.dropFirst(2) : text[...], radix: isHexadecimal ? 16 : 10)
                .map(RegisterNumber.unsigned)
        case .signed:
            return Int64(text).map(RegisterNumber.signed)
        case .float:
            return Double(decimal: text).map(RegisterNumber.float)
        }
    }
}
