// SPDX-License-Identifier: Apache-2.0
import Quantities

extension Balancer {
    /// Leaves offers alone that are good enough, and makes increases wait their time.
    func steady(_ plan: inout [(Amperes, Allocator.Stop)], _ counted: Counted, _ budget: Budget, at now: Instant) {
        let canStay = zip(budget.ledger, counted.offered).allSatisfy { $0 >= $1 }
        for index in sockets.indices where plan[index].0 > .zero {
            let (wanted, present) = (plan[index].0, sockets[index].offer)
            guard present > .zero else { continue }
            if wanted < present {
                let isSmall = present - wanted < rules.smallestShift
                if isSmall, canStay, present <= upperBound(index, at: now) { plan[index].0 = present }
            } else if wanted > present {
                let isWorthwhile = wanted - present >= rules.smallestIncrease || plan[index].1 == .maximum
                let isDue = sockets[index].raisedAt.map { now - $0 >= rules.increaseInterval } ?? true
                if !isWorthwhile || !isDue { plan[index].0 = present }
            }
        }
    }

    /// Sends decreases and due renewals at once, and increases as far as the ledger has room.
    mutating func carryOut(
        _ plan: [(Amperes, Allocator.Stop)],
        _ present: Counted,
        within capacity: [Amperes],
        at now: Instant
    ) -> [Directive] {
        var directives: [Directive] = []
        var counted = present
        for index in inOrderOfSending(plan) {
            guard stations[layout.stationOfSocket[index]].isUsable else {
                explain(index, grant: sockets[index].offer, .silent(worst: ledger.worstCase(index, at: now)))
                continue
            }
            let most = mostPermitted(index, counted, within: capacity)
            let raised = plan[index].0 > sockets[index].offer ? mostRaised(index, counted) : most
            let chosen = grantFor(index, wanted: plan[index].0, most: min(most, raised))
            let mustSend = chosen != sockets[index].offer || sockets[index].mustWrite || isRenewalDue(index, at: now)
            // What is sent, also again, is held to the ledger; what just stays is not sent.
            let grant = mustSend ? valid(min(chosen, most), for: index) : chosen
            if grant < plan[index].0 {
                explain(index, grant: grant, raised < most ? .readings : .lease)
            } else {
                explain(index, grant: grant, cause(index, plan[index].1, counted, at: now))
            }
            guard mustSend else { continue }
            directives += send(grant, to: index, at: now)
            counted.update(index, entry(index, at: now), rows: rows(of: index))
        }
        return directives
    }

    /// Decreases first, then increases from the smallest offer on.
    private func inOrderOfSending(_ plan: [(Amperes, Allocator.Stop)]) -> [Int] {
        sockets.indices.map { (isRaised: plan[$0].0 > sockets[$0].offer, offer: sockets[$0].offer, index: $0) }
            .sorted { left, right in
                if left.isRaised != right.isRaised { return !left.isRaised }
                return (left.offer, left.index) < (right.offer, right.index)
            }.map(\.index)
    }

    /// The most that may be granted now; never less than the share (hazards A.6 rule 2).
    private func mostPermitted(_ index: Int, _ counted: Counted, within capacity: [Amperes]) -> Amperes {
        let share = ledger.share(index)
        let (own, ownSince) = (counted.entries[index].worst, counted.entries[index].sinceFall)
        var most = Amperes(milliamperes: Amperes.limit)
        for row in rows(of: index) {
            let byWorst = capacity[row] - (counted.worst[row] - own)
            if row < Layout.rootRows {
                // (b) the budget holds for all that was sent since it fell, (c) a decrease comes before its increase.
                let byBudget = capacity[row] - (counted.sinceFall[row] - ownSince)
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
    private func mostRaised(_ index: Int, _ counted: Counted) -> Amperes {
        var free = Amperes(milliamperes: Amperes.limit)
        for row in rows(of: index) where row < Layout.rootRows {
            free = min(free, budget.increase[row] - (counted.worst[row] - counted.entries[index].worst))
        }
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
                notes.append(note("socket.resumed", .info, "Socket \(name) resumes", cause: why(index)))
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
                notes.append(note("socket.paused", .info, "Socket \(name) is paused", cause: why(index)))
            }
        }
        let offer = Offer(
            socket: sockets[index].socket.id,
            current: grant,
            bound: sockets[index].bound,
            why: why(index)
        )
        return notes.map(Directive.notify) + [.offer(offer)]
    }
}
