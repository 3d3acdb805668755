// SPDX-License-Identifier: Apache-2.0
import Quantities

extension Balancer {
    /// What the rows leave for charging in one decision.
    struct Budget: Sendable, Equatable {
        /// What offers are planned with: the whole margin and the highest background of the last seconds.
        var plan: [Amperes] = []
        /// What the ledger holds grants to: half the margin, so that noise within the other half moves nothing.
        var ledger: [Amperes] = []
        /// What increases are held to: the background as it would be if sockets had drawn the least they can have drawn.
        var increase: [Amperes] = []
        /// What must really be missing before somebody is paused: the newest reading alone.
        var now: [Amperes] = []
        /// What must have been free for long before somebody resumes.
        var resume: [Amperes] = []
        /// The background that the plan used; `nil` while the meter is lost.
        var background: PerPhase<Amperes>?
        /// Whether a phase is so far over its limit that pauses do not wait.
        var isOverloaded = false
    }

    /// Makes one decision, if there is a basis for one, and returns the orders that follow from it.
    mutating func decide(at now: Instant) -> [Directive] {
        ledger.prune(at: now)
        guard let budget = makeBudget(at: now) else { return [] }
        // V starts again whenever the budget falls on any phase (hazards A.6).
        if self.budget.ledger.count == budget.ledger.count,
            zip(budget.ledger, self.budget.ledger).contains(where: { $0 < $1 })
        {
            ledger.budgetFell()
        }
        self.budget = budget

        var participants = sockets.indices.map { participant($0, at: now) }
        let lifted = chooseServed(&participants, budget, at: now)
        let capacity = zip(budget.plan, lifted).map { max($0, $1) }
        let division = Allocator(capacity: capacity).divide(participants)
        var plan = sockets.indices.map { index in
            (division[index].current.roundedDown(toMultipleOf: sockets[index].socket.resolution), division[index].stop)
        }
        steady(&plan, budget, at: now)
        let granted = zip(budget.ledger, lifted).map { max($0, $1) }
        return carryOut(plan, within: granted, at: now)
    }

    // MARK: Rows

    /// The rows of this decision; `nil` when there is neither a fresh reading nor a loss to act on.
    private func makeBudget(at now: Instant) -> Budget? {
        var budget = Budget()
        budget.plan = layout.staticLimits
        budget.ledger = layout.staticLimits
        budget.increase = layout.staticLimits
        budget.now = layout.staticLimits
        budget.resume = layout.staticLimits
        if supervisor.state.isLost {
            for phase in Phase.allCases {
                let row = layout.row(0, phase)
                let safe = min(site.safeCurrent, layout.staticLimits[row])
                budget.plan[row] = safe
                budget.ledger[row] = safe
                budget.increase[row] = safe
                budget.now[row] = safe
                budget.resume[row] = safe
            }
            return budget
        }
        guard supervisor.state == .normal, let newest = samples.last,
            now - newest.sampledAt <= rules.freshSample
        else { return nil }
        let backgrounds = samples.map { ($0.sampledAt, background($0)) }
        let low = backgrounds.map { ($0.0, $0.1.low) }
        let high = backgrounds.map { ($0.0, $0.1.high) }
        let held = highest(low, since: newest.sampledAt - rules.increaseHold)
        let heldHigh = highest(high, since: newest.sampledAt - rules.increaseHold)
        let long = highest(low, since: newest.sampledAt - rules.resumeHold)
        let last = highest(low, since: newest.sampledAt)
        for phase in Phase.allCases {
            let row = layout.row(0, phase)
            let limit = layout.staticLimits[row]
            let half = Amperes(milliamperes: rules.margin.milliamperes / 2)
            budget.plan[row] = limit - rules.margin - held[phase]
            budget.ledger[row] = limit - half - held[phase]
            budget.increase[row] = limit - rules.margin - heldHigh[phase]
            budget.now[row] = limit - half - last[phase]
            budget.resume[row] = limit - rules.margin - long[phase]
            let overloaded = Amperes(milliamperes: limit.milliamperes * rules.pauseAtOncePercent / 100)
            if samples.suffix(2).allSatisfy({ $0.currents[phase] > overloaded }) { budget.isOverloaded = true }
        }
        budget.background = held
        return budget
    }

