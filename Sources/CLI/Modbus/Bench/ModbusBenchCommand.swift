// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Modbus
import ModbusNIO

/// The command `headroom modbus bench`.
struct ModbusBenchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench",
        abstract: "Load a Modbus TCP server and show how fast it answers.",
        discussion: """
            Reads the same registers again and again, with --depth requests under way on each of --connections \
            connections, and checks every answer: its form always, its values with --expect index, which wants register \
            i to hold i as `headroom modbus serve --registers 65536 --fill index` has it. Times are from a request to \
            its answer. Do this to devices of your own only: some meters do not bear it.

            Ends with 69 when the server cannot be reached, and 65 when an answer was wrong or missing.

              headroom modbus bench 127.0.0.1 --port 1502 --depth 16 --expect index
              headroom modbus bench 127.0.0.1 --port 1502 --connections 50 --registers 125 --seconds 10 --json
            """
    )

    /// What the answers must hold.
    enum Expectation: String, ExpressibleByArgument, CaseIterable {
        case any
        case index
    }

    @Argument(help: "The server's address or name.")
    var host: String

    @Option(help: "The server's TCP port.")
    var port = 502

    @Option(help: "The unit identifier; 255 is the addressed server itself.")
    var unit: UInt8 = 255

    @Option(help: "How many connections, 1 to 1000.")
    var connections = 1

    @Option(help: "How many requests are under way on each connection, 1 to 16.")
    var depth = 1

    @Option(help: "How many registers each request reads, 1 to 125.")
    var registers = 10

    @Option(help: "The first register, counted from 0.")
    var address = RegisterAddress(0)

    @Flag(help: "Read input registers (function 4) instead of holding registers (function 3).")
    var input = false

    @Option(help: "The values the registers must hold: any, or index (register i holds i).")
    var expect = Expectation.any

    @Option(help: "How long to measure, in seconds.")
    var seconds = 5.0

    @Option(help: "How long to run before measuring, in seconds.")
    var warmUp = 0.5

    @Option(help: "How long an answer may take, in seconds.")
    var timeout = 2.0

    @Flag(help: "Print one JSON object.")
    var json = false

    func validate() throws {
        try check("--port", port, in: 1...65_535)
        try check("--connections", connections, in: 1...1000)
        try check("--depth", depth, in: 1...ModbusClientConfiguration.inFlightLimit)
        try check("--registers", registers, in: 1...Limits.readRegisters)
        guard Int(address.value) + registers <= Limits.tableCount else {
            throw ValidationError("\(registers) registers from \(address.value) do not lie within 0 to 65535")
        }
        guard (0.1...86_400).contains(seconds) else {
            throw ValidationError("--seconds is 0.1 to 86400, not \(seconds)")
        }
        guard (0...60).contains(warmUp) else { throw ValidationError("--warm-up is 0 to 60 seconds, not \(warmUp)") }
        guard (0.01...60).contains(timeout) else {
            throw ValidationError("--timeout is 0.01 to 60 seconds, not \(timeout)")
        }
    }

    func run() async throws {
        var client = ModbusClientConfiguration(host: host, port: port)
        client.requestTimeout = .seconds(timeout)
        client.maximumInFlight = depth
        client.reconnectDelays = [.milliseconds(100)]
        let load = BenchLoad(
            client: client,
            connections: connections,
            request: input
                ? .readInputRegisters(address: address.value, count: UInt16(registers))
                : .readHoldingRegisters(address: address.value, count: UInt16(registers)),
            unit: unit,
            expected: expect == .index ? (0..<registers).map { address.value + UInt16($0) } : nil,
            warmUp: .seconds(warmUp),
            duration: .seconds(seconds)
        )
        let ending = await Ending()
        let result: BenchLoad.Result
        do {
            result = try await ending.after { try await load.run() }
        } catch let error as ModbusClientError {
            throw Console.fail("headroom: \(host):\(port): \(error)", error.exitCode)
        }
        let report = Report(result, of: self)
        if json { try Console.printJSON(report) } else { report.show() }
        guard report.wrong_answers == 0, report.failures.isEmpty else { throw ExitCode.badData }
    }

    private func check(_ name: String, _ value: Int, in range: ClosedRange<Int>) throws {
        guard range.contains(value) else {
            throw ValidationError("\(name) is \(range.lowerBound) to \(range.upperBound), not \(value)")
        }
    }
}

extension ModbusBenchCommand {
    /// The figures, with the names that scripts read.
    struct Report: Encodable {
        var connections: Int
        var depth: Int
        var registers: Int
        var seconds: Double
        var requests: Int
        var requests_per_second: Double
        var p50_us: Double?
        var p99_us: Double?
        var p999_us: Double?
        var wrong_answers: Int
        var failures: [String: Int]

        init(_ result: BenchLoad.Result, of command: ModbusBenchCommand) {
            connections = command.connections
            depth = command.depth
            registers = command.registers
            let elapsed = result.elapsed / .seconds(1)
            seconds = (elapsed * 1000).rounded() / 1000
            requests = result.latencies.count
            requests_per_second = elapsed > 0 ? (Double(result.latencies.count) / elapsed).rounded() : 0
            p50_us = result.latencies.microseconds(atShare: 0.5)
            p99_us = result.latencies.microseconds(atShare: 0.99)
            p999_us = result.latencies.microseconds(atShare: 0.999)
            wrong_answers = result.wrongAnswers
            failures = result.failures
        }

        /// Shows the figures to people.
        func show() {
            let time = { (value: Double?) in value.map { "\(($0 * 10).rounded() / 10) µs" } ?? "none" }
            Console.print("\(requests) answers in \(seconds) s: \(Int(requests_per_second)) a second")
            Console.print("half within \(time(p50_us)), 99 % within \(time(p99_us)), 99.9 % within \(time(p999_us))")
            if wrong_answers > 0 { Console.print("\(wrong_answers) answers with wrong values") }
            for (reason, count) in failures.sorted(by: { $0.key < $1.key }) { Console.print("\(count) × \(reason)") }
        }
    }
}
