// SPDX-License-Identifier: Apache-2.0
import Quantities

extension AllocationPlan {
    /// Shares what is left among those that are served: the highest priority first, equal ones max-min fair by weight.
    ///
    /// The ``Allocator`` of the balancer divides; what rounding down to steps leaves is then given step by step to who
    /// has least. Where an imbalance is limited, a socket may be able to rise only after another one has, so all of it
    /// goes step by step, and who could not rise is asked again.
    mutating func fill() {
        let served = offers.indices.filter { isServed[$0] }
        let priorities = Set(served.map { grid.sockets[$0].source.priority }).sorted()
        if grid.hasImbalance {
            raise(served, pace: 100)
            raise(served, pace: 1)
            return
        }
        for priority in priorities {
            let equals = served.filter { grid.sockets[$0].source.priority == priority }
            divide(equals)
            raise(equals, pace: 1)
        }
    }

    private mutating func divide(_ equals: [Int]) {
        let weights = equals.map { grid.sockets[$0].source.weight }
        let isWeighted = Set(weights).count > 1
        let participants = equals.enumerated().map { place, index in
            let socket = grid.sockets[index]
            return Allocator.Participant(
                rows: socket.terms.flatMap { Array(repeating: $0.row, count: max(0, $0.factor)) },
                minimum: Amperes(milliamperes: offers[index]),
                maximum: Amperes(milliamperes: socket.maximum),
                share: .zero,
                isServed: true,
                weight: isWeighted ? weights[place] : 1
            )
        }
        // Without the minima, which the division counts itself.
        var without = self
        for index in equals { without.set(index, to: 0) }
        let allocator = Allocator(
            capacity: without.free.map { Amperes(milliamperes: $0) },
            partsOfMilliampere: isWeighted ? 1000 : 1
        )
        for (index, division) in zip(equals, allocator.divide(participants)) {
            let socket = grid.sockets[index]
            let offer = min(division.current.milliamperes, socket.maximum) / socket.step * socket.step
            set(index, to: max(offers[index], offer))
        }
    }

    /// Gives steps to who has least, as long as somebody can have one.
    private mutating func raise(_ indices: [Int], pace: Int) {
        var open = indices
        var blocked: [Int] = []
        while let place = open.indices.min(by: { comesBefore(open[$0], open[$1]) }) {
            let index = open[place]
            let socket = grid.sockets[index]
            let step = max(socket.step, pace / socket.step * socket.step)
            guard offers[index] + step <= socket.maximum else {
                open.remove(at: place)
                continue
            }
            guard firstFullRow(index, for: step) == nil else {
                open.remove(at: place)
                blocked.append(index)
                continue
            }
            set(index, to: offers[index] + step)
            if socket.terms.contains(where: { $0.factor < 0 }) {
                open += blocked
                blocked = []
            }
        }
    }

    /// Lower ones first, then who has waited longest.
    private func comesBefore(_ left: Int, _ right: Int) -> Bool {
        let (a, b) = (grid.sockets[left].source, grid.sockets[right].source)
        if a.priority != b.priority { return a.priority < b.priority }
        let (first, second) = (offers[left] * b.weight, offers[right] * a.weight)
        if first != second { return first < second }
        return a.waiting != b.waiting ? a.waiting > b.waiting : left < right
    }
}
