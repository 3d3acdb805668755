// SPDX-License-Identifier: Apache-2.0

import Modbus
import NIOCore

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// The connection, the queue and the transactions of a client; lives on one event loop and is only touched there.
///
/// Here: the life of the connection. How requests are sent and answers taken is in the extensions.
final class ClientCore {
    /// Exits: idle → connecting; connecting → connected, backingOff, idle; connected → idle, backingOff;
    /// backingOff → idle; all → closed.
    enum Link {
        case idle
        case connecting
        case connected(ClientConnection)
        case backingOff(until: NIODeadline)
        case closed
    }

    let configuration: ModbusClientConfiguration
    let framing: Framing
    let loop: any EventLoop
    let inFlightLimit: Int
    let timeoutLimit: Int
    let queueTimeout: TimeAmount
    let betweenRequests: TimeAmount
    let turnaroundDelay: TimeAmount
    let idleLimit: TimeAmount?
    private let connector: Connector
    private let executor: EventLoopTaskExecutor
    private let timer: DeadlineTimer

    private(set) var link = Link.idle
    var queue = RequestQueue()
    var ledger = TransactionLedger<Errand>(firstIdentifier: 1)
    var gate = SendGate()
    /// When a connection without work is closed.
    private var idleDeadline: NIODeadline?
    var health = ConnectionHealth()
    var counters = ModbusClientCounters()

    private var reconnect: ReconnectPolicy
    private var observers = StateObservers()
    /// The number of the attempt to connect that is under way.
    private var attempt = 0
    /// The channels of that attempt; closing them ends it.
    private var attemptChannels: [ClientConnection] = []
    /// Those who asked for a connection.
    private var connectWaiters: [ConnectWaiter] = []
    /// What was counted before the present connection.
    private var countersBefore = ModbusClientCounters()

    typealias ConnectWaiter = (Result<Void, ModbusClientError>) -> Void

    init(
        _ configuration: ModbusClientConfiguration,
        framing: Framing,
        connector: Connector,
        executor: EventLoopTaskExecutor,
        loop: any EventLoop
    ) {
        self.configuration = configuration
        self.framing = framing
        self.connector = connector
        self.executor = executor
        self.loop = loop
        let limit = framing.hasTransactions ? ModbusClientConfiguration.inFlightLimit : 1
        inFlightLimit = min(max(1, configuration.maximumInFlight), limit)
        timeoutLimit = max(1, configuration.timeoutsBeforeReconnect)
        queueTimeout = TimeAmount(bounded: configuration.queueTimeout)
        betweenRequests = TimeAmount(bounded: configuration.pauseBetweenRequests)
        turnaroundDelay = TimeAmount(bounded: configuration.turnaroundDelay)
        idleLimit = configuration.idleLimit.map { TimeAmount(bounded: $0) }
        timer = DeadlineTimer(loop: loop)
        reconnect = ReconnectPolicy(delays: configuration.reconnectDelays, seed: configuration.jitterSeed)
        timer.whenFired { [weak self] in self?.deadlineReached() }
    }

    /// What was counted, with the numbers of the present moment.
    var currentCounters: ModbusClientCounters {
        var counters = counters
        counters.queued = queue.count
        counters.inFlight = ledger.count
        return counters
    }

    /// What was counted since the present connection, or the last one, was made.
    var connectionCounters: ModbusClientCounters { currentCounters.since(countersBefore) }

    /// A stream of states, beginning with the present one.
    func observe(_ continuation: AsyncStream<ConnectionState>.Continuation) -> Int {
        observers.add(continuation, present: state)
    }

    /// Ends a stream of states.
    func stopObserving(_ key: Int) { observers.remove(key) }

    // MARK: Connecting

    /// Makes a connection for somebody who asks for one rather than for an answer.
    func connect(_ waiter: @escaping ConnectWaiter) {
        endPauseIfOver(at: loop.now)
        switch link {
        case .connected: waiter(.success(()))
        case .closed: waiter(.failure(.connectionClosed))
        case .backingOff(let until): waiter(.failure(.backingOff(retryIn: Duration(until - loop.now))))
        case .connecting: connectWaiters.append(waiter)
        case .idle:
            connectWaiters.append(waiter)
            startConnecting()
        }
    }

    func startConnecting() {
        enter(.connecting)
        attempt += 1
        let attempt = attempt
        let core = NIOLoopBound(self, eventLoop: loop)
        connector.connect(loop) { channel in
            channel.eventLoop.makeCompletedFuture { try core.value.prepare(channel, attempt) }
        }.hop(to: loop).whenComplete { core.value.connectingEnded($0, attempt) }
    }

    private func isConnecting(_ attempt: Int) -> Bool {
        if case .connecting = link { attempt == self.attempt } else { false }
    }

    private func prepare(_ channel: any Channel, _ attempt: Int) throws {
        guard isConnecting(attempt) else { throw ChannelError.ioOnClosedChannel }
        let sharesWrites = inFlightLimit > 1 && configuration.sharesWrites
        let connection = ClientConnection(
            channel,
            framing,
            functions: configuration.userFunctions,
            sharesWrites: sharesWrites,
            hasPlainSocket: connector.makesPlainStreams,
            executor: executor,
            delegate: self
        )
        attemptChannels.append(connection)
        try channel.pipeline.syncOperations.addHandler(connection)
    }

