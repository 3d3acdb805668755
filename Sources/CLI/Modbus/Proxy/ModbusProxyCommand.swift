// SPDX-License-Identifier: Apache-2.0
public import ArgumentParser
import Modbus
public import ModbusGateway
import ModbusNIO
import ModbusSerial

extension GatewayConfiguration.UnitZero: ExpressibleByArgument {}

/// The command `headroom modbus proxy`.
struct ModbusProxyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "proxy",
        abstract: "Let many Modbus TCP clients share one device, or the devices on a serial line.",
        discussion: """
            Many meters and stations take a single connection. The proxy keeps that one, and serves any number of \
            clients in turn: reads of the same registers become one request, and with --cache an answer is given again \
            while it is fresh. A write makes the answers of its unit old, and no read is answered from before it.

            With --serial or --rtu-over-tcp it is a gateway: it chooses the device by the unit of the request. A unit it does not serve \
            gets exception 10 (0x0A), a device that does not answer exception 11 (0x0B).

              headroom modbus proxy --port 1502 192.168.0.4
              headroom modbus proxy --port 1502 --cache 0.5 192.168.0.20:502
              headroom modbus proxy --port 502 --host 0.0.0.0 --serial /dev/ttyUSB0 --baud 9600 --units 1-8
            """
    )

    @Argument(help: "The device's address or name, with its port when that is not 502.")
    var device: String?

    @Flag(help: "The device is a gateway in transparent mode: it gets frames of the serial line in a TCP connection.")
    var rtuOverTCP = false

    @OptionGroup(title: "Serial line") var line: SerialOptions

    @Option(help: "The TCP port to listen on; 0 picks a free one.")
    var port = 1502

    @Option(help: "The units that are asked, such as 1-10,20; all, or 1-247 on a serial line, when left out.")
    var units: UnitList?

    @Option(help: "How old an answer may be to be given again, in seconds; 0 asks the device each time.")
    var cache = 0.0

    @Option(help: "How many requests the device may have at once, 1 to 16; 1 on a serial line.")
    var depth = 1

    @Option(help: "How long the device may take to answer, in seconds.")
    var timeout = 1.0

    @Flag(name: .customLong("no-merge"), help: "Send each request as it is.")
    var sendsEachRequest = false

    @Option(
        help: """
            Requests for unit 0: local (refused), forward (sent on, usual for a single device), or broadcast (writes to \
            all devices on the line); forward or local when left out.
            """
    )
    var unitZero: GatewayConfiguration.UnitZero?

    @OptionGroup var listen: ListenOptions

    func validate() throws {
        try checkServerPort(port)
        guard (device == nil) != (line.serial == nil) else {
            throw ValidationError("name either the device's address or a --serial port")
        }
        guard line.serial == nil || !rtuOverTCP else {
            throw ValidationError("--serial and --rtu-over-tcp exclude each other")
        }
        if let device, place(of: device) == nil {
            throw ValidationError("\(device) is no address with a port; write 192.168.0.4 or 192.168.0.4:1502")
        }
        guard (0...3600).contains(cache) else { throw ValidationError("--cache is 0 to 3600 seconds, not \(cache)") }
        guard (0.01...60).contains(timeout) else {
            throw ValidationError("--timeout is 0.01 to 60 seconds, not \(timeout)")
        }
        guard (1...ModbusClientConfiguration.inFlightLimit).contains(depth), depth == 1 || !isLine else {
            throw ValidationError("--depth is 1 to 16, and 1 on a serial line, not \(depth)")
        }
    }

    func run() async throws {
        var configuration = GatewayConfiguration()
        configuration.maximumInFlight = depth
        configuration.cacheAge = .seconds(cache)
        configuration.mergesReads = !sendsEachRequest
        configuration.unitZero = unitZero ?? (isLine ? .local : .forward)
        let client = client()
        let gateway = Gateway([Gateway.Upstream(units: servedUnits, configuration: configuration, client: client)])
        var server = ModbusServerConfiguration(port: port)
        server.maximumConnections = 256
        // The clients wait for the device; each has room for as much as a client may have under way.
        server.maximumInWork = ModbusClientConfiguration.inFlightLimit
        try await listen.serve(server, gateway, name: "a proxy for \(name)") {
            while !Task.isCancelled { try? await Task.sleep(for: .seconds(3600)) }
        }
        await client.close()
        say(gateway.counters)
    }

    private var name: String { line.configuration.map { "\($0.path), \($0.settings)," } ?? device ?? "" }

    private var servedUnits: Set<UInt8> {
        units?.units ?? Set(isLine ? (unitZero == .broadcast ? 0...247 : 1...247) : 0...255)
    }

    /// Whether the devices share a line, with one request at a time.
    private var isLine: Bool { line.serial != nil || rtuOverTCP }

    private func client() -> ModbusClient {
        if let port = line.configuration {
            var limits = ModbusClientConfiguration.serialLimits
            limits.requestTimeout = .seconds(timeout)
            return ModbusClient.serial(port, framing: line.framing, limits: limits)
        }
        let place = device.flatMap(place) ?? (host: "", port: 0)
        var limits = ModbusClientConfiguration(host: place.host, port: place.port)
        limits.requestTimeout = .seconds(timeout)
        limits.reconnectDelays = [.milliseconds(500), .seconds(1), .seconds(2)]
        if rtuOverTCP {
            limits.transport = .rtuOverTCP
            return ModbusClient(limits)
        }
        limits.maximumInFlight = depth
        // One silent unit behind the device must not cost the others their connection; answers are told apart by number.
        limits.timeoutsBeforeReconnect = 5
        limits.allowsReservedUnits = true
        return ModbusClient(limits)
    }

    /// "host", "host:port", "[address]:port" or an IPv6 address.
    private func place(of text: String) -> (host: String, port: Int)? {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        if text.hasPrefix("["), let end = text.firstIndex(of: "]") {
            let host = String(text[text.index(after: text.startIndex)..<end])
            let rest = text[text.index(after: end)...]
            return rest.isEmpty ? (host, 502) : port(rest.dropFirst()).map { (host, $0) }
        }
        guard parts.count == 2 else { return text.isEmpty ? nil : (text, 502) }
        return parts[0].isEmpty ? nil : port(parts[1]).map { (String(parts[0]), $0) }
    }

    private func port(_ text: some StringProtocol) -> Int? {
        Int(text).flatMap { (1...65_535).contains($0) ? $0 : nil }
    }

    private func say(_ counters: [GatewayCounters]) {
        for counter in counters {
            Console.talk(
                "\(counter.requests) requests: \(counter.sent) sent, \(counter.cached) answered from memory, "
                    + "\(counter.joined + counter.merged) with another one, \(counter.refused) refused, "
                    + "\(counter.unanswered) without an answer"
            )
        }
    }
}
