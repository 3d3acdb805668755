// SPDX-License-Identifier: Apache-2.0

import ModbusGateway
import ModbusNIO

/// The blocks of code in the pages of ModbusGateway; Tests/RepositoryTests compares them.
///
/// They need a device, so they are only compiled.
enum DocumentationExamples {
    static func proxy() async throws {
        let client = ModbusClient(ModbusClientConfiguration(host: "192.168.0.4"))
        var sharing = GatewayConfiguration()
        sharing.cacheAge = .milliseconds(500)
        let meter = Gateway.Upstream(units: [5, 255], configuration: sharing, client: client)
        let gateway = Gateway([meter])
        let server = try await ModbusServer.start(ModbusServerConfiguration(port: 1502), responder: gateway)
        await server.run()
        print(gateway.counters)
    }
}