    private func connectingEnded(_ result: Result<any Channel, any Error>, _ attempt: Int) {
        guard isConnecting(attempt) else {
            // Closed meanwhile; a connection that came too late is closed, a failure means nothing any more.
            if case .success(let channel) = result { channel.close(promise: nil) }
            return
        }
        let connections = attemptChannels
        attemptChannels = []
        switch result {
        case .success(let channel):
            guard channel.isActive, let connection = connections.first(where: { $0.channel === channel }) else {
                return connectingFailed(.connectionClosed)
            }
            beginConnection(connection)
        case .failure(let error):
            connectingFailed(
                ModbusClientError(connecting: error, host: configuration.host, port: configuration.port)
            )
        }
    }

    private func beginConnection(_ connection: ClientConnection) {
        countersBefore = counters
        counters.connections += 1
        health = ConnectionHealth()
        ledger = TransactionLedger(firstIdentifier: ledger.nextIdentifier)
        gate.reset()
        let pause = max(TimeAmount(bounded: configuration.pauseAfterConnecting), framing.silence ?? .zero)
        if pause > .zero { gate.close(until: loop.now + pause) }
        enter(.connected(connection))
        tellConnectWaiters(.success(()))
        if let idleLimit, idleLimit > .zero { beginIdleTime(idleLimit) }
        pump(at: loop.now)
    }

    private func connectingFailed(_ error: ModbusClientError) {
        counters.failedConnections += 1
        backOff()
        tellConnectWaiters(.failure(error))
        for errand in queue.removeAll() { errand.failUnsent(error) }
    }

    private func tellConnectWaiters(_ result: Result<Void, ModbusClientError>) {
        let waiters = connectWaiters
        connectWaiters = []
        for waiter in waiters { waiter(result) }
    }

    private func backOff() {
        let until = loop.now + TimeAmount(bounded: reconnect.pauseAfterFailure())
        enter(.backingOff(until: until))
        arm(at: until)
    }

    /// A pause ends with the first call after it, should that come before the timer.
    func endPauseIfOver(at now: NIODeadline) {
        if case .backingOff(let until) = link, until <= now { enter(.idle) }
    }

    /// A request has succeeded, so the next failure is the first one.
    func noteSuccess() {
        health.succeeded()
        reconnect.succeeded()
    }

    // MARK: Ending a connection

    /// Ends the connection because of a fault, and waits before the next one.
    ///
    /// Requests that may be sent once more stay in the queue.
    func endConnection(_ error: ModbusClientError) {
        guard case .connected(let connection) = link else { return }
        connection.giveUp()
        backOff()
        reset(connection.channel)
        for errand in ledger.removeAll() { errand.fail(error) }
        guard case .backingOff(let until) = link else { return }
        for errand in queue.removeNew() { errand.fail(.backingOff(retryIn: Duration(until - loop.now))) }
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

    /// Closes the connection, or begins the time after which it is closed, when there is no work (14.10).
    func closeIfIdle() {
        guard let idleLimit, ledger.count == 0, queue.isEmpty else { return }
        if idleLimit > .zero { beginIdleTime(idleLimit) } else { closeIdle() }
    }

    private func beginIdleTime(_ limit: TimeAmount) {
        let deadline = loop.now + limit
        idleDeadline = deadline
        arm(at: deadline)
    }

    private func closeIdle() {
        guard case .connected(let connection) = link, ledger.count == 0, queue.isEmpty else { return }
        connection.giveUp()
        enter(.idle)
        connection.channel.close(promise: nil)
    }

    /// A device may close at any time (14.3); having worked, it gets a new connection with the next request.
    func leaveConnection() { enter(.idle) }

    /// Ends the connection or the attempt, and fails all requests; the next request connects anew.
    ///
    /// - Returns: Completes when the connection is closed.
    func disconnect() -> EventLoopFuture<Void> { end(.idle) }

    /// Ends the connection and all requests for good.
    ///
    /// - Returns: Completes when the connection is closed.
    func close() -> EventLoopFuture<Void> {
        timer.stop()
        return end(.closed)
    }

    private func end(_ next: Link) -> EventLoopFuture<Void> {
        if case .closed = link { return loop.makeSucceededVoidFuture() }
        var connections = attemptChannels
        if case .connected(let connection) = link { connections.append(connection) }
        attemptChannels = []
        enter(next)
        for connection in connections { connection.giveUp() }
        tellConnectWaiters(.failure(.connectionClosed))
        for errand in ledger.removeAll() { errand.fail(.connectionClosed) }
        for errand in queue.removeAll() { errand.failUnsent(.connectionClosed) }
        for connection in connections { connection.channel.close(promise: nil) }
        return EventLoopFuture.andAllComplete(connections.map(\.channel.closeFuture), on: loop)
    }

    // MARK: Time

    func arm(at deadline: NIODeadline) { timer.arm(at: deadline) }

    private func deadlineReached() {
        let now = loop.now
        endPauseIfOver(at: now)
        expireRequests(at: now)
        if let deadline = idleDeadline, deadline <= now {
            idleDeadline = nil
            closeIdle()
        }
        // What has to pause before it may be sent arms the timer here.
        pump(at: now)
        let pause: NIODeadline? = if case .backingOff(let until) = link { until } else { nil }
        let deadlines = [ledger.earliestDeadline, queue.earliestDeadline, pause, idleDeadline].compactMap { $0 }
        if let next = deadlines.min() { arm(at: next) }
    }

    // MARK: States

    private var state: ConnectionState {
        switch link {
        case .idle: .idle
        case .connecting: .connecting
        case .connected(let connection):
            .connected(address: connection.channel.remoteAddress?.text ?? configuration.host)
        case .backingOff(let until): .backingOff(retryIn: Duration(max(until - loop.now, .zero)))
        case .closed: .closed
        }
    }

    private func enter(_ link: Link) {
        self.link = link
        if case .connected = link {} else { idleDeadline = nil }
        observers.publish(state)
    }
}
