// SPDX-License-Identifier: Apache-2.0

public import Modbus
import Synchronization

/// An answer that somebody will give later, from any thread.
///
/// The server keeps the request's place until then, and answers `ExceptionCode.serverDeviceFailure` itself when
/// ``ModbusServerConfiguration/answerTimeLimit`` is over (9.18).
public final class PendingReply: Sendable, Hashable {
    private enum State {
        case open(whenAnswered: (@Sendable (Response) -> Void)?, whenAbandoned: (@Sendable () -> Void)?)
        case answered(Response)
        case over
    }

    private let state: Mutex<State>

    /// Creates a reply.
    ///
    /// - Parameter whenAbandoned: Called once, on the event loop, when the answer is of no use any more because the
    ///   connection ended or the time was over.
    public init(whenAbandoned: (@Sendable () -> Void)? = nil) {
        state = Mutex(.open(whenAnswered: nil, whenAbandoned: whenAbandoned))
    }

    /// Gives the answer; only the first one counts.
    public func answer(_ response: Response) {
        let deliver: (@Sendable (Response) -> Void)? = state.withLock { state in
            guard case .open(let whenAnswered, _) = state else { return nil }
            state = whenAnswered == nil ? .answered(response) : .over
            return whenAnswered
        }
        deliver?(response)
    }

    /// Whether an answer is still awaited.
    public var isOpen: Bool {
        state.withLock { state in
            if case .open = state { true } else { false }
        }
    }

    /// Sets who is told the answer; called at once when it is there.
    package func onAnswer(_ action: @escaping @Sendable (Response) -> Void) {
        let early: Response? = state.withLock { state in
            switch state {
            case .open(_, let whenAbandoned):
                state = .open(whenAnswered: action, whenAbandoned: whenAbandoned)
                return nil
            case .answered(let response):
                state = .over
                return response
            case .over:
                return nil
            }
        }
        if let early { action(early) }
    }

    /// Says that the answer is of no use any more.
    package func abandon() {
        let action: (@Sendable () -> Void)? = state.withLock { state in
            defer { state = .over }
            if case .open(_, let whenAbandoned) = state { return whenAbandoned }
            return nil
        }
        action?()
    }

    /// Replies are the same only if they are one.
    public static func == (left: PendingReply, right: PendingReply) -> Bool { left === right }

    /// Hashes the identity.
    public func hash(into hasher: inout Hasher) { hasher.combine(ObjectIdentifier(self)) }
}