    /// A reading less what the sockets drew at its instant.
    ///
    /// Meter and stations are read at different moments, so a socket whose current moves has no single value at the
    /// reading's instant. Decreases are decided with the lower background (sockets drew the most they can have drawn),
    /// else a car that has just obeyed would look like a rise of the house and be lowered again. Increases are held to
    /// the higher one, else a car that is still falling would look like free current.
    private func background(_ sample: MeterSample) -> (low: PerPhase<Amperes>, high: PerPhase<Amperes>) {
        var (low, high) = (sample.currents, sample.currents)
        for index in sockets.indices {
            guard let draw = sockets[index].history.envelope(at: sample.sampledAt) else { continue }
            var (lowest, highest) = (draw.lowest, draw.highest)
            if !stations[layout.stationOfSocket[index]].isUsable {
                // Silent: at most what it may still be drawing. While a setpoint is open it may also have stopped.
                let most = ledger.worstCase(index, at: sample.sampledAt)
                highest = highest.map { min($0, most) }
                lowest = ledger.lastExpiry(index, at: sample.sampledAt) == nil ? highest : .zero
            }
            low = low - sockets[index].onSite(mayHaveRisen(index, sample, highest))
            high = high - sockets[index].onSite(lowest)
        }
        return (low, high)
    }

    /// What a socket can have drawn at a reading's instant, when nobody has looked since and its offer has just risen.
    private func mayHaveRisen(_ index: Int, _ sample: MeterSample, _ draw: PerPhase<Amperes>) -> PerPhase<Amperes> {
        let control = sockets[index]
        guard !control.history.isKnown(after: sample.sampledAt), let raisedAt = control.raisedAt,
            sample.sampledAt - raisedAt < rules.settleTime
        else { return draw }
        return PerPhase.each { control.demand.uses($0) ? max(draw[$0], control.offer) : draw[$0] }
    }

    private func highest(_ backgrounds: [(Instant, PerPhase<Amperes>)], since: Instant) -> PerPhase<Amperes> {
        let recent = backgrounds.filter { $0.0 >= since }.map(\.1)
        // Rounded up to what an offer can follow, so that noise below it moves nothing.
        let step = Amperes(milliamperes: 100)
        return PerPhase.each { phase in
            let most = recent.map { $0[phase] }.max() ?? .zero
            return -((-most).roundedDown(toMultipleOf: step))
        }
    }

    // MARK: Who

    /// A socket as the division sees it, not yet served.
    private func participant(_ index: Int, at now: Instant) -> Allocator.Participant {
        let control = sockets[index]
        var participant = Allocator.Participant(
            rows: layout.rows(of: index, using: control.loadedPhases),
            minimum: control.socket.minimum,
            maximum: control.socket.minimum,
            share: ledger.share(index),
            isServed: false
        )
        if !stations[layout.stationOfSocket[index]].isUsable || control.isDisobedient {
            participant.reserve = worstCase(index, at: now)
        }
        return participant
    }

    /// The most a socket may be drawing: its open setpoints, and what a disobedient one was seen to take.
    private func worstCase(_ index: Int, at now: Instant) -> Amperes {
        let worst = ledger.worstCase(index, at: now)
        guard sockets[index].isDisobedient else { return worst }
        return max(worst, sockets[index].report?.currents?.maximum ?? .zero, sockets[index].report?.applied ?? .zero)
    }

    private func canBeServed(_ index: Int, at now: Instant) -> Bool {
        let control = sockets[index]
        guard stations[layout.stationOfSocket[index]].isUsable, !control.isDisobedient, control.wantsCurrent else {
            return false
        }
        return upperBound(index, at: now) >= control.socket.minimum
    }

