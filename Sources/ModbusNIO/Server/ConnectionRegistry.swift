// SPDX-License-Identifier: Apache-2.0

import NIOCore
import Synchronization

/// The connections of a server, whatever event loop they live on, and who may have one.
final class ConnectionRegistry: Sendable {
    /// One connection and when it was last of use.
    final class Entry: Sendable {
        let channel: any Channel
        let address: SocketAddress?
        /// The bytes of the IP address.
        let ip: [UInt8]?
        /// The group of priority peers it belongs to.
        let priority: Int?
        /// The place of the last request, or of the beginning, among those of all connections.
        let lastUse: Atomic<Int>
        private let inWork = Atomic<Int>(0)

        init(channel: any Channel, priority: Int?, use: Int) {
            self.channel = channel
            self.priority = priority
            address = channel.remoteAddress
            ip = address?.ipBytes
            lastUse = Atomic(use)
        }

        /// How many requests are in work.
        func setInWork(_ count: Int) { inWork.store(count, ordering: .relaxed) }

        /// Connections with work sort behind those without, older use before newer (12.5).
        var rank: (Int, Int) {
            (inWork.load(ordering: .relaxed) > 0 ? 1 : 0, lastUse.load(ordering: .relaxed))
        }

        var peerText: String { address?.text ?? "a peer without an address" }
    }

    private enum Admission {
        case admitted(evicted: Entry?)
        case refused(ServerEvent.Refusal)
        case stopping
    }

    private struct State {
        var entries: [ObjectIdentifier: Entry] = [:]
        var counters = ModbusServerCounters()
        var isStopping = false
        /// What was told already, so that a peer that tries again and again fills no log.
        var told: [ServerEvent: NIODeadline] = [:]
    }

    /// How many different events are remembered before all may be told again.
    private static let rememberedEvents = 256
    /// How long an event that comes again and again is told only once.
    private static let quietTime = TimeAmount.hours(1)

    private let state = Mutex(State())
    private let requestCount = Atomic<Int>(0)
    private let inWorkCount = Atomic<Int>(0)
    private let uses = Atomic<Int>(0)
    private let configuration: ModbusServerConfiguration

    init(_ configuration: ModbusServerConfiguration) { self.configuration = configuration }

    // MARK: Coming and going

    /// Takes a new connection in, and closes another one when there are too many.
    ///
    /// The access list is asked before any place is taken and before any handshake (12.8).
    ///
    /// - Returns: `nil` when the connection may not be, and has to be closed.
    func admit(_ channel: any Channel) -> Entry? {
        let address = channel.remoteAddress
        let group = address.flatMap { address in
            configuration.priorityPeers.firstIndex { $0.addresses.contains(address) }
        }
        let entry = Entry(channel: channel, priority: group, use: nextUse())
        let allowed = configuration.accessList.map { list in address.map(list.allows) ?? false } ?? true
        let admission: Admission = state.withLock { state in
            guard !state.isStopping else { return .stopping }
            guard allowed else {
                state.counters.deniedConnections += 1
                return .refused(.denied)
            }
            let admission = room(for: entry, &state)
            switch admission {
            case .admitted: state.counters.connections += 1
            case .refused: state.counters.refusedConnections += 1
            case .stopping: break
            }
            return admission
        }
        switch admission {
        case .stopping: return nil
        case .refused(let reason):
            tell(.refused(address: hostText(address), reason))
            return nil
        case .admitted(let evicted):
            if let evicted {
                tell(.evicted(address: hostText(evicted.address)))
                evicted.channel.close(promise: nil)
            }
            channel.closeFuture.whenComplete { _ in self.remove(entry) }
            return entry
        }
    }

    private func room(for entry: Entry, _ state: inout State) -> Admission {
        if let group = entry.priority {
            let limit = max(1, configuration.priorityPeers[group].maximumConnections)
            let existing = state.entries.values.filter { $0.priority != nil && $0.ip == entry.ip }
            guard existing.count < limit || limit == 1 else { return .refused(.tooManyConnections(limit: limit)) }
            // A client with one place that was restarted gets it back (12.15).
            let replaced = limit == 1 ? existing.first : nil
            if let replaced {
                state.entries[ObjectIdentifier(replaced.channel)] = nil
                state.counters.evictions += 1
            }
            state.entries[ObjectIdentifier(entry.channel)] = entry
            return .admitted(evicted: replaced)
        }
        let ordinary = state.entries.values.lazy.filter { $0.priority == nil }
        var evicted: Entry?
        // Without priority peers all are ordinary, and counting them costs nothing.
        let count = configuration.priorityPeers.isEmpty ? state.entries.count : ordinary.count
        if count >= max(1, configuration.maximumConnections) {
            guard let oldest = ordinary.min(by: { $0.rank < $1.rank }) else { return .refused(.full) }
            state.entries[ObjectIdentifier(oldest.channel)] = nil
            state.counters.evictions += 1
            evicted = oldest
        }
        state.entries[ObjectIdentifier(entry.channel)] = entry
        return .admitted(evicted: evicted)
    }

    /// Notes that requests came on a connection.
    func touch(_ entry: Entry) { entry.lastUse.store(nextUse(), ordering: .relaxed) }

    /// A number that grows with each use; it orders connections as a clock would and costs less.
    private func nextUse() -> Int { uses.add(1, ordering: .relaxed).newValue }

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

    // MARK: Work of all connections

    /// Takes a place among the requests in work of all connections.
    ///
    /// - Returns: `false` when there is none.
    func takeWork() -> Bool {
        let (_, count) = inWorkCount.add(1, ordering: .relaxed)
        guard count > max(1, configuration.maximumInWorkTotal) else { return true }
        releaseWork(1)
        return false
    }

    /// How many places are taken.
    var inWork: Int { inWorkCount.load(ordering: .relaxed) }

    /// Gives places back.
    func releaseWork(_ count: Int) {
        if count > 0 { inWorkCount.subtract(count, ordering: .relaxed) }
    }

    // MARK: Counting and telling

    /// Counts requests.
    func countRequests(_ count: Int) { requestCount.add(count, ordering: .relaxed) }

    /// Counts something rarer than requests.
    func count(_ counter: WritableKeyPath<ModbusServerCounters, Int>) {
        state.withLock { $0.counters[keyPath: counter] += 1 }
    }

    /// Counts and tells a handshake that failed.
    func handshakeFailed(_ entry: Entry, _ reason: String) {
        count(\.failedHandshakes)
        tell(.refused(address: hostText(entry.address), .handshake(reason)))
    }

    private func tell(_ event: ServerEvent) {
        guard let onEvent = configuration.onEvent else { return }
        let now = NIODeadline.now()
        let isNew = state.withLock { state in
            if let last = state.told[event], now - last < ConnectionRegistry.quietTime { return false }
            if state.told.count >= ConnectionRegistry.rememberedEvents { state.told = [:] }
            state.told[event] = now
            return true
        }
        if isNew { onEvent(event) }
    }

    /// The address without the port, which differs each time.
    private func hostText(_ address: SocketAddress?) -> String {
        address?.ipAddress ?? address?.text ?? "a peer without an address"
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
