// SPDX-License-Identifier: Apache-2.0
import Quantities

extension Balancer {
    /// Leaves offers alone that are good enough, and makes increases wait their time.
    func steady(_ plan: inout [(Amperes, Allocator.Stop)], _ budget: Budget, at now: Instant) {
        let canStay = presentOffersFit(within: budget.ledger, at: now)
        for index in sockets.indices where plan[index].0 > .zero {
            let control = sockets[index]
            let (wanted, present) = (plan[index].0, control.offer)
            guard present > .zero else { continue }
            if wanted < present {
                let isSmall = present - wanted < rules.smallestShift
                if isSmall, canStay, present <= upperBound(index, at: now) { plan[index].0 = present }
            } else if wanted > present {
                let isWorthwhile = wanted - present >= rules.smallestIncrease || plan[index].1 == .maximum
                let isDue = control.raisedAt.map { now - $0 >= rules.increaseInterval } ?? true
                if !isWorthwhile || !isDue { plan[index].0 = present }
            }
        }
    }

    /// Whether what is offered now fits everywhere.
    private func presentOffersFit(within capacity: [Amperes], at now: Instant) -> Bool {
        var free = capacity
        for index in sockets.indices {
            let counted = reserved(index, at: now)
            for row in layout.rows(of: index, using: sockets[index].loadedPhases) { free[row] = free[row] - counted }
        }
        return free.allSatisfy { $0 >= .zero }
    }

    /// Sends decreases and due renewals at once, and increases as far as the ledger has room.
    mutating func carryOut(
        _ plan: [(Amperes, Allocator.Stop)],
        within capacity: [Amperes],
        at now: Instant
    ) -> [Directive] {
        var directives: [Directive] = []
        var counted = Counted(rows: layout.rowCount)
        for index in sockets.indices { count(index, into: &counted, at: now) }
        // Decreases first, then increases from the smallest offer on.
        let order = sockets.indices.sorted { left, right in
            let (a, b) = (plan[left].0 > sockets[left].offer, plan[right].0 > sockets[right].offer)
            if a != b { return !a }
            return (sockets[left].offer, left) < (sockets[right].offer, right)
        }
        for index in order {
            guard stations[layout.stationOfSocket[index]].isUsable else {
                explain(index, grant: sockets[index].offer, bound: .silent, others: counted.offered, at: now)
                continue
            }
            uncount(index, from: &counted, at: now)
            let most = mostPermitted(index, others: counted, within: capacity, at: now)
            let raised = plan[index].0 > sockets[index].offer ? mostRaised(index, others: counted, at: now) : most
            let chosen = grantFor(index, wanted: plan[index].0, most: min(most, raised))
            let mustSend = chosen != sockets[index].offer || sockets[index].mustWrite || isRenewalDue(index, at: now)
            // What is sent, also again, is held to the ledger; what just stays is not sent.
            let grant = mustSend ? valid(min(chosen, most), for: index) : chosen
            let isHeld = grant < plan[index].0
            let held = raised < most ? BindingLimit.readings : .lease
            let bound = isHeld ? held : binding(index, plan[index].1, at: now)
            explain(index, grant: grant, bound: bound, others: counted.offered, at: now)
            if mustSend { directives += send(grant, to: index, at: now) }
            count(index, into: &counted, at: now)
        }
        return directives
    }

    /// Sums over sockets for each row: worst cases, and what was sent since the budget fell.
    private struct Counted {
        var worst: [Amperes]
        var sinceFall: [Amperes]
        /// What is offered or kept as a share, for the sentences.
        var offered: [Amperes]

        init(rows: Int) {
            worst = Array(repeating: .zero, count: rows)
            sinceFall = worst
            offered = worst
        }
    }

    private func count(_ index: Int, into counted: inout Counted, at now: Instant) {
        add(index, to: &counted, at: now) { $0 + $1 }
    }

    private func uncount(_ index: Int, from counted: inout Counted, at now: Instant) {
        add(index, to: &counted, at: now) { $0 - $1 }
    }

    private func add(
        _ index: Int,
        to counted: inout Counted,
        at now: Instant,
        _ sum: (Amperes, Amperes) -> Amperes
    ) {
        let (worst, sinceFall) = (worstCase(index, at: now), ledger.sentSinceFall(index, at: now))
        let offered = reserved(index, at: now)
        for row in layout.rows(of: index, using: sockets[index].loadedPhases) {
            counted.worst[row] = sum(counted.worst[row], worst)
            counted.sinceFall[row] = sum(counted.sinceFall[row], sinceFall)
            counted.offered[row] = sum(counted.offered[row], offered)
        }
    }

