// SPDX-License-Identifier: Apache-2.0

import Modbus
import ModbusNIO
import ModbusTLS

/// Notices and events as they come.
final class Notices: Sendable {
    private let continuation: AsyncStream<TLSNotice>.Continuation
    private let stream: AsyncStream<TLSNotice>
    private let refusal: AsyncStream<String>.Continuation
    private let refusals: AsyncStream<String>

    init() {
        (stream, continuation) = AsyncStream.makeStream(of: TLSNotice.self)
        (refusals, refusal) = AsyncStream.makeStream(of: String.self)
    }

    var observer: TLSObserver { { [self] in continuation.yield($0) } }

    func add(_ event: ServerEvent) {
        if case .refused("127.0.0.1", .handshake(let reason)) = event { refusal.yield(reason) }
    }

    /// The next notice; the suite's time limit ends a wait that is in vain.
    func next() async -> TLSNotice? {
        for await notice in stream { return notice }
        return nil
    }

    /// The reason of the next handshake that a server has refused.
    func nextRefusal() async -> String? {
        for await reason in refusals { return reason }
        return nil
    }
}

/// A server over TLS whose registers hold their own addresses.
final class SecureServer: Sendable {
    let notices = Notices()
    private let server: ModbusServer

    private struct Table: ModbusResponder {
        func respond(to request: Request, unit: UInt8) -> ServerReply {
            switch request {
            case .readHoldingRegisters(let address, let count):
                .now(.readHoldingRegisters((0..<count).map { address + $0 }))
            case .writeSingleRegister(let address, let value):
                .now(.writeSingleRegister(address: address, value: value))
            default: .now(.exception(request.function, .illegalDataAddress))
            }
        }
    }

    init(
        _ identity: String = "server",
        trust: TLSTrust? = nil,
        rules: AuthorisationRules? = nil,
        handshakeTimeLimit: Duration = .seconds(30),
        _ adjust: (inout ModbusServerConfiguration) -> Void = { _ in }
    ) async throws {
        var options = TLSServerOptions(
            identity: try Certificates.identity(identity),
            trust: try trust ?? Certificates.trust()
        )
        options.handshakeTimeLimit = handshakeTimeLimit
        var configuration = ModbusServerConfiguration(port: 0)
        configuration.onEvent = { [notices] in notices.add($0) }
        adjust(&configuration)
        server = try await ModbusServer.start(
            configuration,
            tls: options,
            rules: rules,
            responder: Table(),
            observer: notices.observer
        )
    }

    var port: Int { server.port }
    var counters: ModbusServerCounters { server.counters }

    func stop() async { await server.stop() }
}
