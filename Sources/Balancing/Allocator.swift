// SPDX-License-Identifier: Apache-2.0
import Quantities

/// Divides the capacity of rows among sockets: max-min fair in amperes, above a minimum that each served one gets first.
///
/// Progressive filling: all rise together, whoever meets a full row or its own maximum stays, the others go on. On the set
/// of feasible offers (anything smaller is feasible too) this is the max-min fair point, and it leaves nothing that one of
/// them could still use. Two sums are kept for each row: what is really offered, and what must be counted when somebody
/// is offered more than its share, where nobody counts less than its own share (hazards A.6 rule 2 b, A.9).
struct Allocator: Sendable {
    /// One socket as the division sees it.
    struct Participant: Sendable {
        /// The rows it loads, each with what it is offered.
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
    }

    /// What stopped a participant from getting more.
    enum Stop: Sendable, Equatable {
        case row(Int)
        case maximum
        case notServed
    }

    /// Capacity of each row.
    var capacity: [Amperes]

    /// Divides.
    ///
    /// - Returns: For each participant what it is offered and what stopped it. When the minima of the served ones do not
    ///   fit, they still get them: whom to serve is decided before, with ``firstShortRow(_:)``.
    /// - Complexity: O((n + r) · (n · d + r)) for n participants in d rows each and r rows.
    func divide(_ participants: [Participant]) -> [(current: Amperes, stop: Stop)] {
        var sums = Sums(capacity: capacity, participants: participants)
        var result: [(current: Amperes, stop: Stop)] = participants.map {
            ($0.isServed ? $0.minimum : .zero, .notServed)
        }
        var open = participants.indices.filter { participants[$0].isServed }
        while !open.isEmpty {
            // Only the lowest rise; those whose minimum is higher wait until the others have come up to them.
            let level = open.map { result[$0].current }.min() ?? .zero
            let rising = open.filter { result[$0].current == level }
            let full = sums.fullRows(for: rising, at: level, participants)
            var stopped: Set<Int> = []
            for index in rising {
                if let row = full.first(where: { $0.stops(index, at: level, participants) })?.row {
                    result[index].stop = .row(row)
                    stopped.insert(index)
                } else if participants[index].maximum <= level {
                    result[index].stop = .maximum
                    stopped.insert(index)
                }
            }
            if stopped.isEmpty {
                let next = open.lazy.map { result[$0].current }.filter { $0 > level }.min()
                let step = sums.step(for: rising, from: level, upTo: next, participants)
                for index in rising { result[index].current = level + step }
                sums.raise(rising, from: level, by: step, participants)
            } else {
                open.removeAll { stopped.contains($0) }
            }
        }
        return result
    }

    /// The first row on which the minima of the served ones do not fit; `nil` when they fit.
    ///
    /// A row without anybody served can be short by the house or by what offline sockets may draw; nobody can help it.
    func firstShortRow(_ participants: [Participant]) -> Int? {
        let sums = Sums(capacity: capacity, participants: participants)
        return capacity.indices.first { sums.hasServed[$0] && sums.isShort($0) }
    }

    /// The same, looking only at the rows that one participant loads.
    func firstShortRow(_ participants: [Participant], loadedBy index: Int) -> Int? {
        let sums = Sums(capacity: capacity, participants: participants)
        return participants[index].rows.sorted().first { sums.isShort($0) }
    }

    /// The capacity that the minima of the served ones need on each row.
    func needed(_ participants: [Participant]) -> [Amperes] {
        let sums = Sums(capacity: capacity, participants: participants)
        return capacity.indices.map { row in
            capacity[row] - (sums.hasAboveShare[row] ? min(sums.free[row], sums.freeCounted[row]) : sums.free[row])
        }
    }
}

extension Allocator {
    /// A row that has no room left, for everybody or only for those above their share.
    fileprivate struct FullRow {
        var row: Int
        var isForAll: Bool

        func stops(_ index: Int, at level: Amperes, _ participants: [Participant]) -> Bool {
            participants[index].rows.contains(row) && (isForAll || level >= participants[index].share)
        }
    }

    /// The two sums of each row, as what is left of the capacity.
    fileprivate struct Sums {
        /// Capacity less what is offered or set aside.
        var free: [Amperes]
        /// Capacity less what counts, where nobody counts less than the share.
        var freeCounted: [Amperes]
        /// Whether somebody on the row is above the share already with the minimum.
        var hasAboveShare: [Bool]
        /// Whether somebody on the row is served.
        var hasServed: [Bool]

        init(capacity: [Amperes], participants: [Participant]) {
            free = capacity
            freeCounted = capacity
            hasAboveShare = Array(repeating: false, count: capacity.count)
            hasServed = hasAboveShare
            for participant in participants {
                let current = participant.isServed ? participant.minimum : participant.reserve
                for row in participant.rows {
                    free[row] = free[row] - current
                    freeCounted[row] = freeCounted[row] - max(current, participant.share)
                    if participant.isServed { hasServed[row] = true }
                    if participant.isServed, current > participant.share { hasAboveShare[row] = true }
                }
            }
        }

        func isShort(_ row: Int) -> Bool {
            free[row] < .zero || (hasAboveShare[row] && freeCounted[row] < .zero)
        }

        /// How many of the rising ones load each row, and how many of these are at or above their share.
        private func counts(_ rising: [Int], at level: Amperes, _ all: [Participant]) -> (all: [Int], above: [Int]) {
            var count = Array(repeating: 0, count: free.count)
            var above = count
            for index in rising {
                for row in all[index].rows {
                    count[row] += 1
                    if level >= all[index].share { above[row] += 1 }
                }
            }
            return (count, above)
        }

        func fullRows(for rising: [Int], at level: Amperes, _ all: [Participant]) -> [FullRow] {
            let counts = counts(rising, at: level, all)
            return free.indices.compactMap { row in
                if counts.all[row] > 0, free[row].milliamperes < counts.all[row] {
                    return FullRow(row: row, isForAll: true)
                }
                if counts.above[row] > 0, freeCounted[row].milliamperes < counts.above[row] {
                    return FullRow(row: row, isForAll: false)
                }
                return nil
            }
        }

        /// The largest common step until a row is full or a share, a maximum or the next level is met; at least 1 mA.
        func step(for rising: [Int], from level: Amperes, upTo next: Amperes?, _ all: [Participant]) -> Amperes {
            let counts = counts(rising, at: level, all)
            var step = next.map { $0 - level } ?? Amperes(milliamperes: Amperes.limit)
            for index in rising {
                step = min(step, all[index].maximum - level)
                if all[index].share > level { step = min(step, all[index].share - level) }
            }
            for row in free.indices where counts.all[row] > 0 {
                step = min(step, Amperes(milliamperes: free[row].milliamperes / counts.all[row]))
                guard counts.above[row] > 0 else { continue }
                step = min(step, Amperes(milliamperes: freeCounted[row].milliamperes / counts.above[row]))
            }
            return max(step, Amperes(milliamperes: 1))
        }

        mutating func raise(_ rising: [Int], from level: Amperes, by step: Amperes, _ all: [Participant]) {
            for index in rising {
                for row in all[index].rows {
                    free[row] = free[row] - step
                    if level >= all[index].share { freeCounted[row] = freeCounted[row] - step }
                }
            }
        }
    }
}
