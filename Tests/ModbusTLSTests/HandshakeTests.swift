// SPDX-License-Identifier: Apache-2.0

import Modbus
import ModbusNIO
import ModbusTLS
import Testing

@Suite("Handshakes of our client and our server", .enabled(if: Certificates.hasOpenssl), .timeLimit(.minutes(1)))
struct HandshakeTests {
    private func client(
        _ identity: String = "operator",
        port: Int,
        host: String = "127.0.0.1",
        trust: TLSTrust? = nil,
        _ notices: Notices = Notices(),
        _ adjust: (inout TLSClientOptions) -> Void = { _ in }
    ) throws -> ModbusClient {
        var options = TLSClientOptions(
            identity: try Certificates.identity(identity),
            trust: try trust ?? Certificates.trust()
        )
        adjust(&options)
        var configuration = ModbusClientConfiguration(host: host, port: port)
        configuration.requestTimeout = .seconds(20)
        configuration.connectTimeout = .seconds(20)
        configuration.queueTimeout = .seconds(40)
        return try ModbusClient(configuration, tls: options, observer: notices.observer)
    }

    private func read(_ client: ModbusClient) async -> Result<[UInt16], ModbusClientError> {
        do throws(ModbusClientError) {
            return .success(try await client.readHoldingRegisters(address: 300, count: 2, unit: 1))
        } catch {
            return .failure(error)
        }
    }

