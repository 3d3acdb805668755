// SPDX-License-Identifier: Apache-2.0

public import Modbus
public import NIOCore
public import NIOPosix

/// Talks to one Modbus device, or to the devices behind one gateway.
///
/// The first request opens the connection, which is then kept; when it ends, the next request opens another. After a
/// failure requests fail at once with ``ModbusClientError/backingOff(retryIn:)`` until the pause of
/// ``ModbusClientConfiguration/reconnectDelays`` is over. The pauses start anew only after a request has succeeded.
///
/// Many tasks may send at once; up to ``ModbusClientConfiguration/maximumInFlight`` requests are out at a time, and the
/// answers may come in any order. What failed is the caller's to repeat, unless ``RetryPolicy`` says otherwise; by
/// default only a read that was lost with a connection the device had closed is repeated. After a timeout a write may
/// have happened.
///
/// A task that runs on ``executor`` hands its requests to the socket without changing threads, which makes the most of
/// a fast device:
///
/// ```swift
/// await withTaskExecutorPreference(client.executor) {
///     while !Task.isCancelled { await show(try client.readInputRegisters(address: 0, count: 10)) }
/// }
/// ```
///
/// The event loop group has to outlive the client.
public final class ModbusClient: Sendable {
    /// How many states a stream keeps for a reader that is behind; older ones are dropped.
    private static let stateBufferCount = 16

    /// The event loop on which the client lives.
    public let eventLoop: any EventLoop
    /// Runs tasks on the client's event loop; they must never block.
    public let executor: any TaskExecutor
    private let core: NIOLoopBoundBox<ClientCore>
    private let unitRule: UnitRule
    private let requestTimeout: TimeAmount

    /// Creates a client; nothing is sent before the first request.
    ///
    /// - Parameters:
    ///   - configuration: The device's address and all limits.
    ///   - group: Gives the event loop on which the client lives.
    public convenience init(
        _ configuration: ModbusClientConfiguration,
        group: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton
    ) {
        self.init(configuration, loop: group.next(), connector: Connector(configuration))
    }

    /// Creates a client whose connections are secured before anything is sent on them; for ``ModbusClientConfiguration/Transport/tcp``
    /// and ``ModbusClientConfiguration/Transport/rtuOverTCP``.
    package convenience init(
        _ configuration: ModbusClientConfiguration,
        security: ChannelSecurity,
        group: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton
    ) {
        self.init(configuration, loop: group.next(), connector: .tcp(configuration, security: security))
    }

    /// Creates a client with its own way to connect, such as a serial line.
    ///
    /// - Parameters:
    ///   - configuration: All limits; the address is only for messages.
    ///   - framing: How bytes are framed, when ``ModbusClientConfiguration/transport`` does not say it.
    ///   - loop: The event loop on which the client and its channels live.
    ///   - connector: Opens a channel on that loop.
    package init(
        _ configuration: ModbusClientConfiguration,
        framing: Framing? = nil,
        loop: any EventLoop,
        connector: Connector
    ) {
        let framing = framing ?? Framing(configuration.transport)
        eventLoop = loop
        let executor = EventLoopTaskExecutor(loop)
        self.executor = executor
        unitRule = UnitRule(isSerial: !framing.hasTransactions, allowsReserved: configuration.allowsReservedUnits)
        requestTimeout = TimeAmount(bounded: configuration.requestTimeout)
        core = NIOLoopBoundBox.makeBoxSendingValue(
            ClientCore(configuration, framing: framing, connector: connector, executor: executor, loop: loop),
            eventLoop: loop
        )
    }

    /// A client that nobody holds any more has no use for its connection.
    deinit {
        eventLoop.execute { [core] in _ = core.value.close() }
    }

    // MARK: Requests

    /// Sends a request and gives the device's answer, which may be an exception response.
    ///
    /// Returns promptly with ``ModbusClientError/cancelled`` when the task is cancelled; the request's place stays taken
    /// until its answer or its deadline.
    ///
    /// - Parameters:
    ///   - request: What to ask.
    ///   - unit: 255 or 0 for the addressed server itself, 1 to 247 for a device that insists on a unit or sits behind a
    ///     gateway; the answer then has to come from that unit. On serial lines and RTU over TCP 1 to 247, or 0 for a
    ///     write to all devices, which has no answer: what they would answer is returned as soon as it is sent.
    ///   - timeout: How long the answer may take instead of ``ModbusClientConfiguration/requestTimeout``.
    ///   - mayRepeat: Whether ``ModbusClientConfiguration/retries`` may send the request again after the device may have
    ///     carried it out; otherwise only for reads.
    /// - Returns: An answer that fits the request, or `Response.exception`.
    /// - Throws: Every case of ``ModbusClientError`` but ``ModbusClientError/exception(_:)``.
    public func send(
        _ request: Request,
        unit: UInt8 = 255,
        timeout: Duration? = nil,
        mayRepeat: Bool? = nil
    ) async throws(ModbusClientError) -> Response {
        let call = try call(request, unit: unit, timeout: timeout, mayRepeat: mayRepeat)
        return try await cancelling(call) { await Reply.response { submit(call, $0) } }.get()
    }