    /// The most a socket can be offered for reasons of its own.
    private func upperBound(_ index: Int, at now: Instant) -> Amperes {
        let control = sockets[index]
        var bound = control.socket.maximum
        if let ceiling = control.ceiling(at: now, rules: rules) { bound = min(bound, ceiling) }
        if control.demand.isNotTaking { return min(bound, control.socket.minimum) }
        if let known = control.demand.maximum { bound = min(bound, max(known, control.socket.minimum)) }
        return bound
    }

    /// Chooses who gets at least the minimum.
    ///
    /// - Returns: What the rows of the grid connection are lifted to, so that whoever is served can have the minimum: while
    ///   only the highest background of the last seconds, not the newest, says that it does not fit, and for the short
    ///   time that a shortage is borne.
    private mutating func chooseServed(
        _ participants: inout [Allocator.Participant],
        _ budget: Budget,
        at now: Instant
    ) -> [Amperes] {
        for index in sockets.indices where canBeServed(index, at: now) {
            participants[index].maximum = upperBound(index, at: now)
            participants[index].isServed = sockets[index].offer > .zero
        }
        var allocator = Allocator(capacity: budget.now)
        let isShort = allocator.firstShortRow(participants).map { $0 < Layout.rootRows } ?? false
        if isShort, isBorne(budget, at: now) {
            // What a station, another circuit or the cap cannot hold is not borne for a second.
            for row in 0..<Layout.rootRows { allocator.capacity[row] = Amperes(milliamperes: Amperes.limit) }
        }
        if !isShort { shortageSince = nil }
        pauseUntilFits(&participants, allocator, at: now)
        let needed = Allocator(capacity: budget.now).needed(participants)
        admitWaiting(&participants, budget, at: now)
        return needed.indices.map { $0 < Layout.rootRows ? needed[$0] : -Amperes(milliamperes: Amperes.limit) }
    }

    private mutating func isBorne(_ budget: Budget, at now: Instant) -> Bool {
        let since = shortageSince ?? now
        shortageSince = since
        return !supervisor.state.isLost && !budget.isOverloaded && now - since < rules.pauseDelay
    }

    private func pauseUntilFits(
        _ participants: inout [Allocator.Participant],
        _ allocator: Allocator,
        at now: Instant
    ) {
        while let row = allocator.firstShortRow(participants) {
            let candidates = participants.indices.filter {
                participants[$0].isServed && participants[$0].rows.contains(row)
            }
            // Who takes nothing goes first, then who has had the longest turn.
            let next = candidates.min { left, right in
                let (a, b) = (sockets[left], sockets[right])
                if a.demand.isNotTaking != b.demand.isNotTaking { return a.demand.isNotTaking }
                return (a.servedSince ?? now, a.socket.id) < (b.servedSince ?? now, b.socket.id)
            }
            // A row can be short without anybody served on it, by what offline sockets may still draw.
            guard let next else { return }
            participants[next].isServed = false
        }
    }

    /// Lets waiting sockets in, longest waiting first, and hands turns over.
    private mutating func admitWaiting(
        _ participants: inout [Allocator.Participant],
        _ budget: Budget,
        at now: Instant
    ) {
        waitingOrder = sockets.indices.filter { canBeServed($0, at: now) && !participants[$0].isServed }
            .sorted {
                (sockets[$0].waitingSince ?? now, sockets[$0].socket.id)
                    < (sockets[$1].waitingSince ?? now, sockets[$1].socket.id)
            }
        // A first reading after a start or a return proves nothing yet (hazard M10).
        guard supervisor.state.isLost || samples.count >= rules.stableReads else { return }
        let allocator = Allocator(capacity: budget.resume)
        for index in waitingOrder where mayResume(index, at: now) {
            let extra = sockets[index].pausedAt == nil ? Amperes.zero : rules.resumeExtra
            participants[index].isServed = true
            participants[index].minimum = sockets[index].socket.minimum + extra
            let short = allocator.firstShortRow(participants, loadedBy: index)
            participants[index].minimum = sockets[index].socket.minimum
            sockets[index].blockedRow = short
            if short != nil {
                participants[index].isServed = handOverTurn(to: index, &participants, allocator, at: now)
            }
        }
        waitingOrder.removeAll { participants[$0].isServed }
    }

