// SPDX-License-Identifier: Apache-2.0
import Quantities

/// What participants use of each row before anything is divided: minima of the served ones, and what is set aside.
///
/// Kept up to date while it is decided whom to serve, so that asking whether somebody fits costs a look at a few rows.
/// Two sums are kept for each row: what is really offered, and what must be counted when somebody is offered more than its
/// share, where nobody counts less than its own share (hazards A.6 rule 2 b, A.9).
struct RowUsage: Sendable {
    /// What is offered or set aside, in mA.
    private(set) var offered: [Int]
    /// The same, where nobody counts less than the share.
    private(set) var counted: [Int]
    /// How many of the served ones are above their share already with the minimum.
    private(set) var aboveShare: [Int]
    /// How many are served.
    private(set) var served: [Int]

    init(_ participants: [Allocator.Participant], rows: Int) {
        offered = Array(repeating: 0, count: rows)
        counted = offered
        aboveShare = offered
        served = offered
        for participant in participants { add(participant) }
    }

    /// Serves a participant, or no longer.
    mutating func serve(_ isServed: Bool, _ participant: inout Allocator.Participant) {
        add(participant, times: -1)
        participant.isServed = isServed
        add(participant)
    }

    /// Whether the minima of the served ones do not fit a row of some capacity.
    func isShort(_ row: Int, capacity: Amperes) -> Bool {
        capacity.milliamperes < offered[row] || (aboveShare[row] > 0 && capacity.milliamperes < counted[row])
    }

    /// The first row on which the minima of the served ones do not fit; `nil` when they fit.
    ///
    /// A row without anybody served can be short by the house or by what offline sockets may draw; nobody can help it.
    func firstShortRow(_ capacity: [Amperes]) -> Int? {
        capacity.indices.first { served[$0] > 0 && isShort($0, capacity: capacity[$0]) }
    }

    /// The first short row among those that one participant loads.
    func firstShortRow(_ capacity: [Amperes], of participant: Allocator.Participant) -> Int? {
        var first: Int?
        for row in participant.rows where isShort(row, capacity: capacity[row]) { first = min(first ?? row, row) }
        return first
    }

    /// The capacity that the minima of the served ones need on a row.
    func needed(_ row: Int) -> Amperes {
        Amperes(milliamperes: aboveShare[row] > 0 ? max(offered[row], counted[row]) : offered[row])
    }

    private mutating func add(_ participant: Allocator.Participant, times sign: Int = 1) {
        let current = (participant.isServed ? participant.minimum : participant.reserve).milliamperes
        let most = max(current, participant.share.milliamperes)
        let isAbove = participant.isServed && current > participant.share.milliamperes
        for row in participant.rows {
            offered[row] += sign * current
            counted[row] += sign * most
            if participant.isServed { served[row] += sign }
            if isAbove { aboveShare[row] += sign }
        }
    }
}
