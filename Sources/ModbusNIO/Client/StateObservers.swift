// SPDX-License-Identifier: Apache-2.0

/// The streams that follow a client's state.
struct StateObservers {
    private var continuations: [Int: AsyncStream<ConnectionState>.Continuation] = [:]
    private var nextKey = 0

    /// Adds a stream and tells it the present state.
    mutating func add(_ continuation: AsyncStream<ConnectionState>.Continuation, present: ConnectionState) -> Int {
        let key = nextKey
        nextKey += 1
        continuation.yield(present)
        if present == .closed { continuation.finish() } else { continuations[key] = continuation }
        return key
    }

    /// Forgets a stream that nobody reads any more.
    mutating func remove(_ key: Int) { continuations[key] = nil }

    /// Tells all streams a new state; ``ConnectionState/closed`` is the last one.
    mutating func publish(_ state: ConnectionState) {
        for (key, continuation) in continuations {
            // A reader may have gone before anybody could hear of it.
            if case .terminated = continuation.yield(state) { continuations[key] = nil }
            if state == .closed { continuation.finish() }
        }
        if state == .closed { continuations = [:] }
    }
}
