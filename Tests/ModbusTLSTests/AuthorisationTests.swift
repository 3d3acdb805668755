// SPDX-License-Identifier: Apache-2.0

import Modbus
import ModbusNIO
import ModbusTLS
import Testing

@Suite("Rights by role", .enabled(if: Certificates.hasOpenssl), .timeLimit(.minutes(1)))
struct AuthorisationTests {
    private static let rules = AuthorisationRules([
        .init(
            role: "Operator",
            reads: .init([.holdingRegisters: [0...999]]),
            writes: .init([.holdingRegisters: [100...199]])
        ),
        .init(role: "Reader", units: [1...1], reads: .init([.holdingRegisters: [0...99]])),
        .init(role: nil, reads: .init([.holdingRegisters: [5...5]])),
    ])

    private func client(_ identity: String, _ server: SecureServer) throws -> ModbusClient {
        let options = TLSClientOptions(identity: try Certificates.identity(identity), trust: try Certificates.trust())
        var configuration = ModbusClientConfiguration(host: "127.0.0.1", port: server.port)
        configuration.requestTimeout = .seconds(20)
        configuration.connectTimeout = .seconds(20)
        configuration.queueTimeout = .seconds(40)
        return try ModbusClient(configuration, tls: options)
    }

    private func answer(_ client: ModbusClient, _ request: Request, unit: UInt8 = 1) async throws -> Response {
        try await client.send(request, unit: unit)
    }

    @Test("Modbus checklist 16.14, 16.18, 16.20: refused by function, range and unit; others are served")
    func rights() async throws {
        let server = try await SecureServer(rules: AuthorisationTests.rules)
        let user = try client("operator", server)
        let reader = try client("reader", server)
        let denied = Response.exception(.readHoldingRegisters, .illegalFunction)
        #expect(
            try await answer(user, .readHoldingRegisters(address: 998, count: 2)) == .readHoldingRegisters([998, 999])
        )
        #expect(try await answer(user, .readHoldingRegisters(address: 999, count: 2)) == denied)
        #expect(
            try await answer(user, .writeSingleRegister(address: 100, value: 7))
                == .writeSingleRegister(address: 100, value: 7)
        )
        #expect(
            try await answer(user, .writeSingleRegister(address: 200, value: 7))
                == .exception(.writeSingleRegister, .illegalFunction)
        )
        #expect(try await answer(reader, .readHoldingRegisters(address: 5, count: 1)) == .readHoldingRegisters([5]))
        #expect(try await answer(reader, .readHoldingRegisters(address: 5, count: 1), unit: 2) == denied)
        #expect(
            try await answer(reader, .writeSingleRegister(address: 5, value: 7))
                == .exception(.writeSingleRegister, .illegalFunction)
        )
        #expect(server.counters.unauthorisedRequests == 4)
        #expect(
            await server.notices.next()
                == .requestRefused(peer: "127.0.0.1", role: "Operator", unit: 1, .readHoldingRegisters)
        )
        await user.close()
        await reader.close()
        await server.stop()
    }

    @Test("Modbus checklist 16.18: what is wrong with a refused request is not told")
    func first() async throws {
        let server = try await SecureServer(rules: AuthorisationTests.rules)
        let reader = try client("reader", server)
        // Requests that would get exceptions 3, 2 and 1 if the role had rights.
        for request in [
            Request.other(FunctionCode(rawValue: 15), [0, 0]), .other(FunctionCode(rawValue: 16), [0, 0, 0, 0, 0]),
            .writeSingleRegister(address: 65535, value: 1), .other(FunctionCode(rawValue: 99), [1]),
        ] {
            #expect(try await answer(reader, request) == .exception(request.function, .illegalFunction))
        }
        #expect(server.counters.unauthorisedRequests == 4)
        // With rights, the structure is told.
        #expect(
            try await answer(reader, .other(.readHoldingRegisters, [0, 0, 0]))
                == .exception(.readHoldingRegisters, .illegalDataValue)
        )
        await reader.close()
        await server.stop()
    }

    @Test(
        "Modbus checklist 16.17, 16.21: no role, or one that cannot be read, is a role of its own and is reported",
        arguments: [("none", nil), ("printable", RoleFault.type), ("trailing", .length), ("empty", .empty)]
    )
    func noRole(identity: String, fault: RoleFault?) async throws {
        let server = try await SecureServer(rules: AuthorisationTests.rules)
        let client = try client(identity, server)
        #expect(try await answer(client, .readHoldingRegisters(address: 5, count: 1)) == .readHoldingRegisters([5]))
        #expect(
            try await answer(client, .readHoldingRegisters(address: 6, count: 1))
                == .exception(.readHoldingRegisters, .illegalFunction)
        )
        if let fault {
            guard case .malformedRole("127.0.0.1", _, fault) = await server.notices.next() else {
                return #expect(Bool(false))
            }
        }
        #expect(
            await server.notices.next()
                == .requestRefused(peer: "127.0.0.1", role: nil, unit: 1, .readHoldingRegisters)
        )
        await client.close()
        await server.stop()
    }

    @Test(
        "Modbus checklist 16.16, 16.19: a role without a rule has no rights, and is reported",
        arguments: ["admin", "list"]
    )
    func unknown(identity: String) async throws {
        let server = try await SecureServer(rules: AuthorisationTests.rules)
        let client = try client(identity, server)
        #expect(
            try await answer(client, .readHoldingRegisters(address: 5, count: 1))
                == .exception(.readHoldingRegisters, .illegalFunction)
        )
        let role = identity == "admin" ? "Admin" : "Operator,Reader"
        #expect(
            await server.notices.next() == .unknownRole(peer: "127.0.0.1", name: "\"\(identity)\"", role: role)
        )
        await client.close()
        await server.stop()
    }

    @Test(
        "Modbus checklist 16.13: sessions are resumed, and the role stays with them",
        .enabled(if: Programs.hasPython),
        arguments: ["TLSv1_2", "TLSv1_3"]
    )
    func resumption(version: String) async throws {
        let server = try await SecureServer(rules: AuthorisationTests.rules)
        // Reads 998, which only the operator may.
        let text = try await Programs.output(
            Programs.python,
            [
                Programs.script("tls_sessions.py"), "\(server.port)", Certificates.folder, "operator", version,
                "000100000006010303e60001",
            ]
        )
        let lines = text.split(separator: "\n")
        #expect(lines.count == 2, "\(text)")
        #expect(lines.first?.hasPrefix("new TLSv1") == true, "\(text)")
        #expect(lines.last?.hasPrefix("resumed TLSv1") == true, "\(text)")
        #expect(lines.allSatisfy { $0.hasSuffix("00010000000501030203e6") }, "\(text)")
        #expect(server.counters.unauthorisedRequests == 0)
        await server.stop()
    }
}
