// SPDX-License-Identifier: Apache-2.0

import Foundation
import Modbus
import ModbusNIO
import ModbusTLS
import Testing

/// What others get from our server, seen through openssl's own client.
@Suite("Our server, seen by openssl", .enabled(if: Certificates.hasOpenssl), .timeLimit(.minutes(1)))
struct OpensslTests {
    @Test("Modbus checklist 16.2: versions before 1.2 are refused", arguments: ["-tls1", "-tls1_1"])
    func oldVersions(version: String) async throws {
        let server = try await SecureServer()
        let text = try await Programs.connect(
            server.port,
            "operator",
            [version, "-cipher", "ALL:@SECLEVEL=0", "-legacy_renegotiation"]
        )
        #expect(text.contains("alert protocol version"), "\(text)")
        #expect(await server.notices.nextRefusal() == "\(HandshakeFailure.version)")
        await server.stop()
    }

    @Test(
        "Modbus checklist 16.3: without a certificate there is a fatal alert and the end",
        arguments: [
            ("-tls1_2", "alert handshake failure"), ("-tls1_3", nil),
        ]
    )
    func noCertificate(version: String, alert: String?) async throws {
        let server = try await SecureServer()
        let text = try await Programs.connect(server.port, nil, [version])
        if let alert { #expect(text.contains(alert), "\(text)") }
        #expect(await server.notices.nextRefusal() == "\(HandshakeFailure.noCertificate)")
        await server.stop()
    }

    @Test(
        "Modbus checklist 16.8: the suites and the curve that everybody has",
        arguments: [
            ("server", "ECDHE-ECDSA-AES128-GCM-SHA256"), ("server", "ECDHE-ECDSA-AES256-GCM-SHA384"),
            ("server", "ECDHE-ECDSA-CHACHA20-POLY1305"), ("rsa", "ECDHE-RSA-AES128-GCM-SHA256"),
            ("rsa", "ECDHE-RSA-AES256-GCM-SHA384"), ("rsa", "ECDHE-RSA-CHACHA20-POLY1305"),
        ]
    )
    func suites(identity: String, suite: String) async throws {
        let server = try await SecureServer(identity)
        let text = try await Programs.connect(
            server.port,
            "operator",
            ["-tls1_2", "-cipher", suite, "-curves", "P-256", "-showcerts"]
        )
        #expect(text.contains("Cipher is \(suite)"), "\(text)")
        #expect(text.contains("Server Temp Key: ECDH, prime256v1"))
        #expect(text.contains("Verify return code: 0 (ok)"))
        #expect(text.contains("Acceptable client certificate CA names\nCN = Test root"))
        await server.stop()
    }

    @Test(
        "Modbus checklist 16.9, 16.10: no NULL, no anonymous suite, no SHA-1, no MD5, no RSA key exchange",
        arguments: [
            "eNULL", "aNULL", "ECDHE-ECDSA-AES128-SHA", "ECDHE-ECDSA-AES128-SHA256", "AES128-GCM-SHA256",
        ]
    )
    func refusedSuites(suite: String) async throws {
        let server = try await SecureServer(suite.hasPrefix("AES") ? "rsa" : "server")
        let text = try await Programs.connect(
            server.port,
            "operator",
            ["-tls1_2", "-cipher", suite + ":@SECLEVEL=0"]
        )
        #expect(text.contains("alert handshake failure"), "\(text)")
        #expect(await server.notices.nextRefusal() == "\(HandshakeFailure.nothingInCommon)")
        await server.stop()
    }

    @Test("Modbus checklist 16.9: signatures with SHA-1 are refused")
    func signatures() async throws {
        let server = try await SecureServer("rsa")
        let text = try await Programs.connect(
            server.port,
            "operator",
            ["-tls1_2", "-cipher", "ECDHE-RSA-AES128-GCM-SHA256:@SECLEVEL=0", "-sigalgs", "RSA+SHA1"]
        )
        #expect(text.contains("alert handshake failure"), "\(text)")
        await server.stop()
    }

    @Test("Modbus checklist 16.6: the whole chain down to the root is sent")
    func chain() async throws {
        let server = try await SecureServer()
        let text = try await Programs.connect(server.port, "operator", ["-tls1_2", "-showcerts"])
        #expect(text.components(separatedBy: "-----BEGIN CERTIFICATE-----").count == 1 + 3)
        #expect(text.contains("s:CN = Test root"))
        await server.stop()
    }

    @Test(
        "Modbus checklist 16.11, 16.12: renegotiation indication, no compression; the fragment length is not negotiated"
    )
    func extensions() async throws {
        let server = try await SecureServer()
        let text = try await Programs.connect(server.port, "operator", ["-tls1_2", "-comp", "-maxfraglen", "512"])
        #expect(text.contains("Secure Renegotiation IS supported"), "\(text)")
        #expect(text.contains("Compression: NONE"))
        #expect(text.contains("Cipher is ECDHE-ECDSA-"))
        await server.stop()
    }
}

@Suite("What is no handshake", .enabled(if: Certificates.hasOpenssl), .timeLimit(.minutes(1)))
struct NoHandshakeTests {
    private static let request: [UInt8] = [0, 1, 0, 0, 0, 6, 1, 3, 0, 0, 0, 1]
    private static let foreign: [[UInt8]] = [
        request, Array(repeating: 0, count: 300), Array(repeating: 0xFF, count: 300),
        Array("GET / HTTP/1.1\r\n\r\n".utf8),
        [0x16, 3, 1, 0, 5, 1, 0, 0, 1, 3],
    ]

