// SPDX-License-Identifier: Apache-2.0

import Modbus
import ModbusGateway
import ModbusNIO
import Synchronization
import Testing

@Suite("Gateway, unit 0 and faults of the line", .timeLimit(.minutes(1)))
struct GatewayUnitTests {
    /// A line that notes what is sent and answers as it is told.
    private final class Line: Sendable {
        private let sent = Mutex<[String]>([])
        private let fault: ModbusClientError?

        init(fault: ModbusClientError? = nil) { self.fault = fault }

        var log: [String] { sent.withLock { $0 } }

        func answer(_ request: Request, _ unit: UInt8) throws(ModbusClientError) -> Response {
            sent.withLock { $0.append("\(request.function.rawValue) to \(unit)") }
            if let fault { throw fault }
            switch request {
            case .writeSingleRegister(let address, let value):
                return .writeSingleRegister(address: address, value: value)
            default: return .readHoldingRegisters([7])
            }
        }
    }

    /// Serves a gateway for unit 1, and for 0 where that means something, and asks it.
    private func withGateway(
        _ line: Line,
        unitZero: GatewayConfiguration.UnitZero = .local,
        _ body: (ModbusClient) async throws -> Void
    ) async throws {
        var configuration = GatewayConfiguration()
        configuration.unitZero = unitZero
        let upstream = Gateway.Upstream(units: [0, 1], configuration: configuration) {
            (request: Request, unit: UInt8) throws(ModbusClientError) in try line.answer(request, unit)
        }
        let server = try await ModbusServer.start(
            ModbusServerConfiguration(port: 0),
            responder: Gateway([upstream])
        )
        var patient = ModbusClientConfiguration(host: "127.0.0.1", port: server.port)
        patient.requestTimeout = .seconds(30)
        let client = ModbusClient(patient)
        try await body(client)
        await client.close()
        await server.stop()
    }

    private let noPath = ModbusClientError.exception(.gatewayPathUnavailable)

    @Test("Modbus checklist 13.7: unit 0 is the gateway itself, which has nothing to serve")
    func local() async throws {
        let line = Line()
        try await withGateway(line) { client in
            await #expect(throws: noPath) { try await client.readHoldingRegisters(address: 0, count: 1, unit: 0) }
            await #expect(throws: noPath) { try await client.writeSingleRegister(address: 0, value: 1, unit: 0) }
        }
        #expect(line.log.isEmpty)
    }

    @Test("Modbus checklist 13.7: as a broadcast, writes go to the line and are answered for the devices")
    func broadcast() async throws {
        let line = Line()
        try await withGateway(line, unitZero: .broadcast) { client in
            try await client.writeSingleRegister(address: 5, value: 9, unit: 0)
            await #expect(throws: noPath) { try await client.readHoldingRegisters(address: 0, count: 1, unit: 0) }
        }
        #expect(line.log == ["6 to 0"])
    }

    @Test(
        "Modbus checklist 13.8: what is damaged or from another unit is not handed on; the client gets 0x0B",
        arguments: [.badResponse("a wrong checksum"), .wrongUnit(expected: 1, actual: 2), .timeout]
            as [ModbusClientError]
    )
    func faults(_ fault: ModbusClientError) async throws {
        let line = Line(fault: fault)
        let noAnswer = ModbusClientError.exception(.gatewayTargetDeviceFailedToRespond)
        try await withGateway(line) { client in
            await #expect(throws: noAnswer) { try await client.readHoldingRegisters(address: 0, count: 1, unit: 1) }
        }
        #expect(line.log == ["3 to 1"])
    }
}