    /// The most that may be granted now; never less than the share (hazards A.6 rule 2).
    private func mostPermitted(
        _ index: Int,
        others: Counted,
        within capacity: [Amperes],
        at now: Instant
    ) -> Amperes {
        let share = ledger.share(index)
        let own = worstCase(index, at: now)
        let ownSince = ledger.sentSinceFall(index, at: now)
        var most = Amperes(milliamperes: Amperes.limit)
        for row in layout.rows(of: index, using: sockets[index].loadedPhases) {
            let byWorst = capacity[row] - others.worst[row]
            if row < Layout.rootRows {
                // (b) the budget holds for all that was sent since it fell, (c) a decrease comes before its increase.
                let byBudget = capacity[row] - others.sinceFall[row]
                most = min(most, ownSince > byBudget ? share : byBudget, max(own, byWorst))
            } else {
                // (a) the worst case stays within what does not change: the cap, stations, circuits.
                most = min(most, own > byWorst ? share : byWorst)
            }
        }
        let rounded = most.roundedDown(toMultipleOf: sockets[index].socket.resolution)
        return rounded > share && rounded >= sockets[index].socket.minimum ? rounded : share
    }

    /// The most that an increase may reach: what is free even if sockets drew the least they can have drawn.
    private func mostRaised(_ index: Int, others: Counted, at now: Instant) -> Amperes {
        let rows = layout.rows(of: index, using: sockets[index].loadedPhases).filter { $0 < Layout.rootRows }
        let free = rows.map { budget.increase[$0] - others.worst[$0] }.min() ?? Amperes(milliamperes: Amperes.limit)
        return max(free.roundedDown(toMultipleOf: sockets[index].socket.resolution), sockets[index].offer)
    }

    /// What is granted of a wanted offer: all that is permitted, but no increase too small to be worth a change.
    private func grantFor(_ index: Int, wanted: Amperes, most: Amperes) -> Amperes {
        let present = sockets[index].offer
        guard wanted > most else { return wanted }
        guard wanted > present, present > .zero else {
            return most >= sockets[index].socket.minimum ? most : .zero
        }
        return most - present >= rules.smallestIncrease ? most : present
    }

    /// Nothing, where a current is below what the socket can charge with: a station may fall to less.
    private func valid(_ current: Amperes, for index: Int) -> Amperes {
        current >= sockets[index].socket.minimum ? current : .zero
    }

    private func isRenewalDue(_ index: Int, at now: Instant) -> Bool {
        renewalDue(index).map { now >= $0 } ?? true
    }

    private mutating func send(_ grant: Amperes, to index: Int, at now: Instant) -> [Directive] {
        let before = sockets[index].offer
        let station = layout.stationOfSocket[index]
        let life = Balancer.leaseLife(site.stations[station], validity: stations[station].validity, rules)
        sockets[index].lastSequence = ledger.record(grant, for: index, until: now + life)
        sockets[index].offer = grant
        sockets[index].mustWrite = false
        if grant < before { sockets[index].lowered.append((before, now)) }
        sockets[index].sentAt = now
        if grant > before { sockets[index].raisedAt = now }
        var notes: [Notification] = []
        if before == .zero, grant > .zero {
            if sockets[index].pausedAt != nil {
                let name = sockets[index].socket.id
                notes.append(note("socket.resumed", .info, "Socket \(name) resumes", cause: sockets[index].why))
            }
            sockets[index].servedSince = now
            sockets[index].waitingSince = nil
            sockets[index].pausedAt = nil
        } else if before > .zero, grant == .zero {
            sockets[index].servedSince = nil
            sockets[index].waitingSince = sockets[index].wantsCurrent ? now : nil
            sockets[index].pausedAt = sockets[index].wantsCurrent ? now : nil
            if sockets[index].wantsCurrent {
                let name = sockets[index].socket.id
                notes.append(note("socket.paused", .info, "Socket \(name) is paused", cause: sockets[index].why))
            }
        }
        let offer = Offer(
            socket: sockets[index].socket.id,
            current: grant,
            bound: sockets[index].bound,
            why: sockets[index].why
        )
        return notes.map(Directive.notify) + [.offer(offer)]
    }
}
