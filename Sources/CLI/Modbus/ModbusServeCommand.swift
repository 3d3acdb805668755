// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Documents
import Glibc
import Modbus
import ModbusNIO
import ModbusSerial
import ModbusTLS

/// The command `headroom modbus serve`.
struct ModbusServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Serve register tables over Modbus TCP, or on a serial line, until stopped.",
        discussion: """
            The file is YAML or JSON and holds addresses with one value or a list of values for the registers from there \
            on; holding registers may be written unless they are read-only:

              holding: { 100: 7, 0x200: [1, 2, -3] }
              input: { 0: [10, 11, 12] }
              coils: { 0: [1, 0, 1] }
              discrete_inputs: { 0: 1 }
              identification: { vendor: Acme, product_code: M1, revision: "1.0" }
              read_only: [[0x200, 0x202]]
              unit: 1

            Prints the port it listens on, or the serial port. The functions on the tables that exist are served, and 43 with an \
            identification. Ends with 65 when the file is wrong.

              headroom modbus serve --port 1502 registers.yaml
              headroom modbus serve --port 0 --registers 1000 --fill index --log-requests
              headroom modbus serve --serial /dev/ttyUSB0 --baud 9600 --unit 3 registers.yaml
              headroom modbus serve --tls --ca ca.pem --certificate server.pem --key server.key --roles roles.yaml \
                registers.yaml
            """
    )

    /// What the registers of `--registers` hold.
    enum Fill: String, ExpressibleByArgument, CaseIterable {
        case index
        case zero
    }

    @Option(help: "The TCP port, 1502 or with --tls 802 when left out; 0 picks a free one.")
    var port: Int?

    @Option(help: "The unit to be; requests to others get no answer. All units when neither this nor the file says it.")
    var unit: UInt8?

    @Option(help: "How many items each table has, from 0 on; the file's are put over them.")
    var registers: Int?

    @Option(help: "What those hold: index (register i holds i, bit i whether i is odd) or zero.")
    var fill = Fill.zero

    @Flag(help: "Say each request on standard error.")
    var logRequests = false

    @Argument(help: "The file with the registers.", completion: .file(extensions: ["yaml", "yml", "json"]))
    var file: String?

    @Flag(help: "Serve frames of the serial line in TCP connections, as gateways in transparent mode do.")
    var rtuOverTCP = false

    @OptionGroup var listen: ListenOptions

    @OptionGroup(title: "Serial line") var line: SerialOptions

    @OptionGroup(title: "Security") var files: SecurityOptions

    @Option(
        help: "With --tls: the file that says which role may do what; every certificate may do everything without it.",
        completion: .file(extensions: ["yaml", "yml", "json"])
    )
    var roles: String?

    private var usedPort: Int { port ?? (files.tls ? ModbusTLS.usualPort : 1502) }

    func validate() throws {
        try checkServerPort(usedPort)
        let ways = [
            ("--serial", line.serial != nil), ("--rtu-over-tcp", rtuOverTCP), ("--tls", files.tls),
        ].filter(\.1).map(\.0)
        guard ways.count < 2 else { throw ValidationError("\(ways[0]) and \(ways[1]) exclude each other") }
        guard line.serial == nil || port == nil else { throw ValidationError("--serial and --port exclude each other") }
        guard files.tls || roles == nil else { throw ValidationError("--roles goes with --tls") }
        guard file != nil || registers != nil else {
            throw ValidationError("nothing to serve; name a file or write --registers 100")
        }
        if let registers, !(1...Limits.tableCount).contains(registers) {
            throw ValidationError("--registers is 1 to \(Limits.tableCount), not \(registers)")
        }
    }

    func run() async throws {
        let content = try content()
        let unit = unit ?? content.unit
        let tables = content.tables
        let model = unit.map { ModelResponder(units: [$0: tables], direct: nil) } ?? ModelResponder(tables)
        let responder: any ModbusResponder = logRequests ? RequestLog(responder: model) : model
        if let port = line.configuration { return try await serve(responder, on: port, unit: unit) }
        var configuration = ModbusServerConfiguration(port: usedPort)
        if rtuOverTCP {
            configuration.framing = .rtuOverTCP
            configuration.rtuOverTCP.broadcastUnits = unit.map { [$0] } ?? []
        }
        try await listen.serve(
            configuration,
            responder,
            security: try security(),
            unit: unit,
            name: unit.map { "a \(kind), unit \($0)," } ?? "a \(kind), any unit,",
            life: ModbusServeCommand.live
        )
    }

    private func serve(_ responder: any ModbusResponder, on port: SerialConfiguration, unit: UInt8?) async throws {
        // All units at once would answer for the other devices on the line.
        guard let unit, RTUServerConfiguration.unitRange.contains(unit) else {
            throw ValidationError("a device on a serial line has one unit, 1 to 247; write --unit 1")
        }
        let configuration = RTUServerConfiguration(port: port, units: [unit], framing: line.framing)
        try await listen.serve(
            configuration,
            responder,
            name: "a \(kind), unit \(unit),",
            life: ModbusServeCommand.live
        )
    }

    /// The server lives by itself; this ends when it is time to end.
    @Sendable private static func live() async {
        while !Task.isCancelled { try? await Task.sleep(for: .seconds(3600)) }
    }

    private var kind: String {
        if line.serial != nil { return "Modbus \(line.ascii ? "ASCII" : "RTU") server" }
        return rtuOverTCP ? "server of RTU over TCP" : files.tls ? "Modbus server with TLS" : "Modbus server"
    }

    private func security() throws -> ListenOptions.Security? {
        guard let (identity, trust) = try files.material() else { return nil }
        var security = ListenOptions.Security(options: TLSServerOptions(identity: identity, trust: trust))
        if let roles {
            security.rules = try read(roles) { document throws(DocumentError) in try RoleFile(document).rules }
        }
        return security
    }

    private func content() throws -> (tables: RegisterTables, unit: UInt8?) {
        var base = RegisterTables()
        if let registers {
            let values = (0..<registers).map { fill == .index ? UInt16($0) : 0 }
            base.holding.set(values, at: 0)
            base.input.set(values, at: 0)
            let bits = (0..<registers).map { fill == .index && $0 % 2 == 1 }
            base.coils.set(bits, at: 0)
            base.discreteInputs.set(bits, at: 0)
        }
        guard let file else { return (base, nil) }
        let read = try read(file) { document throws(DocumentError) in try RegisterFile(document, over: base) }
        return (read.tables, read.unit)
    }

    /// Reads a file, or talks about every fault of it and ends the command.
    private func read<Contents>(
        _ file: String,
        as contents: (Document) throws(DocumentError) -> Contents
    ) throws -> Contents {
        guard unsafe access(file, R_OK) == 0 else {
            throw Console.fail("headroom: \(file) does not exist or may not be read", .inputOutput)
        }
        do throws(DocumentError) {
            return try contents(try Document(path: file))
        } catch {
            for fault in error.faults { Console.talk("\(fault)") }
            throw Console.fail("headroom: \(file) cannot be used: \(error.faults.count) to mend", .badData)
        }
    }
}
