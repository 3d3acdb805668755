// SPDX-License-Identifier: Apache-2.0
import Synchronization

/// Hands each notification to everybody who listens; who stops listening is forgotten.
final class NoticeListeners: Sendable {
    /// Notices kept for a listener that does not keep up; the oldest go first.
    private static let mostNotices = 256

    private struct State {
        var hasEnded = false
        var nextNumber = 0
        var continuations: [Int: AsyncStream<SiteController.Notice>.Continuation] = [:]
    }

    private let state = Mutex(State())

    /// How many listen.
    var count: Int { state.withLock { $0.continuations.count } }

    /// The notices from now on; none when there will be no more.
    func listen() -> AsyncStream<SiteController.Notice> {
        let (stream, continuation) = AsyncStream.makeStream(
            of: SiteController.Notice.self,
            bufferingPolicy: .bufferingNewest(NoticeListeners.mostNotices)
        )
        let number = state.withLock { state -> Int? in
            guard !state.hasEnded else { return nil }
            state.nextNumber += 1
            state.continuations[state.nextNumber] = continuation
            return state.nextNumber
        }
        guard let number else {
            continuation.finish()
            return stream
        }
        continuation.onTermination = { [weak self] _ in
            self?.state.withLock { _ = $0.continuations.removeValue(forKey: number) }
        }
        return stream
    }

    // Outside the lock, since whoever ends calls back.

    func yield(_ notice: SiteController.Notice) {
        for continuation in state.withLock({ Array($0.continuations.values) }) { continuation.yield(notice) }
    }

    /// Ends all streams, and those that are asked for later.
    func finish() {
        let continuations = state.withLock { state in
            state.hasEnded = true
            return Array(state.continuations.values)
        }
        for continuation in continuations { continuation.finish() }
    }
}
