// SPDX-License-Identifier: Apache-2.0

import Modbus
import NIOCore

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// The connection, the queue and the transactions of a client; lives on one event loop and is only touched there.
final class ClientCore {
    /// Exits: idle → connecting; connecting → connected, backingOff; connected → idle, backingOff;
    /// backingOff → idle; all → closed.
    private enum Link {
        case idle
        case connecting
        case connected(any Channel)
        case backingOff(until: NIODeadline)
        case closed
    }

    private struct Waiting {
        let call: Call
        let deadline: NIODeadline
    }

    private let configuration: ModbusClientConfiguration
    private let connector: Connector
    private let loop: any EventLoop
    private let timer: DeadlineTimer

    private var link = Link.idle
    private var waiting: [Waiting] = []
    private var ledger = TransactionLedger<Call>(firstIdentifier: 1)
    private var encoder = FrameEncoder()
    private var reconnect: ReconnectPolicy
    private var consecutiveTimeouts = 0
    private var mismatches = 0
    private var hasSucceeded = false
    /// Channels that exist while an attempt to connect is under way; closing them ends it.
    private var attempts: [any Channel] = []
    private var observers = StateObservers()

    private var counters = ModbusClientCounters()

    init(_ configuration: ModbusClientConfiguration, connector: Connector, loop: any EventLoop) {
        self.configuration = configuration
        self.connector = connector
        self.loop = loop
        timer = DeadlineTimer(loop: loop)
        reconnect = ReconnectPolicy(delays: configuration.reconnectDelays, seed: configuration.jitterSeed)
        timer.whenFired { [weak self] in self?.deadlineReached() }
    }

    /// What was counted, with the numbers of the present moment.
    var currentCounters: ModbusClientCounters {
        var counters = counters
        counters.queued = waiting.count
        counters.inFlight = ledger.count
        return counters
    }

    private var inFlightLimit: Int {
        min(max(1, configuration.maximumInFlight), ModbusClientConfiguration.inFlightLimit)
    }

    // MARK: Callers

    /// Takes a request: sends it, queues it or refuses it.
    func submit(_ call: Call) {
        guard !call.isFinished else { return }
        switch link {
        case .closed:
            call.finish(.failure(.connectionClosed))
            return
        case .backingOff(let until):
            let remaining = until - loop.now
            if remaining > .zero {
                call.finish(.failure(.backingOff(retryIn: Duration(remaining))))
                return
            }
            link = .idle
        case .idle, .connecting, .connected:
            break
        }
        dropFinished()
        guard waiting.count < max(1, configuration.maximumQueued) || canSendNow else {
            counters.refusedQueueFull += 1
            call.finish(.failure(.queueFull))
            return
        }
        let deadline = loop.now + TimeAmount(bounded: configuration.queueTimeout)
        waiting.append(Waiting(call: call, deadline: deadline))
        pump()
        if !waiting.isEmpty { arm(at: deadline) }
    }

    /// Frees the places of cancelled requests that were not sent yet.
    func dropFinished() {
        waiting.removeAll { $0.call.isFinished }
    }

    /// A stream of states, beginning with the present one.
    func observe(_ continuation: AsyncStream<ConnectionState>.Continuation) -> Int {
        observers.add(continuation, present: state)
    }

    /// Ends a stream of states.
    func stopObserving(_ key: Int) { observers.remove(key) }

    /// Ends the connection and all requests for good.
    ///
    /// - Returns: Completes when the connection is closed.
    func close() -> EventLoopFuture<Void> {
        guard case .closed = link else {
            let channel: (any Channel)? = if case .connected(let channel) = link { channel } else { nil }
            let channels = attempts + (channel.map { [$0] } ?? [])
            enter(.closed)
            timer.stop()
            failOutstanding(.connectionClosed)
            failWaiting(.connectionClosed)
            attempts = []
            for channel in channels { channel.close(promise: nil) }
            return EventLoopFuture.andAllComplete(channels.map(\.closeFuture), on: loop)
        }
        return loop.makeSucceededVoidFuture()
    }

    // MARK: Connecting

