// SPDX-License-Identifier: Apache-2.0
import Quantities

/// What the ledger counts for each socket, and the sums over sockets for each row.
struct Counted: Sendable {
    /// What counts for one socket.
    struct Entry: Sendable {
        /// The most it may be drawing.
        var worst: Amperes
        /// The most it was granted since the budget last fell.
        var sinceFall: Amperes
        /// What is offered to it or kept as its share.
        var offered: Amperes
    }

    private(set) var entries: [Entry]
    private(set) var worst: [Amperes]
    private(set) var sinceFall: [Amperes]
    /// For the sentences, and for whether what is offered now fits.
    private(set) var offered: [Amperes]

    init(_ balancer: Balancer, at now: Instant) {
        entries = balancer.sockets.indices.map { balancer.entry($0, at: now) }
        worst = Array(repeating: .zero, count: balancer.layout.rowCount)
        sinceFall = worst
        offered = worst
        for index in entries.indices {
            let entry = entries[index]
            for row in balancer.rows(of: index) {
                worst[row] = worst[row] + entry.worst
                sinceFall[row] = sinceFall[row] + entry.sinceFall
                offered[row] = offered[row] + entry.offered
            }
        }
    }

    /// What the other sockets have of a row that a socket loads.
    func others(_ index: Int, _ row: Int) -> Entry {
        Entry(
            worst: worst[row] - entries[index].worst,
            sinceFall: sinceFall[row] - entries[index].sinceFall,
            offered: offered[row] - entries[index].offered
        )
    }

    /// Takes note of what counts for a socket from now on.
    mutating func update(_ index: Int, _ entry: Entry, rows: [Int]) {
        for row in rows {
            let others = others(index, row)
            worst[row] = others.worst + entry.worst
            sinceFall[row] = others.sinceFall + entry.sinceFall
            offered[row] = others.offered + entry.offered
        }
        entries[index] = entry
    }
}

extension Balancer {
    /// The rows that a socket loads now.
    func rows(of index: Int) -> [Int] { layout.rows(of: index, using: sockets[index].demand.used) }

    /// What counts for a socket now.
    func entry(_ index: Int, at now: Instant) -> Counted.Entry {
        Counted.Entry(
            worst: worstCase(index, at: now),
            sinceFall: ledger.sentSinceFall(index, at: now),
            offered: reserved(index, at: now)
        )
    }
}
