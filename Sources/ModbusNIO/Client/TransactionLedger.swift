// SPDX-License-Identifier: Apache-2.0

import NIOCore

/// The transactions of one connection that wait for an answer.
///
/// Identifiers go round all 65536 values, so none comes back while a late answer to its last use may still come (4.10);
/// one that is still outstanding after a whole round is left out (4.1).
struct TransactionLedger<Value> {
    /// A request whose answer has not come yet.
    struct Entry {
        let identifier: UInt16
        let deadline: NIODeadline
        var value: Value
    }

    /// What an identifier in an answer stands for.
    enum Match {
        /// The outstanding request.
        case outstanding(Value)
        /// A request that timed out.
        case late
        /// Nothing this connection has asked.
        case unknown
    }

    /// How many timed-out identifiers are remembered, only to tell late answers from strange ones.
    private let rememberedLimit = 64

    /// In the order they were sent; at most 16, so looking through them is quickest.
    private var entries: [Entry] = []
    private var timedOut: [UInt16] = []
    private var next: UInt16

    init(firstIdentifier: UInt16) { next = firstIdentifier }

    var count: Int { entries.count }
    var nextIdentifier: UInt16 { next }
    var earliestDeadline: NIODeadline? { entries.lazy.map(\.deadline).min() }

    /// Enters a request and gives its identifier.
    mutating func add(_ value: Value, deadline: NIODeadline) -> UInt16 {
        while entries.contains(where: { $0.identifier == next }) { next &+= 1 }
        let identifier = next
        next &+= 1
        if !timedOut.isEmpty { timedOut.removeAll { $0 == identifier } }
        entries.append(Entry(identifier: identifier, deadline: deadline, value: value))
        return identifier
    }

    /// The only request, where answers do not name theirs.
    var first: (identifier: UInt16, value: Value)? { entries.first.map { ($0.identifier, $0.value) } }

    /// Changes requests without taking them out.
    mutating func update(_ change: (inout Value) -> Void) {
        for index in entries.indices { change(&entries[index].value) }
    }

    /// Takes out what an answer belongs to.
    mutating func match(_ identifier: UInt16) -> Match {
        if let index = entries.firstIndex(where: { $0.identifier == identifier }) {
            return .outstanding(entries.remove(at: index).value)
        }
        if let index = timedOut.firstIndex(of: identifier) {
            timedOut.remove(at: index)
            return .late
        }
        return .unknown
    }

    /// Takes out the requests whose deadline has come.
    mutating func expire(at now: NIODeadline) -> [Value] {
        let expired = entries.filter { $0.deadline <= now }
        guard !expired.isEmpty else { return [] }
        entries.removeAll { $0.deadline <= now }
        timedOut = (timedOut + expired.map(\.identifier)).suffix(rememberedLimit)
        return expired.map(\.value)
    }

    /// Takes out all requests.
    mutating func removeAll() -> [Value] {
        defer { entries = [] }
        return entries.map(\.value)
    }
}
