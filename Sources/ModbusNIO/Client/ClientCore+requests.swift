// SPDX-License-Identifier: Apache-2.0

import Modbus
import NIOCore

/// Requests on their way out: queued, sent, sent again, given up.
extension ClientCore {
    /// Takes a request: sends it, queues it or refuses it.
    func submit(_ call: Call, _ reply: Reply) {
        let now = loop.now
        guard !call.isCancelled else { return reply.fail(.cancelled) }
        endPauseIfOver(at: now)
        switch link {
        case .closed: return reply.fail(.connectionClosed)
        case .backingOff(let until): return reply.fail(.backingOff(retryIn: Duration(until - now)))
        case .idle where !configuration.connectsOnDemand: return reply.fail(.notConnected)
        case .connected(let connection) where queue.isEmpty && ledger.count < inFlightLimit && gate.isOpen(at: now):
            return transmit(Errand(call, reply), on: connection, at: now)
        case .idle, .connecting, .connected: break
        }
        guard queue.count < max(1, configuration.maximumQueued) || canSendNow else {
            counters.refusedQueueFull += 1
            return reply.fail(.queueFull)
        }
        let deadline = now + queueTimeout
        queue.append(Errand(call, reply), deadline: deadline)
        pump(at: now)
        if !queue.isEmpty { arm(at: deadline) }
    }

    private var canSendNow: Bool {
        switch link {
        case .idle: true
        case .connected: queue.isEmpty && ledger.count < inFlightLimit
        case .connecting, .backingOff, .closed: false
        }
    }

    /// Ends a cancelled call; a request that is out keeps its place until its answer or its deadline (4.14).
    func cancelled(_ call: Call) {
        if let errand = queue.remove(call) {
            errand.fail(.cancelled)
        } else {
            ledger.update { errand in
                guard errand.call === call else { return }
                errand.fail(.cancelled)
                errand.reply = nil
            }
        }
    }

    /// Sends what may be sent, and connects when there is something to send.
    func pump(at now: NIODeadline) {
        guard !queue.isEmpty else { return }
        switch link {
        case .idle where configuration.connectsOnDemand: startConnecting()
        case .idle: for errand in queue.removeAll() { errand.failUnsent(.notConnected) }
        case .connected(let connection): send(on: connection, at: now)
        case .connecting, .backingOff, .closed: break
        }
    }

    private func send(on connection: ClientConnection, at now: NIODeadline) {
        while ledger.count < inFlightLimit {
            guard gate.isOpen(at: now) else { return arm(at: gate.opening) }
            guard let errand = queue.next(at: now) else {
                if let start = queue.earliestStart(after: now) { arm(at: start) }
                return
            }
            transmit(errand, on: connection, at: now)
        }
    }

    private func transmit(_ errand: consuming Errand, on connection: ClientConnection, at now: NIODeadline) {
        let call = errand.call
        counters.requests += 1
        closeGate(for: betweenRequests, from: now)
        guard !framing.isBroadcast(unit: call.unit) else {
            connection.send(call.request, transaction: 0, unit: call.unit)
            closeGate(for: turnaroundDelay, from: now)
            errand.reply?.acceptBroadcast(of: call.request)
            return
        }
        errand.arrivalsBefore = connection.arrivals
        let deadline = now + call.timeout
        let transaction = ledger.add(errand, deadline: deadline)
        arm(at: deadline)
        connection.send(call.request, transaction: transaction, unit: call.unit)
    }

    /// Keeps silent for a time, unless it is zero.
    func closeGate(for pause: TimeAmount, from now: NIODeadline) {
        if pause > .zero { gate.close(until: now + pause) }
    }

    // MARK: Attempts that fail

    /// Gives up what has waited or been out for too long.
    func expireRequests(at now: NIODeadline) {
        for errand in queue.expire(at: now) { errand.failUnsent(.queueTimeout) }
        guard case .connected(let connection) = link else { return }
        let expired = ledger.expire(at: now)
        guard !expired.isEmpty else { return }
        counters.timeouts += expired.count
        health.timedOut(expired.count)
        closeGate(for: betweenRequests, from: now)
        let repeated = expired.filter { repeats($0, after: .timeout) }
        for errand in expired where !repeats(errand, after: .timeout) { errand.fail(.timeout) }
        sendAgain(repeated, after: .timeout)
        if framing == .rtuOverTCP || framing == .tcp && health.timeoutsInARow >= timeoutLimit {
            endConnection(.connectionClosed)
        } else if let silence = framing.silence {
            connection.stopListening()
            closeGate(for: silence, from: now)
        }
    }

    /// Ends an attempt: with the error, or by sending the request again.
    func attemptFailed(_ errand: Errand, _ ending: Errand.Ending, _ error: ModbusClientError) {
        if repeats(errand, after: ending) {
            sendAgain([errand], after: ending)
        } else {
            errand.fail(error)
        }
    }

    /// What a stale connection took with it goes out once more on the next one (14.7).
    func connectionLost(_ connection: ClientConnection) {
        let lost = ledger.removeAll()
        let stale = lost.filter { $0.arrivalsBefore == connection.arrivals && repeats($0, after: .connectionClosed) }
        for errand in lost where !stale.contains(where: { $0.call === errand.call }) { errand.fail(.connectionClosed) }
        sendAgain(stale, after: .connectionClosed)
    }

    private func repeats(_ errand: Errand, after ending: Errand.Ending) -> Bool {
        guard errand.reply != nil else { return false }
        let policy = configuration.retries
        return switch ending {
        case .timeout: errand.call.isRepeatable && errand.timeouts < policy.afterTimeout
        case .badResponse: errand.call.isRepeatable && errand.badResponses < policy.afterBadResponse
        case .busy: errand.refusals < policy.whenBusy
        case .connectionClosed: errand.call.isRepeatable && policy.resendsOnStaleConnection && !errand.wasResent
        }
    }

    private func sendAgain(_ errands: [Errand], after ending: Errand.Ending) {
        guard !errands.isEmpty else { return }
        let start = loop.now + (ending == .busy ? TimeAmount(bounded: configuration.retries.busyPause) : .zero)
        counters.retries += errands.count
        queue.putBack(errands.map { $0.again(after: ending, notBefore: start) }, deadline: start + queueTimeout)
        arm(at: start)
    }
}
