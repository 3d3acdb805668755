// SPDX-License-Identifier: Apache-2.0
import Quantities

/// One progressive filling, from event to event.
///
/// All that rise are at the same *level*. Between two events, each row loses the level's rise times the number of risers on
/// it, so the level at which it is full is known beforehand and changes only when somebody begins or stops to rise there.
/// Whole numbers: a row with less room than risers is full. Who has a weight has that many times the level and counts as
/// that many risers; the unit is the milliampere, or a part of it.
struct Filling {
    private enum State { case notServed, below, rising, stopped }

    /// A row that can become full.
    private struct Row {
        /// Its number in the capacity.
        let number: Int
        /// What is left of the capacity less what is offered, at ``level``.
        var free: Int
        /// The same less what counts, where nobody counts less than the share.
        var freeCounted: Int
        /// For which level the two hold.
        var level = 0
        /// How many rise on it.
        var rising = 0
        /// How many of these are at or above their share.
        var aboveShare = 0
        /// From which level on it is full, for everybody or for those above their share.
        var fullAt = Int.max

        var isFullForAll: Bool { rising > 0 && free < rising }

        mutating func advance(to level: Int) {
            free -= (level - self.level) * rising
            freeCounted -= (level - self.level) * aboveShare
            self.level = level
        }

        mutating func foresee() {
            fullAt = Int.max
            if rising > 0 { fullAt = free < rising ? level : level + free / rising }
            guard aboveShare > 0 else { return }
            fullAt = min(fullAt, freeCounted < aboveShare ? level : level + freeCounted / aboveShare)
        }
    }

    private(set) var result: [(current: Amperes, stop: Allocator.Stop)]
    private let participants: [Allocator.Participant]
    private let unit: Int
    private var states: [State]
    private var rows: [Row] = []
    /// The place in ``rows`` of each row of the capacity; -1 for those that nobody can fill.
    private var places: [Int]
    /// The participants on each row of ``rows``, one list after the other.
    private var members: [Int] = []
    private var firstMember: [Int] = []
    /// Level and participant, by level: when each begins to rise, reaches its share, reaches its maximum.
    private var begins: Events
    private var shares: Events
    private var ends: Events
    private var level = 0
    private var risingCount = 0

    init(_ allocator: Allocator, usage: RowUsage, participants: [Allocator.Participant]) {
        self.participants = participants
        let unit = allocator.partsOfMilliampere
        self.unit = unit
        result = participants.map { (.zero, $0.isServed ? .maximum : .notServed) }
        states = participants.map { $0.isServed ? .below : .notServed }
        begins = Events(participants) { $0.level(of: $0.minimum, unit) }
        shares = Events(participants) { $0.share > $0.minimum ? $0.level(of: $0.share, unit) : nil }
        ends = Events(participants) { max($0.level(of: $0.minimum, unit), $0.level(of: $0.maximum, unit)) }
        places = Array(repeating: -1, count: allocator.capacity.count)
        findRows(allocator.capacity, usage)
    }

    /// Fills until nobody rises.
    mutating func run() {
        while risingCount > 0 || !begins.isEmpty {
            if risingCount == 0, let next = begins.next { level = max(level, next) }
            begin()
            if stop() { continue }
            let next =
                [begins.next, shares.next, ends.next, rows.lazy.map(\.fullAt).min()]
                .compactMap { $0 }.min() ?? level
            level = max(next, level + 1)
        }
    }

    /// Leaves out the rows that have room even when everybody has its maximum: they stop nobody.
    private mutating func findRows(_ capacity: [Amperes], _ usage: RowUsage) {
        var free = capacity.indices.map { capacity[$0].milliamperes - usage.offered[$0] }
        var freeCounted = capacity.indices.map { capacity[$0].milliamperes - usage.counted[$0] }
        let (start, startCounted) = (free, freeCounted)
        var weights = Array(repeating: 0, count: capacity.count)
        for participant in participants where participant.isServed {
            let (least, share) = (participant.minimum.milliamperes, participant.share.milliamperes)
            let most = max(least, participant.maximum.milliamperes)
            let (rise, counted) = (most - least, max(most, share) - max(least, share))
            for row in participant.rows {
                free[row] -= rise
                freeCounted[row] -= counted
                weights[row] += participant.weight
            }
        }
        for row in capacity.indices where usage.served[row] > 0 {
            guard min(free[row], freeCounted[row]) * unit < weights[row] else { continue }
            places[row] = rows.count
            rows.append(Row(number: row, free: start[row] * unit, freeCounted: startCounted[row] * unit))
        }
        listMembers()
    }

