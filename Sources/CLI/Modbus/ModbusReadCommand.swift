// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Modbus
import ModbusNIO

/// The command `headroom modbus read`.
struct ModbusReadCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "read",
        abstract: "Read registers and show them as they are, and as numbers.",
        discussion: """
            More than 125 registers are read with several requests. Ends with 69 when the device cannot be reached, 78 \
            when it refuses the request, and 65 when its answer makes no sense.

              headroom modbus read --host 192.168.0.4 --unit 5 50520 6 --type u32
              headroom modbus read --host 192.168.0.20 --unit 1 1206 --type f32 --watch
              headroom modbus read --host 192.168.0.9 --port 1502 --input 0x0 --json
            """
    )

    private static let watchPeriod = Duration.seconds(1)
    private static let clearScreen = "\u{1B}[H\u{1B}[2J"

    @OptionGroup var endpoint: EndpointOptions

    @OptionGroup(title: "Security") var security: ClientSecurityOptions

    @Option(help: "The unit identifier; 255 is the addressed device itself.")
    var unit: UInt8 = 255

    @Flag(help: "Read input registers (function 4) instead of holding registers (function 3).")
    var input = false

    @Argument(help: "The first register, counted from 0, decimal or 0x hexadecimal.")
    var address: RegisterAddress

    @Argument(help: "How many registers, also for longer types; those of one number when left out.")
    var count: Int?

    @OptionGroup var numbers: NumberOptions

    @Flag(help: "Read again each second until ctrl-C.")
    var watch = false

    @Flag(help: "Print one JSON object, with --watch one for each reading.")
    var json = false

    private var registerCount: Int { count ?? numbers.type?.registerCount ?? 1 }

    func validate() throws {
        guard registerCount >= 1, Int(address.value) + registerCount <= Limits.tableCount else {
            throw ValidationError("\(registerCount) registers from \(address.value) do not lie within 0 to 65535")
        }
        if let type = numbers.type, registerCount % type.registerCount != 0 {
            throw ValidationError(
                "\(registerCount) registers do not hold whole numbers of type \(type.rawValue); each takes "
                    + "\(type.registerCount) registers"
            )
        }
    }

    func run() async throws {
        let client = try security.client(endpoint)
        if watch {
            let ending = await Ending()
            try await ending.after { try await repeatedly(client) }
            return await client.close()
        }
        let row: RegisterRow
        do throws(ModbusClientError) {
            row = try await Progress.telling("waiting for \(place)") { () throws(ModbusClientError) in
                try await read(client)
            }
        } catch {
            await client.close()
            throw Console.fail("headroom: \(place): \(error)", error.exitCode)
        }
        await client.close()
        try show(row)
    }

    private var place: String { "unit \(unit) at \(endpoint.place(usualPort: security.usualPort))" }

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
                if !Task.isCancelled { Console.talk("\(place): \(error)") }
            }
            next = max(next + ModbusReadCommand.watchPeriod, .now)
            // Throws only when the task is cancelled, which the loop sees.
            try? await Task.sleep(until: next)
        }
    }

    private func result(_ client: ModbusClient) async -> Result<RegisterRow, ModbusClientError> {
        do {
            return .success(try await read(client))
        } catch {
            return .failure(error)
        }
    }

    private func read(_ client: ModbusClient) async throws(ModbusClientError) -> RegisterRow {
        var registers: [UInt16] = []
        // A number never comes from two requests, between which it could change.
        let size = numbers.type?.registerCount ?? 1
        let most = Limits.readRegisters / size * size
        while registers.count < registerCount {
            let start = UInt16(Int(address.value) + registers.count)
            let count = min(most, registerCount - registers.count)
            registers +=
                input
                ? try await client.readInputRegisters(address: start, count: count, unit: unit)
                : try await client.readHoldingRegisters(address: start, count: count, unit: unit)
        }
        return RegisterRow(
            unit: unit,
            table: input ? "input" : "holding",
            address: address.value,
            registers: registers,
            numbers: numbers
        )
    }

    private func show(_ row: RegisterRow) throws {
        if json { return try Console.printJSON(row) }
        for line in row.lines { Console.print(line) }
    }
}