    private func mayResume(_ index: Int, at now: Instant) -> Bool {
        sockets[index].pausedAt.map { now - $0 >= rules.minimumPause } ?? true
    }

    /// Takes the turn from whoever has charged longest, past the alternating period, if that makes room.
    private func handOverTurn(
        to index: Int,
        _ participants: inout [Allocator.Participant],
        _ allocator: Allocator,
        at now: Instant
    ) -> Bool {
        let longest = participants.indices.filter { other in
            guard other != index, participants[other].isServed, let since = sockets[other].servedSince else {
                return false
            }
            return now - since >= rules.alternatingPeriod
                && !Set(participants[other].rows).isDisjoint(with: participants[index].rows)
        }.sorted {
            (sockets[$0].servedSince ?? now, sockets[$0].socket.id)
                < (sockets[$1].servedSince ?? now, sockets[$1].socket.id)
        }
        let before = participants
        for other in longest {
            participants[other].isServed = false
            if allocator.firstShortRow(participants, loadedBy: index) == nil { return true }
        }
        participants = before
        return false
    }

    // MARK: When

    /// Leaves offers alone that are good enough, and makes increases wait their time.
    private func steady(_ plan: inout [(Amperes, Allocator.Stop)], _ budget: Budget, at now: Instant) {
        let canStay = presentOffersFit(within: budget.ledger)
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
    private func presentOffersFit(within capacity: [Amperes]) -> Bool {
        var free = capacity
        for index in sockets.indices {
            let counted = max(sockets[index].offer, ledger.share(index))
            for row in layout.rows(of: index, using: sockets[index].loadedPhases) { free[row] = free[row] - counted }
        }
        return free.allSatisfy { $0 >= .zero }
    }

    /// Sends decreases and due renewals at once, and increases as far as the ledger has room.
    private mutating func carryOut(
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
                explain(index, grant: sockets[index].offer, bound: .silent, at: now)
                continue
            }
            uncount(index, from: &counted, at: now)
            let most = mostPermitted(index, others: counted, within: capacity, at: now)
            let raised = plan[index].0 > sockets[index].offer ? mostRaised(index, others: counted, at: now) : most
            let grant = grantFor(index, wanted: plan[index].0, most: min(most, raised))
            let isHeld = grant < plan[index].0
            let held = raised < most ? BindingLimit.readings : .lease
            explain(index, grant: grant, bound: isHeld ? held : binding(index, plan[index].1, at: now), at: now)
            if grant != sockets[index].offer || sockets[index].mustWrite || isRenewalDue(index, at: now) {
                directives += send(min(grant, most), to: index, at: now)
            }
            count(index, into: &counted, at: now)
        }
        return directives
    }

    /// Sums over sockets for each row: worst cases, and what was sent since the budget fell.
    private struct Counted {
        var worst: [Amperes]
        var sinceFall: [Amperes]

        init(rows: Int) {
            worst = Array(repeating: .zero, count: rows)
            sinceFall = worst
        }
    }

    private func count(_ index: Int, into counted: inout Counted, at now: Instant) {
        let (worst, sinceFall) = (worstCase(index, at: now), ledger.sentSinceFall(index, at: now))
        for row in layout.rows(of: index, using: sockets[index].loadedPhases) {
            counted.worst[row] = counted.worst[row] + worst
            counted.sinceFall[row] = counted.sinceFall[row] + sinceFall
        }
    }

    private func uncount(_ index: Int, from counted: inout Counted, at now: Instant) {
        let (worst, sinceFall) = (worstCase(index, at: now), ledger.sentSinceFall(index, at: now))
        for row in layout.rows(of: index, using: sockets[index].loadedPhases) {
            counted.worst[row] = counted.worst[row] - worst
            counted.sinceFall[row] = counted.sinceFall[row] - sinceFall
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
        // A renewal must not restart the time that a vehicle has to follow a change.
        if grant != before || sockets[index].sentAt == nil { sockets[index].disobeysSince = nil }
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