    @Test(
        "Modbus checklist 16.1, 16.8, 16.22: ECC and RSA, address and name",
        arguments: [
            ("server", "operator", "127.0.0.1"), ("rsa", "operator", "127.0.0.1"), ("rsa", "rsa-operator", "localhost"),
            ("server", "critical", "localhost"),
        ]
    )
    func succeeds(identity: String, user: String, host: String) async throws {
        let server = try await SecureServer(identity)
        let client = try client(user, port: server.port, host: host)
        if user == "critical" {
            // An extension that is marked critical is one that the TLS library would have to know (RFC 5280, section 4.2).
            guard case .failure = await read(client) else { return #expect(Bool(false)) }
            #expect(await server.notices.nextRefusal() == "\(HandshakeFailure.untrusted("\"critical\""))")
        } else {
            #expect(await read(client) == .success([300, 301]))
            #expect(await client.counters.connections == 1)
        }
        await client.close()
        await server.stop()
    }

    @Test(
        "Modbus checklist 16.5, 16.7: clients without a good certificate are refused",
        arguments: [
            ("stranger", HandshakeFailure.untrusted("\"stranger\"")),
            ("alone", .untrusted("\"self-signed\"")),
            ("expired", .expired("\"expired\"")),
            ("early", .notYetValid("\"early\"")),
            ("server", .untrusted("\"server\"")),
        ]
    )
    func refused(identity: String, failure: HandshakeFailure) async throws {
        let server = try await SecureServer()
        let client = try client(identity, port: server.port)
        guard case .failure(let error) = await read(client) else { return #expect(Bool(false)) }
        #expect(HandshakeTests.isRefusal(error), "\(error)")
        #expect(await server.notices.nextRefusal() == "\(failure)")
        await client.close()
        await server.stop()
    }

    /// With the reason, unless the end of the connection overtook it.
    private static func isRefusal(_ error: ModbusClientError) -> Bool {
        switch error {
        case .connectionClosed: true
        case .connectionEnded(let reason): reason.contains("the peer refused")
        default: false
        }
    }

    @Test("Modbus checklist 16.5: revoked certificates are refused, and all when the list is out of date")
    func revoked() async throws {
        for (list, identity, failure) in [
            ("crl", "revoked", HandshakeFailure.revoked("\"revoked\"")), ("crl", "operator", nil),
            ("old-crl", "operator", .revocationListOutOfDate("\"operator\"")),
        ] {
            let server = try await SecureServer(trust: try Certificates.trust(revocation: list))
            let client = try client(identity, port: server.port)
            let result = await read(client)
            if let failure {
                guard case .failure(let error) = result else { return #expect(Bool(false), "\(result)") }
                #expect(HandshakeTests.isRefusal(error), "\(error)")
                #expect(await server.notices.nextRefusal() == "\(failure)")
            } else {
                #expect(result == .success([300, 301]))
            }
            await client.close()
            await server.stop()
        }
    }

    @Test("Modbus checklist 16.7: a self-signed certificate that is itself the trust anchor")
    func anchor() async throws {
        let server = try await SecureServer(trust: try Certificates.trust("alone"))
        let client = try client("alone", port: server.port)
        #expect(await read(client) == .success([300, 301]))
        await client.close()
        await server.stop()
    }

    @Test(
        "Modbus checklist 16.5, 16.22: the client refuses servers that are not those it wants",
        arguments: [
            ("stranger-server", "127.0.0.1", HandshakeFailure.untrusted("\"server of others\"")),
            ("expired-server", "127.0.0.1", .expired("\"expired-server\"")),
            ("elsewhere", "127.0.0.1", .wrongName("127.0.0.1")),
            ("elsewhere", "localhost", .wrongName("localhost")),
            ("client-as-server", "localhost", .untrusted("\"client as server\"")),
        ]
    )
    func wrongServer(identity: String, host: String, failure: HandshakeFailure) async throws {
        let server = try await SecureServer(identity)
        let notices = Notices()
        let client = try client(port: server.port, host: host, notices)
        let place = "\(host):\(server.port): \(failure)"
        #expect(await read(client) == .failure(.connectFailed(place)))
        #expect(await notices.next() == .handshakeFailed(peer: host, failure))
        await client.close()
        await server.stop()
    }

    @Test("Modbus checklist 16.22: another name, or the chain alone, when the client is told so")
    func otherChecks() async throws {
        let server = try await SecureServer("elsewhere")
        for check in [TLSClientOptions.ServerCheck.name("elsewhere.example"), .chainOnly] {
            let client = try client(port: server.port) { $0.serverCheck = check }
            #expect(await read(client) == .success([300, 301]))
            await client.close()
        }
        let client = try client(port: server.port) { $0.serverCheck = .name("not a name") }
        guard case .failure(.connectFailed(let reason)) = await read(client) else { return #expect(Bool(false)) }
        #expect(reason.contains("\"not a name\" cannot be the name in a certificate"), "\(reason)")
        await client.close()
        await server.stop()
    }

    @Test("Modbus checklist 12.19: a server with idle connections over TLS stops without waiting for them")
    func stopping() async throws {
        // Longer than the suite may take.
        let server = try await SecureServer { $0.stopTimeLimit = .seconds(600) }
        let clients = [try client(port: server.port), try client("reader", port: server.port)]
        for client in clients { #expect(await read(client) == .success([300, 301])) }
        await server.stop()
        #expect(server.counters.openConnections == 0)
        for client in clients { await client.close() }
    }

    @Test("TLS goes with Modbus TCP alone", arguments: [ModbusClientConfiguration.Transport.udp, .rtuOverTCP])
    func transports(transport: ModbusClientConfiguration.Transport) throws {
        let options = TLSClientOptions(identity: try Certificates.identity("operator"), trust: try Certificates.trust())
        var configuration = ModbusClientConfiguration(host: "127.0.0.1", port: 802)
        configuration.transport = transport
        #expect(throws: TLSSetupError.self) { _ = try ModbusClient(configuration, tls: options) }
    }

    @Test("A certificate and a key that do not go together are found before anything connects")
    func mismatch() throws {
        let identity = try TLSIdentity(
            certificates: .file(Certificates.path("operator.pem")),
            privateKey: .file(Certificates.path("reader.key"))
        )
        #expect(throws: TLSSetupError.self) {
            _ = try ModbusClient(
                ModbusClientConfiguration(host: "127.0.0.1", port: 802),
                tls: TLSClientOptions(identity: identity, trust: try Certificates.trust())
            )
        }
    }
}