    @Test("Modbus checklist 16.24: what is not TLS gets no answer that looks like Modbus", arguments: foreign)
    func plainAtSecurePort(bytes: [UInt8]) async throws {
        let server = try await SecureServer()
        let answer = try await RawProbe.send(bytes, to: server.port)
        // At most an alert of TLS, whose third and fourth byte are no Modbus protocol.
        #expect(answer.isEmpty || Array(answer.prefix(2)) == [0x15, 3] && answer.count == 7, "\(answer)")
        guard await server.notices.nextRefusal() != nil else { return #expect(Bool(false)) }
        await server.stop()
    }

    @Test(
        "Modbus checklist 16.23: a handshake that does not go on is ended",
        arguments: [[], [0x16], [0x16, 3, 1, 2, 0, 1]]
    )
    func silence(bytes: [UInt8]) async throws {
        let server = try await SecureServer(handshakeTimeLimit: .milliseconds(100))
        #expect(try await RawProbe.send(bytes, to: server.port) == [])
        #expect(await server.notices.nextRefusal()?.contains("too long") == true)
        #expect(server.counters.failedHandshakes == 1)
        await server.stop()
    }

    @Test("Modbus checklist 16.23: a connection counts from its first moment, and gives way before its handshake too")
    func places() async throws {
        let server = try await SecureServer { $0.maximumConnections = 1 }
        async let silent = RawProbe.send([0x16], to: server.port)
        // The second connection is there when the first has gone.
        while server.counters.connections == 0 { await Task.yield() }
        async let second = RawProbe.send([0x16], to: server.port)
        #expect(try await silent == [])
        #expect(server.counters.evictions == 1)
        #expect(server.counters.openConnections == 1)
        await server.stop()
        #expect(try await second == [])
    }
}

@Suite("TLS at a plain server", .enabled(if: Certificates.hasOpenssl), .timeLimit(.minutes(1)))
struct PlainServerTests {
    private struct Never: ModbusResponder {
        func respond(to request: Request, unit: UInt8) -> ServerReply {
            .now(.exception(request.function, .serverDeviceFailure))
        }
    }

    private func serve() async throws -> ModbusServer {
        try await ModbusServer.start(ModbusServerConfiguration(port: 0), responder: Never())
    }

    @Test("Modbus checklist 16.24: a first message of TLS of any length ends the connection without an answer")
    func hello() async throws {
        let server = try await serve()
        for length in Array(0...255) + [256, 300, 511, 512, 517, 1024, 1500, 0x4000] {
            let hello: [UInt8] = [0x16, 3, 1, UInt8(length >> 8), UInt8(length & 0xFF), 1, 0, 0, 8, 3, 3, 0, 0, 0, 0]
            #expect(try await RawProbe.send(hello, to: server.port) == [], "\(length)")
        }
        #expect(server.counters.requests == 0)
        #expect(server.counters.brokenStreams > 256)
        await server.stop()
    }

    @Test("Modbus checklist 16.24: clients with TLS fail at a plain server", arguments: ["-tls1_2", "-tls1_3"])
    func clients(version: String) async throws {
        let server = try await serve()
        let text = try await Programs.connect(server.port, "operator", [version])
        #expect(text.contains("no peer certificate available"))
        let options = TLSClientOptions(
            identity: try Certificates.identity("operator"),
            trust: try Certificates.trust()
        )
        let client = try ModbusClient(ModbusClientConfiguration(host: "127.0.0.1", port: server.port), tls: options)
        await #expect(
            throws: ModbusClientError.connectFailed("127.0.0.1:\(server.port): the peer closed the connection")
        ) {
            _ = try await client.readHoldingRegisters(address: 0, count: 1, unit: 1)
        }
        #expect(server.counters.requests == 0)
        await client.close()
        await server.stop()
    }
}

@Suite(
    "pymodbus over TLS",
    .enabled(if: Certificates.hasOpenssl && Programs.hasPymodbus),
    .timeLimit(.minutes(1))
)
struct PymodbusTests {
    @Test("Modbus checklist 16.1: its client reads from our server, within the rights of its role")
    func itsClient() async throws {
        let rules = AuthorisationRules([.init(role: "Operator", reads: .init([.holdingRegisters: [0...99]]))])
        let server = try await SecureServer(rules: rules)
        func read(_ identity: String, _ address: Int) async throws -> String {
            try await Programs.output(
                Programs.python,
                [
                    Programs.script("tls_client.py"), "\(server.port)", Certificates.folder, identity, "1",
                    "\(address)", "3",
                ]
            )
        }
        #expect(try await read("operator", 10) == "10 11 12\n")
        #expect(try await read("operator", 98) == "exception 1\n")
        #expect(try await read("none", 10) == "exception 1\n")
        #expect(try await !read("stranger", 10).contains("10 11 12"))
        await server.stop()
    }

    @Test("Modbus checklist 16.1: our client reads from its server")
    func itsServer() async throws {
        let server = try RunningProgram(
            Programs.python,
            [Programs.script("tls_server.py"), Certificates.folder, "rsa", "1"]
        )
        let port = try #require(await server.port())
        for (identity, isGood) in [("operator", true), ("stranger", false)] {
            let options = TLSClientOptions(
                identity: try Certificates.identity(identity),
                trust: try Certificates.trust()
            )
            var configuration = ModbusClientConfiguration(host: "127.0.0.1", port: port)
            configuration.requestTimeout = .seconds(20)
            let client = try ModbusClient(configuration, tls: options)
            if isGood {
                #expect(try await client.readHoldingRegisters(address: 2, count: 3, unit: 1) == [102, 103, 104])
            } else {
                await #expect(throws: ModbusClientError.self) {
                    _ = try await client.readHoldingRegisters(address: 2, count: 3, unit: 1)
                }
            }
            await client.close()
        }
        server.stop()
    }
}