    private func startConnecting() {
        enter(.connecting)
        let core = NIOLoopBound(self, eventLoop: loop)
        let attempt = connector.connect(loop) { channel in
            channel.eventLoop.makeCompletedFuture {
                try core.value.prepare(channel)
            }
        }
        attempt.hop(to: loop).whenComplete { result in core.value.connectingEnded(result) }
    }

    private func prepare(_ channel: any Channel) throws {
        guard case .connecting = link else { throw ChannelError.ioOnClosedChannel }
        attempts.append(channel)
        try channel.pipeline.syncOperations.addHandler(ClientChannelHandler(delegate: self))
    }

    private func connectingEnded(_ result: Result<any Channel, any Error>) {
        guard case .connecting = link else {
            // Closed meanwhile; a connection that came too late is closed, a failure means nothing any more.
            if case .success(let channel) = result { channel.close(promise: nil) }
            return
        }
        attempts = []
        switch result {
        case .success(let channel) where channel.isActive:
            beginConnection(channel)
        case .success:
            connectingFailed(.connectionClosed)
        case .failure(let error):
            connectingFailed(
                ModbusClientError(connecting: error, host: configuration.host, port: configuration.port)
            )
        }
    }

    private func beginConnection(_ channel: any Channel) {
        counters.connections += 1
        consecutiveTimeouts = 0
        mismatches = 0
        hasSucceeded = false
        ledger = TransactionLedger(firstIdentifier: ledger.nextIdentifier)
        enter(.connected(channel))
        pump()
    }

    private func connectingFailed(_ error: ModbusClientError) {
        counters.failedConnections += 1
        backOff()
        failWaiting(error)
    }

    private func backOff() {
        let pause = TimeAmount(bounded: reconnect.pauseAfterFailure())
        let until = loop.now + pause
        enter(.backingOff(until: until))
        arm(at: until)
    }

    // MARK: Sending

    private var canSendNow: Bool {
        switch link {
        case .idle: true
        case .connected: waiting.isEmpty && ledger.count < inFlightLimit
        case .connecting, .backingOff, .closed: false
        }
    }

    /// Sends what may be sent, and connects when there is something to send.
    private func pump() {
        dropFinished()
        guard !waiting.isEmpty else { return }
        switch link {
        case .idle: startConnecting()
        case .connected(let channel): send(on: channel)
        case .connecting, .backingOff, .closed: break
        }
    }

    private func send(on channel: any Channel) {
        let now = loop.now
        while ledger.count < inFlightLimit, !waiting.isEmpty {
            let call = waiting.removeFirst().call
            let deadline = now + call.timeout
            let transaction = ledger.add(call, deadline: deadline)
            let bytes = encoder.encode(
                call.request,
                transaction: transaction,
                unit: call.unit,
                allocator: channel.allocator
            )
            counters.requests += 1
            arm(at: deadline)
            // A write that fails closes the channel, which ends all its transactions.
            channel.writeAndFlush(bytes, promise: nil)
        }
    }

    // MARK: Answers

    private func isCurrent(_ channel: any Channel) -> Bool {
        if case .connected(let current) = link { current === channel } else { false }
    }

    private func answered(_ frame: Frame, _ call: Call) {
        if (1...247).contains(call.unit), frame.header.unit != call.unit {
            counters.wrongUnits += 1
            call.finish(.failure(.wrongUnit(expected: call.unit, actual: frame.header.unit)))
            countMismatch()
            return
        }
        do throws(ResponseFault) {
            let response = try Response(decoding: frame.pdu.readableBytesUInt8Span, answering: call.request)
            counters.answers += 1
            if case .exception = response { counters.exceptions += 1 }
            consecutiveTimeouts = 0
            hasSucceeded = true
            reconnect.succeeded()
            call.finish(.success(response))
        } catch {
            counters.badResponses += 1
            call.finish(.failure(.badResponse("\(error)")))
            if case .function = error { countMismatch() }
        }
    }

    /// Counts an answer to nothing that was asked; a connection with several of them cannot be trusted.
    private func countMismatch() {
        mismatches += 1
        if mismatches >= max(1, configuration.mismatchesBeforeReconnect) { endConnection(.connectionClosed) }
    }

