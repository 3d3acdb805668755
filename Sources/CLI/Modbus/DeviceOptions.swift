// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import ModbusNIO
import ModbusSerial

/// A device, whatever way leads to it: Modbus TCP, TLS, UDP, or frames of the serial line with or without a line.
struct DeviceOptions: ParsableArguments {
    @Option(help: "The device's address or name.")
    var host: String?

    @OptionGroup var connection: ConnectionOptions

    @Flag(help: "Frames of the serial line in a TCP connection, as gateways in transparent mode expect them.")
    var rtuOverTCP = false

    @Flag(help: "Modbus TCP's frames in datagrams.")
    var udp = false

    @Option(
        help: "The unit identifier, 255, the addressed device itself, when left out; on serial lines it has to be said."
    )
    var unit: UInt8?

    @OptionGroup(title: "Serial line") var line: SerialOptions

    @OptionGroup(title: "Security") var security: ClientSecurityOptions

    func validate() throws {
        guard (host == nil) != (line.serial == nil) else {
            throw ValidationError(host == nil ? "name the device's --host, or a --serial port" : excluding("--host"))
        }
        guard line.serial == nil || connection.port == nil else { throw ValidationError(excluding("--port")) }
        let ways = [
            ("--serial", line.serial != nil), ("--rtu-over-tcp", rtuOverTCP), ("--udp", udp),
            ("--tls", security.files.tls),
        ].filter(\.1).map(\.0)
        guard ways.count < 2 else { throw ValidationError("\(ways[0]) and \(ways[1]) exclude each other") }
        guard unit != nil || !isSerial else {
            throw ValidationError("serial frames go to one of several devices; say which by its --unit, 1 to 247")
        }
    }

    private func excluding(_ option: String) -> String { "--serial and \(option) exclude each other" }

    /// Whether the frames are those of the serial line, where unit 255 means nothing.
    private var isSerial: Bool { line.serial != nil || rtuOverTCP }

    /// The unit that is addressed.
    var addressedUnit: UInt8 { unit ?? 255 }

    /// The device for messages: "unit 5 at 192.168.0.4:502".
    var place: String {
        let way = line.serial ?? connection.place(host: host ?? "", usualPort: security.usualPort)
        return "unit \(addressedUnit) \(line.serial == nil ? "at" : "on") \(way)"
    }

    /// A client for the device.
    ///
    /// - Throws: The exit code when a file for TLS cannot be used.
    func client() throws -> ModbusClient {
        if let port = line.configuration {
            var limits = ModbusClientConfiguration.serialLimits
            limits.requestTimeout = .seconds(connection.timeout)
            limits.reconnectDelays = [.milliseconds(500)]
            return ModbusClient.serial(port, framing: line.framing, limits: limits)
        }
        var configuration = connection.configuration(host: host ?? "", usualPort: security.usualPort)
        if rtuOverTCP { configuration.transport = .rtuOverTCP }
        if udp { configuration.transport = .udp }
        return try security.client(configuration)
    }
}
