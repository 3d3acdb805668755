// SPDX-License-Identifier: Apache-2.0
import Modbus
import ModbusNIO
import Synchronization

/// A Modbus server on the loopback interface whose registers a test sets by hand.
final class RegisterServer: ModbusResponder {
    private struct State {
        var units: [UInt8: RegisterTables] = [:]
        var requests: [Request] = []
        var refusal: ExceptionCode?
        var closesNext = false
    }

    private let state = Mutex(State())

    /// The requests that came, in order.
    var requests: [Request] { state.withLock { $0.requests } }

    /// Forgets the requests that came.
    func forgetRequests() { state.withLock { $0.requests = [] } }

    /// Makes every following request fail, until set to `nil`.
    func refuse(with code: ExceptionCode?) { state.withLock { $0.refusal = code } }

    /// Ends the connection at the next request instead of answering it.
    func closeAtNextRequest() { state.withLock { $0.closesNext = true } }

    /// Sets registers in both tables of a unit.
    func set(_ words: [UInt16], at address: Int, unit: UInt8) {
        state.withLock { state in
            var tables = state.units[unit] ?? RegisterTables()
            if let address = UInt16(exactly: address) {
                tables.holding.set(words, at: address)
                tables.input.set(words, at: address)
            }
            state.units[unit] = tables
        }
    }

    /// The holding registers of a unit.
    func words(at address: UInt16, count: Int, unit: UInt8) -> [UInt16]? {
        state.withLock { $0.units[unit]?.holding.read(address: address, count: count) }
    }

    /// Answers from the registers; units that were never set do not answer.
    func respond(to request: Request, unit: UInt8) -> ServerReply {
        state.withLock { state in
            state.requests.append(request)
            if state.closesNext {
                state.closesNext = false
                return .closeConnection
            }
            if let refusal = state.refusal { return .now(.exception(request.function, refusal)) }
            guard var tables = state.units[unit] else { return .silence }
            let response = tables.respond(to: request)
            state.units[unit] = tables
            return .now(response)
        }
    }

    /// Runs a body with a client that is connected to these registers.
    func serve<Result: Sendable>(_ body: (ModbusClient) async throws -> Result) async throws -> Result {
        let server = try await ModbusServer.start(ModbusServerConfiguration(port: 0), responder: self)
        var configuration = ModbusClientConfiguration(host: "127.0.0.1", port: server.port)
        configuration.requestTimeout = .seconds(5)
        let client = ModbusClient(configuration)
        do {
            let result = try await body(client)
            await client.close()
            await server.stop()
            return result
        } catch {
            await client.close()
            await server.stop()
            throw error
        }
    }
}
