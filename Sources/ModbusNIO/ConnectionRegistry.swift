// SPDX-License-Identifier: Apache-2.0

import NIOCore
import Synchronization

/// The connections of a server, whatever event loop they live on.
final class ConnectionRegistry: Sendable {
    /// One connection and when it was last of use.
    final class Entry: Sendable {
        let channel: any Channel
        /// Uptime in nanoseconds of the last request, or of the beginning.
        private let lastUse: Atomic<UInt64>
        private let delayed = Atomic<Int>(0)

        init(channel: any Channel) {
            self.channel = channel
            lastUse = Atomic(channel.eventLoop.now.uptimeNanoseconds)
        }

        /// A request came.
        func touch() { lastUse.store(channel.eventLoop.now.uptimeNanoseconds, ordering: .relaxed) }

        /// How many answers wait for their time.
        func setDelayed(_ count: Int) { delayed.store(count, ordering: .relaxed) }

        /// Connections with work sort behind those without, older use before newer (12.5).
        var rank: (Int, UInt64) {
            (delayed.load(ordering: .relaxed) > 0 ? 1 : 0, lastUse.load(ordering: .relaxed))
        }
    }

    private struct State {
        var entries: [ObjectIdentifier: Entry] = [:]
        var counters = ModbusServerCounters()
        var isStopping = false
    }

    private let state = Mutex(State())
    private let requestCount = Atomic<Int>(0)
    private let limit: Int

    init(limit: Int) { self.limit = max(1, limit) }

    /// Takes a new connection in, and closes another one when there are too many.
    ///
    /// - Returns: `nil` when the server is stopping.
    func admit(_ channel: any Channel) -> Entry? {
        let entry = Entry(channel: channel)
        let (admitted, evicted): (Bool, Entry?) = state.withLock { state in
            guard !state.isStopping else { return (false, nil) }
            var evicted: Entry?
            if state.entries.count >= limit, let oldest = state.entries.min(by: { $0.value.rank < $1.value.rank }) {
                evicted = state.entries.removeValue(forKey: oldest.key)
                state.counters.evictions += 1
            }
            state.entries[ObjectIdentifier(channel)] = entry
            state.counters.connections += 1
            return (true, evicted)
        }
        evicted?.channel.close(promise: nil)
        guard admitted else { return nil }
        channel.closeFuture.whenComplete { _ in self.remove(entry) }
        return entry
    }

    /// Forgets a connection that has ended.
    private func remove(_ entry: Entry) {
        state.withLock { state in
            let key = ObjectIdentifier(entry.channel)
            if state.entries[key] === entry { state.entries[key] = nil }
        }
    }

    /// Lets no more connections in and gives those that exist.
    func stop() -> [any Channel] {
        state.withLock { state in
            state.isStopping = true
            return state.entries.values.map(\.channel)
        }
    }

    /// Counts a request.
    func countRequest() { requestCount.add(1, ordering: .relaxed) }

    /// Counts something rarer than requests.
    func count(_ counter: WritableKeyPath<ModbusServerCounters, Int>) {
        state.withLock { $0.counters[keyPath: counter] += 1 }
    }

    /// What was counted so far.
    var counters: ModbusServerCounters {
        var counters = state.withLock { state in
            var counters = state.counters
            counters.openConnections = state.entries.count
            return counters
        }
        counters.requests = requestCount.load(ordering: .relaxed)
        return counters
    }
}
