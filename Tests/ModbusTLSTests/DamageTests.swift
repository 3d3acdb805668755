// SPDX-License-Identifier: Apache-2.0

import Modbus
import ModbusNIO
import ModbusTLS
import TestSupport
import Testing

@Suite("Connections that are disturbed", .enabled(if: Certificates.hasOpenssl), .timeLimit(.minutes(2)))
struct DamageTests {
    @Test(
        "Modbus checklist 18.1, 18.4: bytes changed or cut on the way give the right values or a failure, never others"
    )
    func damage() async throws {
        let server = try await SecureServer()
        var failures = 0
        for seed in LongRun.seeds(usual: 120, long: 1500) {
            var generator = SeededGenerator(seed: seed)
            // A handshake and an answer take about 2,000 bytes in each direction.
            let proxy = try await DamagingProxy(
                to: server.port,
                DamagingProxy.Damage(
                    isFromClient: Bool.random(using: &generator),
                    offset: Int.random(in: 0..<2500, using: &generator),
                    change: UInt8.random(in: 0...8, using: &generator)
                )
            )
            let options = TLSClientOptions(
                identity: try Certificates.identity("operator"),
                trust: try Certificates.trust()
            )
            var configuration = ModbusClientConfiguration(host: "127.0.0.1", port: proxy.port)
            // A changed length makes both sides wait for more.
            configuration.connectTimeout = .milliseconds(500)
            configuration.requestTimeout = .milliseconds(500)
            let client = try ModbusClient(configuration, tls: options)
            do throws(ModbusClientError) {
                #expect(try await client.readHoldingRegisters(address: 300, count: 2, unit: 1) == [300, 301])
            } catch {
                failures += 1
            }
            await client.close()
            await proxy.stop()
        }
        #expect(failures > 30)
        // The server has survived all of it.
        #expect(server.counters.unauthorisedRequests == 0)
        let options = TLSClientOptions(identity: try Certificates.identity("operator"), trust: try Certificates.trust())
        let client = try ModbusClient(ModbusClientConfiguration(host: "127.0.0.1", port: server.port), tls: options)
        #expect(try await client.readHoldingRegisters(address: 300, count: 2, unit: 1) == [300, 301])
        await client.close()
        await server.stop()
    }

    @Test(
        "Modbus checklist 18.3: a peer that does not read its answers is ended over TLS as well",
        .enabled(if: Programs.hasPython)
    )
    func slowReader() async throws {
        let server = try await SecureServer { $0.outputTimeLimit = .milliseconds(200) }
        let text = try await Programs.output(
            Programs.python,
            [
                Programs.script("tls_slow_reader.py"), "\(server.port)", Certificates.folder, "operator",
                "00010000000601030000007d",
            ]
        )
        #expect(text == "ended\n")
        #expect(server.counters.slowReaders == 1)
        await server.stop()
    }
}
