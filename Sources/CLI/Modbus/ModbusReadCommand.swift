// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Modbus
import ModbusNIO

/// The command `headroom modbus read`.
struct ModbusReadCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "read",
        abstract: "Read registers and show them as they are, and as numbers; or coils and discrete inputs.",
        discussion: """
            More than 125 registers, or 2000 bits, are read with several requests. Ends with 69 when the device cannot be reached, 78 \
            when it refuses the request, and 65 when its answer makes no sense.

              headroom modbus read --host 192.168.0.4 --unit 5 50520 6 --type u32
              headroom modbus read --host 192.168.0.20 --unit 1 1206 --type f32 --watch
              headroom modbus read --host 192.168.0.9 --port 1502 --input 0x0 --json
              headroom modbus read --host 192.168.0.9 --coils 0 16
              headroom modbus read --serial /dev/ttyUSB0 --baud 9600 --unit 3 0 2
            """
    )

    private static let watchPeriod = Duration.seconds(1)
    private static let clearScreen = "\u{1B}[H\u{1B}[2J"

    @OptionGroup var device: DeviceOptions

    @Flag(help: "What is read; holding registers when left out.")
    var table = ModbusTable.holding

    @Argument(help: "The first register or bit, counted from 0, decimal or 0x hexadecimal.")
    var address: RegisterAddress

    @Argument(help: "How many registers, also for longer types, or bits; those of one number when left out.")
    var count: Int?

    @OptionGroup var numbers: NumberOptions

    @Flag(help: "Read again each second until ctrl-C.")
    var watch = false

    @Flag(help: "Print one JSON object, with --watch one for each reading.")
    var json = false

    /// What a reading is shown as.
    private enum Row {
        case registers(RegisterRow)
        case bits(BitRow)
    }

    private var itemCount: Int { count ?? numbers.type?.registerCount ?? 1 }

    func validate() throws {
        let items = table.holdsBits ? "bits" : "registers"
        guard itemCount >= 1, Int(address.value) + itemCount <= Limits.tableCount else {
            throw ValidationError("\(itemCount) \(items) from \(address.value) do not lie within 0 to 65535")
        }
        guard let type = numbers.type else { return }
        guard !table.holdsBits else { throw ValidationError("--type is for registers; bits are 0 or 1") }
        guard itemCount % type.registerCount == 0 else {
            throw ValidationError(
                "\(itemCount) registers do not hold whole numbers of type \(type.rawValue); each takes "
                    + "\(type.registerCount) registers"
            )
        }
    }

    func run() async throws {
        let client = try device.client()
        if watch {
            let ending = await Ending()
            try await ending.after { try await repeatedly(client) }
            return await client.close()
        }
        let row: Row
        do throws(ModbusClientError) {
            row = try await Progress.telling("waiting for \(device.place)") { () throws(ModbusClientError) in
                try await read(client)
            }
        } catch {
            await client.close()
            throw Console.fail("headroom: \(device.place): \(error)", error.exitCode)
        }
        await client.close()
        try show(row)
    }

    private func repeatedly(_ client: ModbusClient) async throws {
        var next = ContinuousClock.now
        while !Task.isCancelled, Console.hasReader {
            switch await result(client) {
            case .success(let row):
                if Console.isTerminal, !json { Console.printPart(ModbusReadCommand.clearScreen) }
                try show(row)
                if !Console.isTerminal, !json { Console.print("") }
            case .failure(let error):
                // Ctrl-C ends a request that is under way, which is not the device's fault.
                if !Task.isCancelled { Console.talk("\(device.place): \(error)") }
            }
            next = max(next + ModbusReadCommand.watchPeriod, .now)
            // Throws only when the task is cancelled, which the loop sees.
            try? await Task.sleep(until: next)
        }
    }

    private func result(_ client: ModbusClient) async -> Result<Row, ModbusClientError> {
        do {
            return .success(try await read(client))
        } catch {
            return .failure(error)
        }
    }

    private func read(_ client: ModbusClient) async throws(ModbusClientError) -> Row {
        let unit = device.addressedUnit
        if table.holdsBits {
            let bits = try await ModbusTable.read(address.value, count: itemCount, most: Limits.readBits) {
                (start, count) throws(ModbusClientError) in
                table == .coils
                    ? try await client.readCoils(address: start, count: count, unit: unit)
                    : try await client.readDiscreteInputs(address: start, count: count, unit: unit)
            }
            return .bits(BitRow(unit: unit, table: table, address: address.value, bits: bits))
        }
        // A number never comes from two requests, between which it could change.
        let size = numbers.type?.registerCount ?? 1
        let most = Limits.readRegisters / size * size
        let registers = try await ModbusTable.read(address.value, count: itemCount, most: most) {
            (start, count) throws(ModbusClientError) in
            table == .holding
                ? try await client.readHoldingRegisters(address: start, count: count, unit: unit)
                : try await client.readInputRegisters(address: start, count: count, unit: unit)
        }
        return .registers(
            RegisterRow(unit: unit, table: table, address: address.value, registers: registers, numbers: numbers)
        )
    }

    private func show(_ row: Row) throws {
        switch row {
        case .registers(let row): try Console.show(row, row.lines, json: json)
        case .bits(let row): try Console.show(row, row.lines, json: json)
        }
    }
}

extension Console {
    /// Prints something as JSON or in lines.
    static func show(_ value: some Encodable, _ lines: [String], json: Bool) throws {
        if json { return try printJSON(value) }
        for line in lines { print(line) }
    }
}
