// SPDX-License-Identifier: Apache-2.0

import Modbus
import NIOCore

/// The requests that wait to be sent, in their order.
struct RequestQueue {
    private struct Item {
        let errand: Errand
        let deadline: NIODeadline
    }

    private var items: [Item] = []

    var count: Int { items.count }
    var isEmpty: Bool { items.isEmpty }

    /// When the first of them has waited too long.
    var earliestDeadline: NIODeadline? { items.lazy.map(\.deadline).min() }

    /// When the first of those that have to pause may be sent.
    func earliestStart(after now: NIODeadline) -> NIODeadline? {
        items.lazy.map(\.errand.notBefore).filter { $0 > now }.min()
    }

    /// Adds a new request behind all others.
    mutating func append(_ errand: Errand, deadline: NIODeadline) {
        items.append(Item(errand: errand, deadline: deadline))
    }

    /// Puts requests that were sent before back in front of all others, in their order.
    mutating func putBack(_ errands: [Errand], deadline: NIODeadline) {
        items.insert(contentsOf: errands.map { Item(errand: $0, deadline: deadline) }, at: 0)
    }

    /// Takes out the first request that may be sent.
    ///
    /// While one has to pause others go before it, but never a write before a write: the older value would be written
    /// last.
    mutating func next(at now: NIODeadline) -> Errand? {
        var aWriteWaits = false
        for index in items.indices {
            let isWrite = !items[index].errand.call.request.isRead
            if items[index].errand.notBefore <= now, !(isWrite && aWriteWaits) {
                return items.remove(at: index).errand
            }
            if isWrite { aWriteWaits = true }
        }
        return nil
    }

    /// Takes out a request.
    mutating func remove(_ call: Call) -> Errand? {
        items.firstIndex { $0.errand.call === call }.map { items.remove(at: $0).errand }
    }

    /// Takes out the requests that have waited too long.
    mutating func expire(at now: NIODeadline) -> [Errand] {
        removeAll { $0.deadline <= now }
    }

    /// Takes out the requests that were never sent.
    mutating func removeNew() -> [Errand] {
        removeAll { $0.errand.lastEnding == nil }
    }

    /// Takes out all requests.
    mutating func removeAll() -> [Errand] {
        removeAll { _ in true }
    }

    private mutating func removeAll(where condition: (Item) -> Bool) -> [Errand] {
        let removed = items.filter(condition)
        if !removed.isEmpty { items.removeAll(where: condition) }
        return removed.map(\.errand)
    }
}
