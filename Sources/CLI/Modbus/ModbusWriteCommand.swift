// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Modbus
import ModbusNIO

/// The command `headroom modbus write`.
struct ModbusWriteCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "write",
        abstract: "Write holding registers, and show what was written.",
        discussion: """
            One register is written with function 6, several with one request of function 16. Ends with 69 when the \
            device cannot be reached and 78 when it refuses the request.

              headroom modbus write --host 192.168.0.9 100 1 2 3
              headroom modbus write --host 192.168.0.20 --unit 1 1210 10.5 --type f32
              headroom modbus write --host 192.168.0.9 0x10 -5 --type s32 --order low
            """
    )

    @OptionGroup var endpoint: EndpointOptions

    @OptionGroup(title: "Security") var security: ClientSecurityOptions

    @Option(help: "The unit identifier; 255 is the addressed device itself.")
    var unit: UInt8 = 255

    @OptionGroup var numbers: NumberOptions

    @Flag(help: "Print one JSON object.")
    var json = false

    @Argument(help: "The first register, counted from 0, decimal or 0x hexadecimal.")
    var address: RegisterAddress

    @Argument(
        parsing: .allUnrecognized,
        help: "The values: -32768 to 65535, decimal or 0x hexadecimal, or numbers of the --type."
    )
    var values: [String] = []

    func validate() throws { _ = try registers }

    func run() async throws {
        let registers = try registers
        let client = try security.client(endpoint)
        let place = "unit \(unit) at \(endpoint.place(usualPort: security.usualPort))"
        do throws(ModbusClientError) {
            try await Progress.telling("waiting for \(place)") { () throws(ModbusClientError) in
                if registers.count == 1 {
                    try await client.writeSingleRegister(address: address.value, value: registers[0], unit: unit)
                } else {
                    try await client.writeMultipleRegisters(address: address.value, values: registers, unit: unit)
                }
            }
        } catch {
            await client.close()
            throw Console.fail("headroom: \(place): \(error)", error.exitCode)
        }
        await client.close()
        try show(registers)
    }

    private func show(_ registers: [UInt16]) throws {
        let function = registers.count == 1 ? FunctionCode.writeSingleRegister : .writeMultipleRegisters
        var row = RegisterRow(
            unit: unit,
            table: "holding",
            address: address.value,
            registers: registers,
            numbers: numbers
        )
        row.function = Int(function.rawValue)
        if json { return try Console.printJSON(row) }
        Console.print("written with function \(function.rawValue):")
        for line in row.lines { Console.print(line) }
    }

    // MARK: Values

    private var registers: [UInt16] {
        get throws {
            guard !values.isEmpty else { throw ValidationError("no value; write one or more behind the address") }
            // Negative numbers look like options, so options that do not exist arrive here.
            if let option = values.first(where: { $0.hasPrefix("--") }) {
                throw ValidationError("Unknown option '\(option)'")
            }
            let registers = try values.flatMap(words)
            guard registers.count <= Limits.writeRegisters else {
                throw ValidationError(
                    "\(registers.count) registers do not fit one request; write at most \(Limits.writeRegisters)"
                )
            }
            guard Int(address.value) + registers.count <= Limits.tableCount else {
                throw ValidationError("\(registers.count) registers from \(address.value) reach beyond 65535")
            }
            return registers
        }
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
