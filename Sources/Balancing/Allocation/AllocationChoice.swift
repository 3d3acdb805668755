// SPDX-License-Identifier: Apache-2.0
import Quantities

/// Chooses the sockets that get at least their minimum when not all can.
///
/// As many as possible of the highest priority, then as many as possible of the next one; among choices with the same
/// numbers the one that serves the longest waiting. Found by a search that always tries to serve the next in the queue
/// first; what a row still holds bounds how many more there can be. Sockets that no common row can keep from their minima
/// are decided apart from each other. Beyond a bound of work for one such part, the best choice so far is taken: it fits,
/// and nobody who is left out could be added.
struct AllocationChoice {
    /// Looks at a socket or a row; a second or so.
    private static let work = 5_000_000

    private let grid: AllocationGrid
    private let hasImbalance: Bool
    private var plan: AllocationPlan
    private var queue: [Int] = []
    private var tightRows: Set<Int> = []
    private var kinds: [Int] = []
    private var best: [Int] = []
    private var bestCounts: [Int] = []
    /// Whether the best one is the first of its counts in the order of the search.
    private var isBestInOrder = false
    private var priorities: [Int] = []
    private var rowsOfPart: [Int] = []
    private var placeOfPriority: [Int: Int] = [:]
    private var placeOfRow: [Int: Int] = [:]
    private var budget = 0
    private var isSkipped: Set<Int> = []
    private var served: [Int] = []
    private var steps = 0

    /// Serves whom it chooses.
    ///
    /// - Returns: A plan in which each of them has its minimum, or more where an imbalance demands that.
    static func plan(for grid: AllocationGrid) -> AllocationPlan {
        var choice = AllocationChoice(grid)
        return choice.run()
    }

    /// The order in which waiting sockets come: priority, then how long they have waited, then the name.
    static func order(_ grid: AllocationGrid) -> [Int] {
        grid.sockets.indices.filter { grid.sockets[$0].source.state.wantsCurrent }.sorted { left, right in
            let (a, b) = (grid.sockets[left].source, grid.sockets[right].source)
            if a.priority != b.priority { return a.priority < b.priority }
            return a.waiting != b.waiting ? a.waiting > b.waiting : a.id < b.id
        }
    }

    private init(_ grid: AllocationGrid) {
        self.grid = grid
        hasImbalance = grid.hasImbalance
        plan = AllocationPlan(grid)
    }

    private mutating func run() -> AllocationPlan {
        let candidates = AllocationChoice.order(grid).filter { grid.sockets[$0].isCandidate }
        findTightRows(candidates)
        for part in parts(candidates) {
            for index in search(part) { plan.serve(index) }
        }
        if hasImbalance {
            _ = plan.mendImbalances()
        } else {
            for index in candidates where !plan.isServed[index] && holds(index) { plan.serve(index) }
        }
        return plan
    }

    /// The rows that cannot hold the minima of all candidates, and those of imbalances.
    private mutating func findTightRows(_ candidates: [Int]) {
        var needed = Array(repeating: 0, count: grid.rows.count)
        for index in candidates {
            for term in grid.sockets[index].terms {
                needed[term.row] += max(0, term.factor) * grid.sockets[index].minimum
            }
        }
        for row in grid.rows.indices {
            if case .imbalance = grid.rows[row].kind { continue }
            if needed[row] > plan.free[row] { tightRows.insert(row) }
        }
        var numbers: [Kind: Int] = [:]
        kinds = Array(repeating: 0, count: grid.sockets.count)
        for index in candidates {
            let socket = grid.sockets[index]
            let kind = Kind(
                terms: socket.terms.filter { tightRows.contains($0.row) || hasImbalance },
                minimum: socket.minimum,
                maximum: hasImbalance ? socket.maximum : 0,
                priority: socket.source.priority
            )
            kinds[index] = numbers[kind] ?? numbers.count
            numbers[kind] = kinds[index]
        }
    }

    /// Sockets that are alike for the question whom to serve.
    private struct Kind: Hashable {
        var terms: [AllocationGrid.Term]
        var minimum: Int
        var maximum: Int
        var priority: Int
    }

    /// Candidates that a chain of tight rows connects, each part in the order of the queue.
    private func parts(_ candidates: [Int]) -> [[Int]] {
        guard !hasImbalance else { return candidates.isEmpty ? [] : [candidates] }
        var leaders = Array(candidates.indices)
        func leader(_ place: Int) -> Int {
            var place = place
            while leaders[place] != place { place = leaders[place] }
            return place
        }
        var firstOnRow: [Int: Int] = [:]
        for (place, index) in candidates.enumerated() {
            for term in grid.sockets[index].terms where tightRows.contains(term.row) {
                let (one, other) = (leader(place), leader(firstOnRow[term.row] ?? place))
                firstOnRow[term.row] = place
                leaders[max(one, other)] = min(one, other)
            }
        }
        var parts: [Int: [Int]] = [:]
        for (place, index) in candidates.enumerated() { parts[leader(place), default: []].append(index) }
        return parts.sorted { $0.key < $1.key }.map(\.value)
    }