    /// Sends a read of registers and makes a value of the answer where it lies, without an array in between.
    ///
    /// - Parameters:
    ///   - request: A read of holding or input registers.
    ///   - unit: As in ``send(_:unit:timeout:mayRepeat:)``.
    ///   - timeout: As there.
    ///   - decode: Is given the registers' bytes, two for each register, high byte first, as many as were asked for. Runs
    ///     on the client's event loop, so it must be quick.
    /// - Returns: What `decode` made.
    /// - Throws: ``ModbusClientError``; ``ModbusClientError/badResponse(_:)`` for other errors of `decode`.
    public func read<Value: Sendable>(
        _ request: Request,
        unit: UInt8 = 255,
        timeout: Duration? = nil,
        decode: @escaping @Sendable (Span<UInt8>) throws -> Value
    ) async throws(ModbusClientError) -> Value {
        let call = try call(request, unit: unit, timeout: timeout, mayRepeat: nil)
        return try await cancelling(call) { await RegisterDecoder.value(decode) { submit(call, $0) } }.get()
    }

    private func call(
        _ request: Request,
        unit: UInt8,
        timeout: Duration?,
        mayRepeat: Bool?
    ) throws(ModbusClientError) -> Call {
        if let fault = request.fault { throw .invalidRequest("\(fault)") }
        let isRead = request.isRead
        if let fault = unitRule.fault(unit, isRead: isRead) { throw .invalidRequest(fault) }
        return Call(
            request: request,
            unit: unit,
            timeout: timeout.map { TimeAmount(bounded: $0) } ?? requestTimeout,
            isRepeatable: mayRepeat ?? isRead
        )
    }

    /// Waits for a call's result, and ends the call when the task is cancelled.
    ///
    /// The operation captures the caller's isolation and so runs where the caller does; otherwise each request would
    /// change executors twice.
    private func cancelling<Outcome>(
        _ call: Call,
        isolation: isolated (any Actor)? = #isolation,
        waiting: () async -> Outcome
    ) async -> Outcome {
        await withTaskCancellationHandler {
            _ = isolation
            return await waiting()
        } onCancel: {
            call.cancel()
            eventLoop.execute { [core] in core.value.cancelled(call) }
        }
    }

    /// Hands a call to the event loop, at once when the caller is there already.
    private func submit(_ call: Call, _ reply: Reply) {
        if eventLoop.inEventLoop {
            core.value.submit(call, reply)
        } else {
            eventLoop.execute { [core] in core.value.submit(call, reply) }
        }
    }

    // MARK: The connection

    /// Opens the connection, unless there is one.
    ///
    /// Not needed where ``ModbusClientConfiguration/connectsOnDemand`` is set, but tells early whether the device is
    /// there.
    ///
    /// - Throws: Why there is no connection; ``ModbusClientError/backingOff(retryIn:)`` during the pause after a failure.
    public func connect() async throws(ModbusClientError) {
        let result: Result<Void, ModbusClientError> = await onLoop { core, done in core.connect(done) }
        try result.get()
    }

    /// Ends the connection, or the pause before the next one; a later request or ``connect()`` opens another.
    ///
    /// Outstanding and queued requests fail with ``ModbusClientError/connectionClosed``.
    public func disconnect() async {
        await onLoop { core, done in core.disconnect().whenComplete { _ in done(()) } }
    }

    /// Ends the connection; outstanding and queued requests fail with ``ModbusClientError/connectionClosed``, and so do
    /// all later ones.
    public func close() async {
        await onLoop { core, done in core.close().whenComplete { _ in done(()) } }
    }

    /// The states of the connection from now on, beginning with the present one; ends when the client is closed.
    public var states: AsyncStream<ConnectionState> {
        let (stream, continuation) = AsyncStream.makeStream(
            of: ConnectionState.self,
            bufferingPolicy: .bufferingNewest(ModbusClient.stateBufferCount)
        )
        eventLoop.execute { [core, eventLoop] in
            let key = core.value.observe(continuation)
            continuation.onTermination = { _ in eventLoop.execute { core.value.stopObserving(key) } }
        }
        return stream
    }

    /// What the client has seen so far.
    public var counters: ModbusClientCounters {
        get async { await onLoop { core, done in done(core.currentCounters) } }
    }

    /// What the client has seen since the present connection was made, or the last one.
    public var connectionCounters: ModbusClientCounters {
        get async { await onLoop { core, done in done(core.connectionCounters) } }
    }

    private func onLoop<Value: Sendable>(
        _ body: @escaping @Sendable (ClientCore, @escaping @Sendable (Value) -> Void) -> Void
    ) async -> Value {
        await withCheckedContinuation { continuation in
            eventLoop.execute { [core] in body(core.value) { continuation.resume(returning: $0) } }
        }
    }
}
