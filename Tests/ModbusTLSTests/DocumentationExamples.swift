// SPDX-License-Identifier: Apache-2.0

import Modbus
import ModbusNIO
import ModbusTLS

/// The blocks of code in the pages of ModbusTLS; Tests/RepositoryTests compares them.
///
/// They need certificates in files, so they are only compiled.
enum DocumentationExamples {
    static func server() async throws {
        let responder = ModelResponder(RegisterTables())
        let identity = try TLSIdentity(certificates: .file("server.pem"), privateKey: .file("server.key"))
        let trust = try TLSTrust(roots: .file("ca.pem"))
        let rules = AuthorisationRules([
            .init(role: "Operator", reads: .all, writes: .init([.holdingRegisters: [100...110]])),
            .init(role: nil, reads: .init([.inputRegisters: [0...0]])),
        ])
        let server = try await ModbusServer.start(
            ModbusServerConfiguration(host: "0.0.0.0", port: ModbusTLS.usualPort),
            tls: TLSServerOptions(identity: identity, trust: trust),
            rules: rules,
            responder: responder,
            observer: { notice in print(notice) }
        )
        await server.run()
    }

    static func client() async throws {
        let identity = try TLSIdentity(certificates: .file("operator.pem"), privateKey: .file("operator.key"))
        let trust = try TLSTrust(roots: .file("ca.pem"))
        let client = try ModbusClient(
            ModbusClientConfiguration(host: "meter.plant.example", port: ModbusTLS.usualPort),
            tls: TLSClientOptions(identity: identity, trust: trust),
            observer: { notice in print(notice) }
        )
        let values = try await client.readHoldingRegisters(address: 100, count: 2, unit: 1)
        print(values)
        await client.close()
    }
}