    private mutating func search(_ part: [Int]) -> [Int] {
        queue = part
        isSkipped = []
        served = []
        steps = 0
        priorities = Array(Set(part.map { grid.sockets[$0].source.priority })).sorted()
        rowsOfPart = Array(Set(part.flatMap { grid.sockets[$0].terms.map(\.row) }).intersection(tightRows)).sorted()
        placeOfPriority = Dictionary(uniqueKeysWithValues: priorities.enumerated().map { ($1, $0) })
        placeOfRow = Dictionary(uniqueKeysWithValues: rowsOfPart.enumerated().map { ($1, $0) })
        budget = max(part.count, AllocationChoice.work / (part.count + rowsOfPart.count))
        best = greedy(part)
        bestCounts = counts(best)
        isBestInOrder = false
        visit(0)
        return best
    }

    /// A first choice to be beaten: within a priority, who needs least of the tight rows.
    private func greedy(_ part: [Int]) -> [Int] {
        func need(_ index: Int) -> Int {
            let socket = grid.sockets[index]
            return socket.terms.filter { tightRows.contains($0.row) }.reduce(0) { $0 + $1.factor * socket.minimum }
        }
        let order = part.enumerated().map { (place: $0, index: $1, need: need($1)) }.sorted { left, right in
            let (a, b) = (grid.sockets[left.index].source.priority, grid.sockets[right.index].source.priority)
            return (a, left.need, left.place) < (b, right.need, right.place)
        }
        var trial = self
        var chosen: [Int] = []
        for (_, index, _) in order where trial.holds(index) {
            trial.plan.serve(index)
            var mended = trial.plan
            if mended.mendImbalances() { chosen.append(index) } else { trial.plan.serve(index, false) }
        }
        return chosen
    }

    private mutating func visit(_ place: Int) {
        steps += 1
        guard steps <= budget else { return }
        guard place < queue.count else { return take() }
        guard !isHopeless(from: place) else { return }
        let index = queue[place]
        let kind = kinds[index]
        if !isSkipped.contains(kind), holds(index) {
            plan.serve(index)
            served.append(index)
            visit(place + 1)
            served.removeLast()
            plan.serve(index, false)
        }
        // Who is alike and has waited less is not served in its place.
        let isFirst = isSkipped.insert(kind).inserted
        visit(place + 1)
        if isFirst { isSkipped.remove(kind) }
    }

    private func holds(_ index: Int) -> Bool {
        let socket = grid.sockets[index]
        return socket.terms.allSatisfy { term in
            if case .imbalance = grid.rows[term.row].kind { return true }
            return term.factor <= 0 || plan.free[term.row] >= term.factor * socket.minimum
        }
    }

    private mutating func take() {
        let counts = counts(served)
        guard bestCounts.lexicographicallyPrecedes(counts) || (!isBestInOrder && counts == bestCounts) else { return }
        if hasImbalance {
            var trial = plan
            guard trial.mendImbalances() else { return }
        }
        best = served
        bestCounts = counts
        isBestInOrder = true
    }

    private func counts(_ indices: [Int]) -> [Int] {
        priorities.map { priority in indices.count { grid.sockets[$0].source.priority == priority } }
    }

    /// Whether what is left of the queue cannot lead to more than the best choice.
    private func isHopeless(from place: Int) -> Bool {
        let rowCount = rowsOfPart.count
        var rest = Array(repeating: 0, count: priorities.count)
        // For each priority and tight row: how many are on it, and the least that one of them needs.
        var onRow = Array(repeating: 0, count: priorities.count * rowCount)
        var least = Array(repeating: Int.max, count: onRow.count)
        for index in queue[place...] where !isSkipped.contains(kinds[index]) {
            let priority = placeOfPriority[grid.sockets[index].source.priority] ?? 0
            rest[priority] += 1
            for term in grid.sockets[index].terms where term.factor > 0 {
                guard let row = placeOfRow[term.row] else { continue }
                onRow[priority * rowCount + row] += 1
                least[priority * rowCount + row] = min(
                    least[priority * rowCount + row],
                    term.factor * grid.sockets[index].minimum
                )
            }
        }
        var most = counts(served)
        for priority in priorities.indices {
            var more = rest[priority]
            for row in rowsOfPart.indices {
                let (count, need) = (onRow[priority * rowCount + row], least[priority * rowCount + row])
                guard count > 0, need > 0 else { continue }
                more = min(more, rest[priority] - count + min(count, max(0, plan.free[rowsOfPart[row]]) / need))
            }
            most[priority] += more
        }
        return isBestInOrder
            ? !bestCounts.lexicographicallyPrecedes(most) : most.lexicographicallyPrecedes(bestCounts)
    }
}
