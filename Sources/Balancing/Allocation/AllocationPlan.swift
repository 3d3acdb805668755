// SPDX-License-Identifier: Apache-2.0
import Quantities

/// Offers under way: what is offered, and what each row has left.
struct AllocationPlan: Sendable {
    let grid: AllocationGrid
    private(set) var offers: [Int]
    private(set) var free: [Int]
    private(set) var isServed: [Bool]

    init(_ grid: AllocationGrid) {
        self.grid = grid
        offers = Array(repeating: 0, count: grid.sockets.count)
        isServed = Array(repeating: false, count: grid.sockets.count)
        free = grid.rows.map(\.capacity)
    }

    /// Changes an offer.
    mutating func set(_ index: Int, to offer: Int) {
        for term in grid.sockets[index].terms { free[term.row] -= term.factor * (offer - offers[index]) }
        offers[index] = offer
    }

    /// Gives a socket its minimum, or nothing again.
    mutating func serve(_ index: Int, _ isServed: Bool = true) {
        self.isServed[index] = isServed
        set(index, to: isServed ? grid.sockets[index].minimum : 0)
    }

    /// The first row, from the socket on up, that does not hold more for it.
    func firstFullRow(_ index: Int, for more: Int) -> Int? {
        grid.sockets[index].terms.first { $0.factor > 0 && free[$0.row] < $0.factor * more }?.row
    }

    /// Lets others rise until rows hold whose sockets got too much for what is on the other phases.
    ///
    /// - Returns: Whether every row of an imbalance that a served socket loads holds now.
    mutating func mendImbalances() -> Bool {
        guard grid.hasImbalance else { return true }
        while let row = shortImbalance() {
            // The lowest of those that help, by one step at a time.
            let helpers = offers.indices.filter { index in
                let socket = grid.sockets[index]
                return isServed[index] && offers[index] + socket.step <= socket.maximum
                    && socket.terms.contains { $0.row == row && $0.factor < 0 } && canRise(index)
            }
            guard let next = helpers.min(by: { (offers[$0], $0) < (offers[$1], $1) }) else { return false }
            set(next, to: offers[next] + grid.sockets[next].step)
        }
        return true
    }

    /// Whether a step fits every row that is not short already for other reasons.
    private func canRise(_ index: Int) -> Bool {
        let step = grid.sockets[index].step
        return grid.sockets[index].terms.allSatisfy { $0.factor <= 0 || free[$0.row] >= $0.factor * step }
    }

    private func shortImbalance() -> Int? {
        grid.rows.indices.first { row in
            guard case .imbalance = grid.rows[row].kind, free[row] < 0 else { return false }
            return offers.indices.contains { index in
                isServed[index] && grid.sockets[index].terms.contains { $0.row == row && $0.factor > 0 }
            }
        }
    }
}
