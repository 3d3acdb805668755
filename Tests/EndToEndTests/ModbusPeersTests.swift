// SPDX-License-Identifier: Apache-2.0
import Foundation
import Modbus
import ModbusNIO
import Testing

/// Every function that libmodbus, pymodbus and mbpoll know, in both directions over TCP.
///
/// `./test` installs them; a bare `swift test` without them skips.
@Suite("Modbus functions between independent implementations", .timeLimit(.minutes(2)))
struct ModbusPeersTests {
    private static let libmodbusFolders = ["/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/lib64"]
    static let hasLibmodbus =
        PeersTests.hasPython
        && libmodbusFolders.contains { FileManager.default.fileExists(atPath: $0 + "/libmodbus.so.5") }

    private func script(_ name: String) -> String {
        URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "Peers").appending(path: name).path
    }

    /// A server with all functions; its tables hold what the scripts' servers hold.
    private func serve() async throws -> ModbusServer {
        var tables = RegisterTables()
        tables.coils.set((0..<200).map { $0 % 3 == 0 }, at: 0)
        tables.discreteInputs.set((0..<200).map { $0 % 3 == 0 }, at: 0)
        tables.holding.set((0..<200).map { UInt16($0) }, at: 0)
        tables.input.set((1000..<1200).map { UInt16($0) }, at: 0)
        var file = RegisterTable()
        file.set([0x0A0B, 0x0C0D, 0x0E0F], at: 0)
        tables.files[4] = file
        tables.queues[50] = [1, 2, 3]
        tables.identification = DeviceIdentification(vendor: "Headroom", productCode: "T1", revision: "1.0")
        tables.serialLine = SerialLineFunctions(identifier: [0x48, 0x52])
        tables.serialLine?.exceptionStatus = 0x5A
        return try await ModbusServer.start(ModbusServerConfiguration(port: 0), responder: ModelResponder(tables))
    }

    @Test(
        "A client of libmodbus: 1 to 6, 15, 16, 22 and 23, the largest reads, and refusals",
        .enabled(if: hasLibmodbus)
    )
    func libmodbusClient() async throws {
        let server = try await serve()
        let lines = try await ChildProcess.output(
            try #require(PeersTests.python),
            [script("tcp_libmodbus.py"), "client", "\(server.port)"]
        )
        #expect(
            lines == [
                "1 1 0 0 1 0 0 1", "2 1 0 0 1 0 0 1", "3 10 11 12", "4 1010 1011 1012", "5 15 1 1 1 0 1 0 1 0",
                "6 16 4711 1 2 65535", "22 4693", "23 29 7 8 32", "largest " + largest, "largest 200",
                "beyond Illegal data address", "beyond Illegal data address",
            ]
        )
        await server.stop()
    }

    /// The sum of the first 125 registers after what the client has written, once for each.
    private var largest: String {
        let sum = (0..<125).reduce(0, +) - (20 + 21 + 22 + 23 + 30 + 31) + (4693 + 1 + 2 + 65535 + 7 + 8)
        return Array(repeating: String(sum), count: 125).joined(separator: " ")
    }

    @Test("A client of pymodbus: all functions it knows", .enabled(if: PeersTests.hasPython))
    func pymodbusClient() async throws {
        let server = try await serve()
        let lines = try await ChildProcess.output(
            try #require(PeersTests.python),
            [script("tcp_pymodbus_client.py"), "\(server.port)"]
        )
        #expect(
            lines == [
                "1 1 0 0 1 0 0 1", "2 1 0 0 1 0 0 1", "3 10 11 12", "4 1010 1011 1012", "5 1", "6 4711", "7 90",
                "8 1234", "8/2 0", "8/11 True", "8/10 0", "11 True", "12 True", "15 5", "16 3", "3 16 4711 1 2 65535",
                "17 4852", "20 0c0d0e0f", "21 written", "20 21 12345678", "22 65280", "3 22 4693", "23 29 7 8 32",
                "24 1 2 3", "43/14 {0: b'Headroom', 1: b'T1', 2: b'1.0'}", "beyond exception 2",
            ]
        )
        await server.stop()
    }

    @Test("mbpoll reads and writes coils, and reads inputs", .enabled(if: PeersTests.hasMbpoll))
    func mbpollCoils() async throws {
        let server = try await serve()
        let base = ["-m", "tcp", "-0", "-1", "-p", "\(server.port)"]
        func ask(_ options: [String], _ values: [String] = []) async throws -> [String] {
            try await ChildProcess.output(PeersTests.mbpoll, base + options + ["127.0.0.1"] + values)
                .filter { $0.hasPrefix("[") }
                .compactMap { $0.split(whereSeparator: \.isWhitespace).last.map(String.init) }
        }
        #expect(try await ask(["-t", "0", "-r", "0", "-c", "4"]) == ["1", "0", "0", "1"])
        #expect(try await ask(["-t", "1", "-r", "3", "-c", "4"]) == ["1", "0", "0", "1"])
        #expect(try await ask(["-t", "3", "-r", "5", "-c", "2"]) == ["1005", "1006"])
        _ = try await ask(["-t", "0", "-r", "1"], ["1"])
        _ = try await ask(["-t", "0", "-r", "2"], ["1", "0", "1"])
        #expect(try await ask(["-t", "0", "-r", "0", "-c", "6"]) == ["1", "1", "1", "0", "1", "0"])
        await server.stop()
    }

    // MARK: Our client

    /// What our client gets from a peer for each function, in words.
    private func outcomes(_ client: ModbusClient, without left: Set<String>) async -> [String: String] {
        var outcomes: [String: String] = [:]
        func tell(_ name: String, _ body: () async throws(ModbusClientError) -> String) async {
            guard !left.contains(name) else { return }
            do throws(ModbusClientError) {
                outcomes[name] = try await body()
            } catch .exception(let code) {
                outcomes[name] = "exception \(code.rawValue)"
            } catch {
                outcomes[name] = "\(error)"
            }
        }
        let unit: UInt8 = 1
        func text(_ bits: [Bool]) -> String { bits.map { $0 ? "1" : "0" }.joined(separator: " ") }
        func text(_ values: [UInt16]) -> String { values.map(String.init).joined(separator: " ") }
        await tell("1") { () throws(ModbusClientError) in
            text(try await client.readCoils(address: 0, count: 7, unit: unit))
        }
        await tell("2") { () throws(ModbusClientError) in
            text(try await client.readDiscreteInputs(address: 3, count: 7, unit: unit))
        }
        await tell("3") { () throws(ModbusClientError) in
            text(try await client.readHoldingRegisters(address: 10, count: 3, unit: unit))
        }
        await tell("4") { () throws(ModbusClientError) in
            text(try await client.readInputRegisters(address: 10, count: 3, unit: unit))
        }
        await tell("5, 15") { () throws(ModbusClientError) in
            try await client.writeSingleCoil(address: 1, value: true, unit: unit)
            try await client.writeMultipleCoils(address: 2, values: [true, false, true, false, true], unit: unit)
            return text(try await client.readCoils(address: 0, count: 8, unit: unit))
        }
        await tell("6, 16") { () throws(ModbusClientError) in
            try await client.writeSingleRegister(address: 20, value: 4711, unit: unit)
            try await client.writeMultipleRegisters(address: 21, values: [1, 2, 65535], unit: unit)
            return text(try await client.readHoldingRegisters(address: 20, count: 4, unit: unit))
        }
        await tell("7") { () throws(ModbusClientError) in "\(try await client.readExceptionStatus(unit: unit))" }
        await tell("8") { () throws(ModbusClientError) in
            text(try await client.diagnostics(.returnQueryData, data: [0x1234], unit: unit))
        }
        await tell("11") { () throws(ModbusClientError) in
            _ = try await client.getCommEventCounter(unit: unit)
            return "served"
        }
        await tell("12") { () throws(ModbusClientError) in
            _ = try await client.getCommEventLog(unit: unit)
            return "served"
        }
        await tell("17") { () throws(ModbusClientError) in
            String(decoding: try await client.reportServerID(unit: unit).filter { $0 < 0x80 }, as: UTF8.self)
        }
        await tell("20") { () throws(ModbusClientError) in
            "\(try await client.readFileRecord([FileReference(file: 4, record: 1, count: 2)], unit: unit))"
        }
        await tell("21") { () throws(ModbusClientError) in
            try await client.writeFileRecord([FileRecord(file: 4, record: 1, values: [0x1234, 0x5678])], unit: unit)
            return "served"
        }
        await tell("22") { () throws(ModbusClientError) in
            try await client.maskWriteRegister(address: 20, and: 0xFF00, or: 0x0055, unit: unit)
            return text(try await client.readHoldingRegisters(address: 20, count: 1, unit: unit))
        }
        await tell("23") { () throws(ModbusClientError) in
            text(
                try await client.readWriteMultipleRegisters(
                    readAddress: 29,
                    readCount: 4,
                    writeAddress: 30,
                    values: [7, 8],
                    unit: unit
                )
            )
        }
        await tell("24") { () throws(ModbusClientError) in text(try await client.readFIFOQueue(address: 50, unit: unit))
        }
        await tell("43/14") { () throws(ModbusClientError) in
            let objects = try await client.readDeviceIdentification(.basic, unit: unit)
            return objects.map { String(decoding: $0.value, as: UTF8.self) }.joined(separator: ", ")
        }
        await tell("largest") { () throws(ModbusClientError) in
            "\(try await client.readHoldingRegisters(address: 50, count: 125, unit: unit).map(Int.init).reduce(0, +))"
        }
        await tell("beyond") { () throws(ModbusClientError) in
            text(try await client.readHoldingRegisters(address: 199, count: 2, unit: unit))
        }
        return outcomes
    }

    private func ask(
        _ name: String,
        _ arguments: [String],
        without left: Set<String> = []
    ) async throws -> [String: String] {
        let peer = try ChildProcess(try #require(PeersTests.python), [script(name)] + arguments)
        defer { peer.kill() }
        let port = try #require(await peer.nextLine().flatMap { Int($0) })
        var configuration = ModbusClientConfiguration(host: "127.0.0.1", port: port)
        configuration.requestTimeout = .seconds(10)
        configuration.reconnectDelays = [.milliseconds(1)]
        let client = ModbusClient(configuration)
        let outcomes = await outcomes(client, without: left)
        await client.close()
        return outcomes
    }

    /// What every server of the scripts has to answer.
    private static let common = [
        "1": "1 0 0 1 0 0 1", "2": "1 0 0 1 0 0 1", "3": "10 11 12", "4": "1010 1011 1012",
        "5, 15": "1 1 1 0 1 0 1 0", "6, 16": "4711 1 2 65535", "22": "4693", "23": "29 7 8 32",
        "largest": "\((50..<175).reduce(0, +))", "beyond": "exception 2",
    ]

    @Test("A server of libmodbus: 1 to 6, 15, 16, 17, 22 and 23; the rest is refused", .enabled(if: hasLibmodbus))
    func libmodbusServer() async throws {
        // Its reply to 7 is none at all.
        let outcomes = try await ask("tcp_libmodbus.py", ["server"], without: ["7"])
        for (name, value) in Self.common { #expect(outcomes[name] == value, "function \(name)") }
        #expect(outcomes["17"]?.contains("LMB") == true, "\(outcomes)")
        for name in ["8", "11", "12", "20", "21", "24", "43/14"] {
            #expect(outcomes[name] == "exception 1", "function \(name)")
        }
    }

    @Test(
        "A server of pymodbus: what it has, and the rest is an error and no wrong value",
        .enabled(if: PeersTests.hasPython)
    )
    func pymodbusServer() async throws {
        let outcomes = try await ask("tcp_pymodbus_server.py", [])
        for (name, value) in Self.common { #expect(outcomes[name] == value, "function \(name)") }
        let others = [
            "7": "0", "8": "4660", "11": "served", "12": "served", "17": "Peer-P1-3.2", "21": "served",
            "24": "0 1 2 3", "43/14": "Peer, P1, 3.2",
        ]
        for (name, value) in others { #expect(outcomes[name] == value, "function \(name)") }
        // It answers more than it was asked for.
        #expect(outcomes["20"]?.hasPrefix("bad response") == true, "\(outcomes)")
    }
}
