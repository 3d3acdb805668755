// SPDX-License-Identifier: Apache-2.0

public import Modbus
public import NIOCore
public import NIOPosix

/// Talks to one Modbus TCP device.
///
/// The first request opens the connection, which is then kept; when it ends, the next request opens another. After a
/// failure requests fail at once with ``ModbusClientError/backingOff(retryIn:)`` until the pause of
/// ``ModbusClientConfiguration/reconnectDelays`` is over. The pauses start anew only after a request has succeeded.
///
/// Nothing is repeated on its own: what failed is the caller's to repeat, and after a timeout a write may have happened.
/// The event loop group has to outlive the client.
public final class ModbusClient: Sendable {
    /// How many states a stream keeps for a reader that is behind; older ones are dropped.
    private static let stateBufferCount = 16

    private let loop: any EventLoop
    private let core: NIOLoopBoundBox<ClientCore>
    private let requestTimeout: Duration

    /// Creates a client; nothing is sent before the first request.
    ///
    /// - Parameters:
    ///   - configuration: The device's address and all limits.
    ///   - group: Gives the event loop on which the client lives.
    public convenience init(
        _ configuration: ModbusClientConfiguration,
        group: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton
    ) {
        self.init(configuration, loop: group.next(), connector: .tcp(configuration))
    }

    /// Creates a client whose connections are secured before anything is sent on them.
    package convenience init(
        _ configuration: ModbusClientConfiguration,
        security: ChannelSecurity,
        group: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton
    ) {
        self.init(configuration, loop: group.next(), connector: .tcp(configuration, security: security))
    }

    /// Creates a client with its own way to connect, for tests.
    init(_ configuration: ModbusClientConfiguration, loop: any EventLoop, connector: Connector) {
        self.loop = loop
        requestTimeout = configuration.requestTimeout
        core = NIOLoopBoundBox.makeBoxSendingValue(
            ClientCore(configuration, connector: connector, loop: loop),
            eventLoop: loop
        )
    }

    /// A client that nobody holds any more has no use for its connection.
    deinit {
        loop.execute { [core] in _ = core.value.close() }
    }

    /// Reads 1 to 125 holding registers (function 3).
    ///
    /// - Returns: `count` values in order of address.
    public func readHoldingRegisters(
        address: UInt16,
        count: Int,
        unit: UInt8
    ) async throws(ModbusClientError) -> [UInt16] {
        let request = Request.readHoldingRegisters(address: address, count: UInt16(clamping: count))
        guard case .readHoldingRegisters(let values) = try await result(of: request, unit: unit) else { return [] }
        return values
    }

    /// Reads 1 to 125 input registers (function 4).
    ///
    /// - Returns: `count` values in order of address.
    public func readInputRegisters(
        address: UInt16,
        count: Int,
        unit: UInt8
    ) async throws(ModbusClientError) -> [UInt16] {
        let request = Request.readInputRegisters(address: address, count: UInt16(clamping: count))
        guard case .readInputRegisters(let values) = try await result(of: request, unit: unit) else { return [] }
        return values
    }

    /// Sets one holding register (function 6).
    public func writeSingleRegister(address: UInt16, value: UInt16, unit: UInt8) async throws(ModbusClientError) {
        _ = try await result(of: .writeSingleRegister(address: address, value: value), unit: unit)
    }

    /// Sets 1 to 123 holding registers in a row (function 16).
    public func writeMultipleRegisters(
        address: UInt16,
        values: [UInt16],
        unit: UInt8
    ) async throws(ModbusClientError) {
        _ = try await result(of: .writeMultipleRegisters(address: address, values: values), unit: unit)
    }

    /// Sends a request and gives the device's answer, which may be an exception response.
    ///
    /// Returns promptly with ``ModbusClientError/cancelled`` when the task is cancelled; the request's place stays taken
    /// until its answer or its deadline.
    ///
    /// - Parameters:
    ///   - request: What to ask.
    ///   - unit: 255 or 0 for the addressed server itself, 1 to 247 for a device that insists on a unit or sits behind a
    ///     gateway; the answer then has to come from that unit.
    ///   - timeout: How long the answer may take instead of ``ModbusClientConfiguration/requestTimeout``.
    /// - Returns: An answer that fits the request, or ``Response/exception(_:_:)``.
    /// - Throws: Every case of ``ModbusClientError`` but ``ModbusClientError/exception(_:)``.
    public func send(
        _ request: Request,
        unit: UInt8,
        timeout: Duration? = nil
    ) async throws(ModbusClientError) -> Response {
        if let fault = request.fault { throw .invalidRequest("\(fault)") }
        let call = Call(request: request, unit: unit, timeout: TimeAmount(bounded: timeout ?? requestTimeout))
        let outcome = await withTaskCancellationHandler {
            await call.outcome { loop.execute { [core] in core.value.submit(call) } }
        } onCancel: {
            call.finish(.failure(.cancelled))
            loop.execute { [core] in core.value.dropFinished() }
        }
        return try outcome.get()
    }

    /// The states of the connection from now on, beginning with the present one; ends when the client is closed.
    public var states: AsyncStream<ConnectionState> {
        let (stream, continuation) = AsyncStream.makeStream(
            of: ConnectionState.self,
            bufferingPolicy: .bufferingNewest(ModbusClient.stateBufferCount)
        )
        loop.execute { [core, loop] in
            let key = core.value.observe(continuation)
            continuation.onTermination = { _ in loop.execute { core.value.stopObserving(key) } }
        }
        return stream
    }

    /// What the client has seen so far.
    public var counters: ModbusClientCounters {
        get async {
            await onLoop { core, done in done(core.currentCounters) }
        }
    }

    /// Ends the connection; outstanding and queued requests fail with ``ModbusClientError/connectionClosed``, and so do
    /// all later ones.
    public func close() async {
        await onLoop { core, done in core.close().whenComplete { _ in done(()) } }
    }

    private func onLoop<Value: Sendable>(
        _ body: @escaping @Sendable (ClientCore, @escaping @Sendable (Value) -> Void) -> Void
    ) async -> Value {
        await withCheckedContinuation { continuation in
            loop.execute { [core] in body(core.value) { continuation.resume(returning: $0) } }
        }
    }

    private func result(of request: Request, unit: UInt8) async throws(ModbusClientError) -> Response {
        let response = try await send(request, unit: unit)
        if case .exception(_, let code) = response { throw .exception(code) }
        return response
    }
}