    // MARK: Ends

    /// Ends the connection because of a fault, and waits before the next one.
    private func endConnection(_ error: ModbusClientError) {
        guard case .connected(let channel) = link else { return }
        backOff()
        reset(channel)
        failOutstanding(error)
        failWaitingWhileBackingOff()
    }

    /// Closes a connection so that nothing more of it arrives.
    ///
    /// After an ordinary close the system goes on delivering what it still holds, for as long as it takes. A write that
    /// was given up must not reach the device after a newer one on the next connection, nor after its lease was counted
    /// as over.
    private func reset(_ channel: any Channel) {
        guard let options = channel as? any SocketOptionProvider else { return channel.close(promise: nil) }
        options.setSoLinger(linger(l_onoff: 1, l_linger: 0)).whenComplete { _ in channel.close(promise: nil) }
    }

    private func failOutstanding(_ error: ModbusClientError) {
        for call in ledger.removeAll() { call.finish(.failure(error)) }
    }

    private func failWaiting(_ error: ModbusClientError) {
        let failed = waiting
        waiting = []
        for item in failed { item.call.finish(.failure(error)) }
    }

    private func failWaitingWhileBackingOff() {
        guard case .backingOff(let until) = link else { return }
        failWaiting(.backingOff(retryIn: Duration(until - loop.now)))
    }

    // MARK: Time

    private func arm(at deadline: NIODeadline) {
        timer.arm(at: deadline)
    }

    private func deadlineReached() {
        let now = loop.now
        if case .backingOff(let until) = link, until <= now { enter(.idle) }
        for item in waiting where item.deadline <= now { item.call.finish(.failure(.queueTimeout)) }
        expireTransactions(at: now)
        pump()
        let deadlines = [ledger.earliestDeadline, waiting.first?.deadline, backOffDeadline].compactMap { $0 }
        if let next = deadlines.min() { arm(at: next) }
    }

    private var backOffDeadline: NIODeadline? {
        if case .backingOff(let until) = link { until } else { nil }
    }

    private func expireTransactions(at now: NIODeadline) {
        let expired = ledger.expire(at: now)
        guard !expired.isEmpty else { return }
        counters.timeouts += expired.count
        consecutiveTimeouts += expired.count
        for call in expired { call.finish(.failure(.timeout)) }
        if consecutiveTimeouts >= max(1, configuration.timeoutsBeforeReconnect) { endConnection(.connectionClosed) }
    }

    // MARK: States

    private var state: ConnectionState {
        switch link {
        case .idle: .idle
        case .connecting: .connecting
        case .connected(let channel): .connected(address: channel.remoteAddress.map { "\($0)" } ?? configuration.host)
        case .backingOff(let until): .backingOff(retryIn: Duration(max(until - loop.now, .zero)))
        case .closed: .closed
        }
    }

    private func enter(_ link: Link) {
        self.link = link
        observers.publish(state)
    }
}

extension ClientCore: ClientChannelDelegate {
    func received(_ frame: Frame, on channel: any Channel) {
        guard isCurrent(channel) else { return }
        guard frame.header.protocolIdentifier == 0 else {
            counters.foreignFrames += 1
            countMismatch()
            return
        }
        switch ledger.match(frame.header.transaction) {
        case .outstanding(let call): answered(frame, call)
        case .late: counters.lateAnswers += 1
        case .unknown:
            counters.unknownAnswers += 1
            countMismatch()
        }
        pump()
    }

    func received(_ error: FrameError, on channel: any Channel) {
        guard isCurrent(channel) else { return }
        counters.brokenStreams += 1
        endConnection(.badResponse("\(error); the connection was closed"))
    }

    func ended(_ channel: any Channel) {
        guard isCurrent(channel) else { return }
        guard hasSucceeded else {
            endConnection(.connectionClosed)
            return
        }
        // A device may close at any time (14.3); having worked, it gets a new connection with the next request.
        enter(.idle)
        failOutstanding(.connectionClosed)
        pump()
    }
}