    private mutating func listMembers() {
        firstMember = Array(repeating: 0, count: rows.count + 1)
        for participant in participants where participant.isServed {
            for row in participant.rows where places[row] >= 0 { firstMember[places[row] + 1] += 1 }
        }
        for place in rows.indices { firstMember[place + 1] += firstMember[place] }
        var next = firstMember
        members = Array(repeating: 0, count: firstMember[rows.count])
        for index in participants.indices where participants[index].isServed {
            for row in participants[index].rows where places[row] >= 0 {
                members[next[places[row]]] = index
                next[places[row]] += 1
            }
        }
    }

    /// Lets those rise whose minimum the others have come up to, and counts those that have come up to their share.
    private mutating func begin() {
        while let index = begins.pop(upTo: level) {
            states[index] = .rising
            risingCount += 1
            change(index, rising: 1, aboveShare: isAboveShare(index) ? 1 : 0)
        }
        while let index = shares.pop(upTo: level) {
            if states[index] == .rising { change(index, rising: 0, aboveShare: 1) }
        }
    }

    /// Stops those on full rows and those at their maximum.
    ///
    /// - Returns: Whether somebody was stopped.
    private mutating func stop() -> Bool {
        var stopped: [Int] = []
        for place in rows.indices where rows[place].fullAt <= level {
            rows[place].advance(to: level)
            let isForAll = rows[place].isFullForAll
            for member in firstMember[place]..<firstMember[place + 1] {
                let index = members[member]
                guard states[index] == .rising, isForAll || isAboveShare(index) else {
                    continue
                }
                states[index] = .stopped
                result[index].stop = .row(rows[place].number)
                stopped.append(index)
            }
        }
        while let index = ends.pop(upTo: level) {
            guard states[index] == .rising else { continue }
            states[index] = .stopped
            stopped.append(index)
        }
        for index in stopped {
            let current = Amperes(milliamperes: level * participants[index].weight / unit)
            result[index].current = max(participants[index].minimum, current)
            change(index, rising: -1, aboveShare: isAboveShare(index) ? -1 : 0)
        }
        risingCount -= stopped.count
        return !stopped.isEmpty
    }

    private func isAboveShare(_ index: Int) -> Bool {
        level * participants[index].weight >= participants[index].share.milliamperes * unit
    }

    private mutating func change(_ index: Int, rising: Int, aboveShare: Int) {
        let weight = participants[index].weight
        for row in participants[index].rows where places[row] >= 0 {
            let place = places[row]
            rows[place].advance(to: level)
            rows[place].rising += rising * weight
            rows[place].aboveShare += aboveShare * weight
            rows[place].foresee()
        }
    }
}

extension Allocator.Participant {
    /// The level at which it has a current.
    fileprivate func level(of current: Amperes, _ unit: Int) -> Int { current.milliamperes * unit / weight }
}

/// Participants by the level at which something happens to them.
private struct Events {
    /// Level and participant in one number, the next one last.
    private var queue: [Int]
    private static let bits = 24

    init(_ participants: [Allocator.Participant], _ level: (Allocator.Participant) -> Int?) {
        queue = []
        queue.reserveCapacity(participants.count)
        for index in participants.indices where participants[index].isServed {
            guard let level = level(participants[index]) else { continue }
            queue.append(level << Events.bits | index)
        }
        queue.sort(by: >)
    }

    var isEmpty: Bool { queue.isEmpty }
    var next: Int? { queue.last.map { $0 >> Events.bits } }

    mutating func pop(upTo level: Int) -> Int? {
        guard let last = queue.last, last >> Events.bits <= level else { return nil }
        queue.removeLast()
        return last & (1 << Events.bits - 1)
    }
}
