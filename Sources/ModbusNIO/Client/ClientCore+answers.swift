// SPDX-License-Identifier: Apache-2.0

import Modbus
import NIOCore

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// Answers on their way in: matched, judged, handed to the caller.
extension ClientCore: ClientConnectionDelegate {
    private func isCurrent(_ connection: ClientConnection) -> Bool {
        if case .connected(let current) = link { current === connection } else { false }
    }

    func received(_ header: MBAPHeader, _ pdu: Span<UInt8>, on connection: ClientConnection) {
        guard isCurrent(connection) else { return }
        if let errand = framing.hasTransactions ? match(header) : matchOnly(header) {
            answered(errand, header, pdu)
            if framing.isLine {
                connection.stopListening()
                // It may be the late answer to an earlier attempt; then the last attempt's is still to come, and must not
                // be taken for the answer to the next request.
                if errand.timeouts > 0 { closeGate(for: errand.call.timeout, from: loop.now) }
            }
            if betweenRequests > .zero { closeGate(for: betweenRequests, from: loop.now) }
        }
        if !queue.isEmpty { pump(at: loop.now) }
        closeIfIdle()
    }

    /// The request an answer names.
    private func match(_ header: MBAPHeader) -> Errand? {
        guard header.protocolIdentifier == 0 else {
            counters.foreignFrames += 1
            countMismatch()
            return nil
        }
        switch ledger.match(header.transaction) {
        case .outstanding(let errand): return errand
        case .late: counters.lateAnswers += 1
        case .unknown:
            counters.unknownAnswers += 1
            countMismatch()
        }
        return nil
    }

    /// The only request that is out; on a line an answer from another unit leaves it waiting (10.16).
    private func matchOnly(_ header: MBAPHeader) -> Errand? {
        guard let (identifier, errand) = ledger.first else {
            counters.unknownAnswers += 1
            countMismatch()
            return nil
        }
        if framing.isLine, header.unit != errand.call.unit {
            counters.wrongUnits += 1
            return nil
        }
        _ = ledger.match(identifier)
        return errand
    }

    /// Whether the answer has to come from the unit that was addressed (6.10, 6.11, 11.3).
    private func comparesUnit(of call: Call) -> Bool {
        !framing.hasTransactions || (1...247).contains(call.unit) && !configuration.ignoresAnswerUnit
    }

    private func answered(_ errand: Errand, _ header: MBAPHeader, _ pdu: Span<UInt8>) {
        let call = errand.call
        if header.unit != call.unit, comparesUnit(of: call) {
            counters.wrongUnits += 1
            errand.fail(.wrongUnit(expected: call.unit, actual: header.unit))
            countMismatch()
            return
        }
        do throws(ResponseFault) {
            let exception = try exception(in: pdu, answering: call.request)
            if exception == .serverDeviceBusy, errand.reply != nil, errand.refusals < configuration.retries.whenBusy {
                attemptFailed(errand, .busy, .exception(.serverDeviceBusy))
            } else if let reply = errand.reply {
                try reply.accept(pdu, for: call.request)
            }
            counters.answers += 1
            noteSuccess()
        } catch {
            counters.badResponses += 1
            attemptFailed(errand, .badResponse, .badResponse("\(error)"))
            if case .function = error { countMismatch() }
        }
    }

    /// Counts an exception response.
    private func exception(in pdu: Span<UInt8>, answering request: Request) throws(ResponseFault) -> ExceptionCode? {
        guard pdu.count > 0, pdu[0] == request.function.exceptionByte, pdu.count == 2 else { return nil }
        let code = ExceptionCode(rawValue: pdu[1])
        counters.exceptions += 1
        counters.exceptionCodes[code, default: 0] += 1
        return code
    }

    /// Counts an answer to nothing that was asked; a connection with several of them cannot be trusted.
    ///
    /// Anybody can send datagrams, and what was not asked for on a line is another device's; neither ends anything. A
    /// stream without identifiers is out of step at once (11.3).
    private func countMismatch() {
        guard framing != .udp, !framing.isLine else { return }
        health.mismatched()
        let limit = framing == .rtuOverTCP ? 1 : max(1, configuration.mismatchesBeforeReconnect)
        if health.mismatches >= limit { endConnection(.connectionClosed) }
    }

    func received(damage: String, on connection: ClientConnection) {
        guard isCurrent(connection) else { return }
        switch framing {
        case .tcp:
            counters.brokenStreams += 1
            endConnection(.badResponse("\(damage); the connection was closed"))
        case .udp:
            counters.damagedFrames += 1
        case .rtuOverTCP:
            counters.damagedFrames += 1
            failOnly(damage)
            endConnection(.badResponse(damage))
        case .rtu, .ascii:
            counters.damagedFrames += 1
            connection.stopListening()
            closeGate(for: framing.silence ?? .zero, from: loop.now)
            failOnly(damage)
            pump(at: loop.now)
            closeIfIdle()
        }
    }

    /// The damaged frame was most likely the awaited answer.
    private func failOnly(_ damage: String) {
        for errand in ledger.removeAll() { attemptFailed(errand, .badResponse, .badResponse(damage)) }
    }

    func receivedNoise(on connection: ClientConnection) {
        guard isCurrent(connection) else { return }
        counters.noise += 1
        closeGate(for: framing.silence ?? .zero, from: loop.now)
    }

    func failed(_ connection: ClientConnection, _ error: any Error) {
        guard isCurrent(connection) else { return }
        if let error = error as? ModbusClientError {
            endConnection(error)
        } else if let error = error as? IOError, error.errnoCode == ECONNREFUSED {
            endConnection(.connectionRefused("\(configuration.host):\(configuration.port)"))
        }
    }

    func ended(_ connection: ClientConnection) {
        guard isCurrent(connection) else { return }
        guard health.hasSucceeded else { return endConnection(.connectionClosed) }
        leaveConnection()
        connectionLost(connection)
        pump(at: loop.now)
    }
}
