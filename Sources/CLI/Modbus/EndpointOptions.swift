// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import ModbusNIO

/// The port of a device on the network, and how long to wait for its answers.
struct ConnectionOptions: ParsableArguments {
    @Option(help: "The device's port; the usual one when left out.")
    var port: Int?

    @Option(help: "How long an answer may take, in seconds.")
    var timeout = 1.0

    func validate() throws {
        if let port, !(1...65_535).contains(port) { throw ValidationError("--port is 1 to 65535, not \(port)") }
        guard (0.01...60).contains(timeout) else {
            throw ValidationError("--timeout is 0.01 to 60 seconds, not \(timeout)")
        }
    }

    /// A client that tries again soon, as somebody is watching.
    func configuration(host: String, usualPort: Int) -> ModbusClientConfiguration {
        var configuration = ModbusClientConfiguration(host: host, port: port ?? usualPort)
        configuration.requestTimeout = .seconds(timeout)
        configuration.reconnectDelays = [.milliseconds(500)]
        return configuration
    }

    /// The place for messages: "192.168.0.4:502".
    func place(host: String, usualPort: Int) -> String {
        (host.contains(":") ? "[\(host)]" : host) + ":\(port ?? usualPort)"
    }
}

/// Where a Modbus TCP device is, and how long to wait for it.
struct EndpointOptions: ParsableArguments {
    @Option(help: "The device's address or name.")
    var host: String

    @OptionGroup var connection: ConnectionOptions

    /// A client that tries again soon, as somebody is watching.
    func client(usualPort: Int) -> ModbusClient {
        ModbusClient(connection.configuration(host: host, usualPort: usualPort))
    }

    /// The place for messages: "192.168.0.4:502".
    func place(usualPort: Int) -> String { connection.place(host: host, usualPort: usualPort) }
}
