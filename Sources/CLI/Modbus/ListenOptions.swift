// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Modbus
import ModbusNIO
import ModbusSerial
import ModbusTLS

/// Where a server of ours listens, and for how long.
struct ListenOptions: ParsableArguments {
    @Option(help: "The address to listen on; 0.0.0.0 or :: for all.")
    var host = "127.0.0.1"

    @Option(help: "How long to run, in seconds; until ctrl-C when left out.")
    var seconds: Double?

    @Option(
        name: .customLong("allow"),
        help: "Who may connect, such as 192.168.0.0/24; may be repeated. Everybody who reaches it when left out."
    )
    var allowed: [String] = []

    @Flag(help: "Print the place to connect to as one JSON object.")
    var json = false

    func validate() throws {
        guard !host.isEmpty else { throw ValidationError("--host is empty; write 127.0.0.1 or 0.0.0.0") }
        for text in allowed where AddressPrefix(text) == nil {
            throw ValidationError("--allow \(text) is no address; write 192.168.0.4, 192.168.0.0/24 or fd00::/8")
        }
        if let seconds, !(seconds > 0 && seconds <= 31_536_000) {
            throw ValidationError("--seconds is above 0 and at most a year, not \(seconds)")
        }
    }

    /// What is said about a server that listens.
    struct Place: Encodable {
        var host: String
        var port: Int
        var unit: Int?
        var profile: String?
    }

    /// What is said about a server on a serial line.
    private struct Line: Encodable {
        var serial: String
        var settings: String
        var units: [Int]
    }

    /// How a server's connections are secured, and who may do what on them.
    struct Security {
        var options: TLSServerOptions
        var rules: AuthorisationRules?
    }

    /// Runs a server until ctrl-C, SIGTERM or the end of the time; its port is the first line of output.
    ///
    /// - Parameters:
    ///   - configuration: The server's own limits, and its port; the address is that of the options.
    ///   - responder: Answers the requests.
    ///   - security: How its connections are secured; plain when left out.
    ///   - unit: The unit it answers to, for the JSON object.
    ///   - profile: The profile that fits it, for the JSON object.
    ///   - name: What it is, for people: "A Countis E27, unit 5,".
    ///   - life: What goes on meanwhile; returns soon once its task is cancelled.
    /// - Throws: The exit code when the address cannot be had.
    func serve(
        _ configuration: ModbusServerConfiguration,
        _ responder: any ModbusResponder,
        security: Security? = nil,
        unit: UInt8? = nil,
        profile: String? = nil,
        name: String,
        life: @escaping @Sendable () async -> Void
    ) async throws {
        let ending = await Ending()
        var configuration = configuration
        configuration.host = host
        configuration.accessList = accessList
        configuration.onEvent = { Console.talk("headroom: \($0)") }
        let server = try await start(configuration, responder, security)
        let place = Place(host: host, port: server.port, unit: unit.map { Int($0) }, profile: profile)
        let text = "\(host.contains(":") ? "[\(host)]" : host):\(place.port)"
        try await run(until: ending, place, "\(place.port)", talk: "\(name) listens on \(text)", life) {
            await server.stop()
        }
    }

    /// Runs a server on a serial line until ctrl-C, SIGTERM or the end of the time; its port is the first line of
    /// output.
    ///
    /// - Parameters:
    ///   - configuration: The line, and the unit to be on it.
    ///   - responder: Answers the requests.
    ///   - name: What it is, for people: "A Countis E27, unit 5,".
    ///   - life: What goes on meanwhile; returns soon once its task is cancelled.
    /// - Throws: The exit code when the port cannot be opened.
    func serve(
        _ configuration: RTUServerConfiguration,
        _ responder: any ModbusResponder,
        name: String,
        life: @escaping @Sendable () async -> Void
    ) async throws {
        let ending = await Ending()
        let port = configuration.port
        let server: RTUServer
        do throws(SerialError) {
            server = try await RTUServer.start(configuration, responder: responder) { state in
                if case .waiting(let error) = state {
                    Console.talk("headroom: \(error); trying again until it is back")
                }
            }
        } catch {
            throw Console.fail("headroom: \(error)", .inputOutput)
        }
        let place = Line(
            serial: port.path,
            settings: port.settings,
            units: configuration.units.map { Int($0) }.sorted()
        )
        try await run(until: ending, place, port.path, talk: "\(name) is on \(port.path), \(port.settings)", life) {
            await server.stop()
        }
    }

    private func run(
        until ending: Ending,
        _ place: some Encodable,
        _ first: String,
        talk: String,
        _ life: @escaping @Sendable () async -> Void,
        stop: () async -> Void
    ) async throws {
        do {
            try Console.show(place, [first], json: json)
            Console.talk("\(talk); ctrl-C ends it")
            try await ending.after(seconds: seconds, of: life)
        } catch {
            await stop()
            throw error
        }
        await stop()
    }

    /// The addresses of `--allow`; `nil` lets everybody in.
    private var accessList: AccessList? {
        guard !allowed.isEmpty else { return nil }
        var list = AccessList()
        for prefix in allowed.compactMap(AddressPrefix.init) { list.allow(prefix) }
        return list
    }

    private func start(
        _ configuration: ModbusServerConfiguration,
        _ responder: any ModbusResponder,
        _ security: Security?
    ) async throws -> ModbusServer {
        do {
            if let security {
                return try await ModbusServer.start(
                    configuration,
                    tls: security.options,
                    rules: security.rules,
                    responder: responder,
                    observer: { Console.talk("headroom: \($0)") }
                )
            }
            return try await ModbusServer.start(configuration, responder: responder)
        } catch let error as TLSSetupError {
            throw error.exit
        } catch {
            throw Console.fail(
                "headroom: cannot listen on \(host):\(configuration.port): \(ListenOptions.reason(error)); choose "
                    + "another --host or --port (0 picks a free one, below 1024 needs special rights)",
                .inputOutput
            )
        }
    }
}

extension ListenOptions {
    /// The system's words; its errors begin with the name of a function and have a bracket too many.
    fileprivate static func reason(_ error: any Error) -> String {
        let words = String(describing: error).split(separator: "): ").last ?? "unknown error"
        return String(words.split(separator: ")").first ?? words)
    }
}

/// Reads the port of a server from the command line.
func checkServerPort(_ port: Int) throws {
    guard (0...65_535).contains(port) else { throw ValidationError("--port is 0 to 65535, not \(port)") }
}
