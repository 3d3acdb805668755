// SPDX-License-Identifier: Apache-2.0
import Quantities

/// Divides the capacity of rows among sockets: max-min fair in amperes, above a minimum that each served one gets first.
///
/// Progressive filling: all rise together, whoever meets a full row or its own maximum stays, the others go on. On the set
/// of feasible offers (anything smaller is feasible too) this is the max-min fair point, and it leaves nothing that one of
/// them could still use.
struct Allocator: Sendable {
    /// One socket as the division sees it.
    struct Participant: Sendable {
        /// The rows it loads, each with what it is offered; a row that it loads with a multiple is there as many times.
        var rows: [Int]
        /// What it gets when it is served.
        var minimum: Amperes
        /// What it can use; not below ``minimum`` when it is served.
        var maximum: Amperes
        /// What is counted for it at least.
        var share: Amperes
        /// Whether it gets its minimum.
        ///
        /// Otherwise it gets nothing, and ``reserve`` is counted.
        var isServed: Bool
        /// What is set aside for it while it is not served: zero, or what it may still be drawing.
        var reserve: Amperes = .zero
        /// Its part of a common rise, in relation to the others.
        var weight = 1
    }

    /// What stopped a participant from getting more.
    enum Stop: Sendable, Equatable {
        case row(Int)
        case maximum
        case notServed
    }

    /// Capacity of each row.
    var capacity: [Amperes]
    /// Parts of a milliampere that are counted; more than one where weights differ.
    var partsOfMilliampere = 1

    /// Divides.
    ///
    /// - Returns: For each participant what it is offered and what stopped it. When the minima of the served ones do not
    ///   fit, they still get them: whom to serve is decided before, with ``RowUsage/firstShortRow(_:)``.
    /// - Complexity: O(n · d + n · log n + e · r) for n participants in d rows each, e different levels at which somebody
    ///   stops, and the r rows that can become full.
    func divide(_ participants: [Participant]) -> [(current: Amperes, stop: Stop)] {
        divide(participants, RowUsage(participants, rows: capacity.count))
    }

    /// Divides, where what is used to begin with is known.
    func divide(_ participants: [Participant], _ usage: RowUsage) -> [(current: Amperes, stop: Stop)] {
        var filling = Filling(self, usage: usage, participants: participants)
        filling.run()
        return filling.result
    }

    /// The capacity that the minima of the served ones need on each row.
    func needed(_ participants: [Participant]) -> [Amperes] {
        let usage = RowUsage(participants, rows: capacity.count)
        return capacity.indices.map { usage.needed($0) }
    }
}
