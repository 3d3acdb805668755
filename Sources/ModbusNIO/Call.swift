// SPDX-License-Identifier: Apache-2.0

import Modbus
import NIOCore
import Synchronization

/// One request on its way, from the caller's task to the event loop and back.
///
/// Ends exactly once: by an answer, an error or the caller's cancellation, whichever comes first. Cancelling does not
/// wait for the event loop, and leaves the transaction's place taken until its answer or its deadline (4.14).
final class Call: Sendable {
    typealias Outcome = Result<Response, ModbusClientError>

    private enum State {
        case new
        case waiting(CheckedContinuation<Outcome, Never>)
        case finished(Outcome)
    }

    let request: Request
    let unit: UInt8
    let timeout: TimeAmount
    private let state = Mutex(State.new)

    init(request: Request, unit: UInt8, timeout: TimeAmount) {
        self.request = request
        self.unit = unit
        self.timeout = timeout
    }

    /// Whether the caller has its result; nothing that happens from here on reaches it.
    var isFinished: Bool {
        state.withLock { state in
            if case .finished = state { true } else { false }
        }
    }

    /// Waits for the outcome, after doing what starts the call.
    func outcome(start: () -> Void) async -> Outcome {
        await withCheckedContinuation { continuation in
            let early: Outcome? = state.withLock { state in
                if case .finished(let outcome) = state { return outcome }
                state = .waiting(continuation)
                return nil
            }
            if let early { continuation.resume(returning: early) } else { start() }
        }
    }

    /// Gives the caller its result; only the first one counts.
    func finish(_ outcome: Outcome) {
        let continuation: CheckedContinuation<Outcome, Never>? = state.withLock { state in
            switch state {
            case .new:
                state = .finished(outcome)
                return nil
            case .waiting(let continuation):
                state = .finished(outcome)
                return continuation
            case .finished:
                return nil
            }
        }
        continuation?.resume(returning: outcome)
    }
}
