// SPDX-License-Identifier: Apache-2.0
import Foundation
import Testing

/// `headroom modbus` on serial lines, with frames of the serial line over TCP, with datagrams, and with bits.
@Suite("Modbus commands on other transports, as separate processes", .timeLimit(.minutes(2)))
struct ModbusLinesTests {
    private static let python = ProcessInfo.processInfo.environment["HEADROOM_PEERS"]
    private static let hasPython = python != nil
    private static let socat = "/usr/bin/socat"
    private static let hasSocat = FileManager.default.isExecutableFile(atPath: socat)

    private func headroom(_ arguments: [String]) async throws -> [String] {
        try await ChildProcess.output(ChildProcess.headroom, ["modbus"] + arguments)
    }

    private func exitCode(_ arguments: [String]) async throws -> Int32? {
        try await ChildProcess(ChildProcess.headroom, ["modbus"] + arguments).exitCode()
    }

    /// Starts a server and gives its first line of output.
    private func serve(_ arguments: [String]) async throws -> (server: ChildProcess, place: String) {
        let server = try ChildProcess(ChildProcess.headroom, ["modbus", "serve"] + arguments)
        return (server, try #require(await server.nextLine()))
    }

    /// Lays a cable between two new serial ports.
    private func cable() async throws -> (cable: ChildProcess, a: String, b: String) {
        let line = "pty,rawer"
        let cable = try ChildProcess("/bin/sh", ["-c", "exec \(Self.socat) -d -d \(line) \(line) 2>&1"])
        var ports: [String] = []
        while let line = await cable.nextLine(), !line.contains("starting data transfer") {
            if line.contains("PTY is "), let port = line.split(separator: " ").last { ports.append(String(port)) }
        }
        try #require(ports.count == 2)
        return (cable, ports[0], ports[1])
    }

    /// Runs a script of `Tests/Peers` with pymodbus.
    private func pymodbus(_ script: String, _ arguments: [String]) throws -> (python: String, arguments: [String]) {
        let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        return (try #require(Self.python), ["-u", folder.appending(path: "Peers/\(script)").path] + arguments)
    }

    /// What `rtu_pymodbus_client.py` says about 100 registers that hold their addresses.
    private static let seenByPymodbus = [
        "10 11 12 13 14", (0..<100).map(String.init).joined(separator: " "), "4711 1 2 3", "4693", "7 8",
        "exception 2", "99",
    ]
    private static let registers = ["--registers", "100", "--fill", "index"]

    @Test("Coils and discrete inputs are read, and coils written with functions 5 and 15")
    func bits() async throws {
        let (server, port) = try await serve(["--port", "0"] + Self.registers)
        defer { server.kill() }
        let device = ["--host", "127.0.0.1", "--port", port, "--json"]
        let one = try await headroom(["write"] + device + ["--coils", "0x0A", "1"])
        #expect(one == [#"{"address":10,"bits":[1],"function":5,"table":"coils","unit":255}"#])
        let three = try await headroom(["write"] + device + ["--coils", "12", "1", "0", "1"])
        #expect(three == [#"{"address":12,"bits":[1,0,1],"function":15,"table":"coils","unit":255}"#])
        let coils = try await headroom(["read"] + device + ["--coils", "10", "6"])
        #expect(coils == [#"{"address":10,"bits":[1,1,1,0,1,1],"table":"coils","unit":255}"#])
        let inputs = try await headroom(["read"] + device + ["--discrete-inputs", "10", "3"])
        #expect(inputs == [#"{"address":10,"bits":[0,1,0],"table":"discrete_inputs","unit":255}"#])
        let lines = try await headroom(["read"] + device.dropLast() + ["--coils", "12"])
        #expect(lines == ["address     hex  bit", "     12  0x000C    1"])
        #expect(try await exitCode(["read"] + device + ["--coils", "99", "2"]) == 78)
    }

    @Test("A serial line: we serve, read and write", .enabled(if: hasSocat))
    func serialLine() async throws {
        let (cable, a, b) = try await cable()
        defer { cable.kill() }
        let (server, place) = try await serve(
            ["--serial", a, "--parity", "none", "--unit", "3", "--json"] + Self.registers
        )
        defer { server.kill() }
        #expect(place == #"{"serial":"\#(a)","settings":"19200 8N2","units":[3]}"#)
        let device = ["--serial", b, "--parity", "none", "--timeout", "10", "--json"]
        let read = try await headroom(["read"] + device + ["--unit", "3", "98", "2"])
        #expect(read == [#"{"address":98,"registers":[98,99],"table":"holding","unit":3}"#])
        #expect(try await exitCode(["write"] + device + ["--unit", "3", "5", "50"]) == 0)
        #expect(try await exitCode(["write"] + device + ["--unit", "0", "6", "60"]) == 0, "to all, without an answer")
        let written = try await headroom(["read"] + device + ["--unit", "3", "5", "2"])
        #expect(written == [#"{"address":5,"registers":[50,60],"table":"holding","unit":3}"#])
        #expect(try await exitCode(["read"] + device + ["--unit", "3", "99", "2"]) == 78)
        #expect(try await exitCode(["read"] + device + ["--timeout", "0.2", "--unit", "4", "0"]) == 69)
    }

    @Test("A serial line: pymodbus reads and writes our server", .enabled(if: hasSocat && hasPython))
    func serialPymodbus() async throws {
        let (cable, a, b) = try await cable()
        defer { cable.kill() }
        let (server, place) = try await serve(["--serial", a, "--parity", "none", "--unit", "7"] + Self.registers)
        defer { server.kill() }
        #expect(place == a)
        let client = try pymodbus("rtu_pymodbus_client.py", [b, "7"])
        #expect(try await ChildProcess.output(client.python, client.arguments) == Self.seenByPymodbus)
    }

    @Test("A serial line with text frames: we serve, read and write", .enabled(if: hasSocat))
    func textFrames() async throws {
        let (cable, a, b) = try await cable()
        defer { cable.kill() }
        let line = ["--parity", "none", "--ascii", "--data-bits", "8", "--unit", "3"]
        let (server, _) = try await serve(["--serial", a] + line + Self.registers)
        defer { server.kill() }
        let device = ["--serial", b] + line + ["--timeout", "10", "--json"]
        #expect(try await exitCode(["write"] + device + ["5", "50", "60"]) == 0)
        let read = try await headroom(["read"] + device + ["4", "3"])
        #expect(read == [#"{"address":4,"registers":[4,50,60],"table":"holding","unit":3}"#])
    }

    @Test("Modbus checklist 11.1, 11.5: RTU over TCP between our commands")
    func rtuOverTCP() async throws {
        let (server, port) = try await serve(["--port", "0", "--rtu-over-tcp", "--unit", "7"] + Self.registers)
        defer { server.kill() }
        let device = ["--host", "127.0.0.1", "--port", port, "--rtu-over-tcp", "--timeout", "10", "--json"]
        #expect(try await exitCode(["write"] + device + ["--unit", "0", "6", "60"]) == 0)
        let read = try await headroom(["read"] + device + ["--unit", "7", "5", "2"])
        #expect(read == [#"{"address":5,"registers":[5,60],"table":"holding","unit":7}"#])
    }

    @Test("Modbus checklist 11.1, 11.5: pymodbus reads and writes our RTU over TCP", .enabled(if: hasPython))
    func rtuOverTCPPymodbus() async throws {
        let (server, port) = try await serve(["--port", "0", "--rtu-over-tcp", "--unit", "7"] + Self.registers)
        defer { server.kill() }
        let client = try pymodbus("rtu_pymodbus_client.py", [port, "7"])
        #expect(try await ChildProcess.output(client.python, client.arguments) == Self.seenByPymodbus)
    }

    @Test("The proxy stands before a transparent gateway: Modbus TCP here, RTU over TCP there")
    func proxyToRTUOverTCP() async throws {
        let (server, upstream) = try await serve(["--port", "0", "--rtu-over-tcp", "--unit", "7"] + Self.registers)
        defer { server.kill() }
        let proxy = try ChildProcess(
            ChildProcess.headroom,
            ["modbus", "proxy", "--port", "0", "--rtu-over-tcp", "--timeout", "10", "127.0.0.1:\(upstream)"]
        )
        defer { proxy.kill() }
        let port = try #require(await proxy.nextLine())
        let device = ["--host", "127.0.0.1", "--port", port, "--timeout", "10", "--json", "--unit", "7"]
        #expect(try await exitCode(["write"] + device + ["6", "60"]) == 0)
        let read = try await headroom(["read"] + device + ["5", "2"])
        #expect(read == [#"{"address":5,"registers":[5,60],"table":"holding","unit":7}"#])
    }

    @Test(
        "Our commands read pymodbus, in datagrams and in serial frames over TCP",
        .enabled(if: hasPython),
        arguments: [("udp", "--udp"), ("rtu", "--rtu-over-tcp")]
    )
    func pymodbusServers(kind: String, option: String) async throws {
        let peer = try pymodbus("network_pymodbus_server.py", [kind, "7"])
        let server = try ChildProcess(peer.python, peer.arguments)
        defer { server.kill() }
        let port = try #require(await server.nextLine())
        let device = ["--host", "127.0.0.1", "--port", port, option, "--unit", "7", "--timeout", "10", "--json"]
        #expect(try await exitCode(["write"] + device + ["20", "4711", "2"]) == 0)
        let read = try await headroom(["read"] + device + ["19", "3"])
        #expect(read == [#"{"address":19,"registers":[19,4711,2],"table":"holding","unit":7}"#])
    }

    private static let wrongOptions: [[String]] = [
        ["read", "0"], ["read", "--host", "a", "--serial", "/dev/null", "--unit", "1", "0"],
        ["read", "--serial", "/dev/null", "0"], ["read", "--host", "a", "--rtu-over-tcp", "0"],
        ["read", "--host", "a", "--udp", "--rtu-over-tcp", "--unit", "1", "0"],
        ["read", "--serial", "/dev/null", "--port", "502", "--unit", "1", "0"],
        ["read", "--host", "a", "--coils", "--input", "0"], ["read", "--host", "a", "--coils", "--type", "u32", "0"],
        ["write", "--host", "a", "--coils", "0", "2"], ["write", "--host", "a", "--coils", "--type", "u16", "0", "1"],
        ["serve", "--registers", "9", "--serial", "/dev/null"],
        ["serve", "--registers", "9", "--serial", "/dev/null", "--unit", "248"],
        ["serve", "--registers", "9", "--serial", "/dev/null", "--unit", "1", "--data-bits", "7"],
        ["proxy", "--serial", "/dev/null", "--rtu-over-tcp"], ["proxy", "--rtu-over-tcp", "--depth", "2", "a"],
        ["serve", "--registers", "9", "--serial", "/dev/null", "--port", "0", "--unit", "1"],
        ["serve", "--registers", "9", "--serial", "/dev/null", "--rtu-over-tcp", "--unit", "1"],
    ]

    @Test("Options that do not go together are usage errors", arguments: wrongOptions)
    func mistakes(arguments: [String]) async throws {
        #expect(try await exitCode(arguments) == 64)
    }

    @Test("A serial port that cannot be opened ends with its code")
    func noPort() async throws {
        #expect(try await exitCode(["read", "--serial", "/dev/nowhere", "--unit", "1", "0"]) == 69)
        #expect(try await exitCode(["serve", "--serial", "/dev/nowhere", "--unit", "1", "--registers", "9"]) == 74)
    }
}
