// SPDX-License-Identifier: Apache-2.0
import Quantities

extension Balancer {
    /// A socket as the division sees it, not yet served.
    func participant(_ index: Int, at now: Instant) -> Allocator.Participant {
        let minimum = sockets[index].socket.minimum
        var participant = Allocator.Participant(
            rows: layout.rows(of: index, using: sockets[index].demand.used),
            minimum: minimum,
            maximum: minimum,
            share: ledger.share(index),
            isServed: false
        )
        if !stations[layout.stationOfSocket[index]].isUsable || sockets[index].isDisobedient {
            participant.reserve = worstCase(index, at: now)
        } else if let upper = boundIfServed(index, at: now) {
            participant.maximum = upper
            participant.isServed = sockets[index].offer > .zero
        }
        return participant
    }

    /// The most a socket may be drawing: its open setpoints, and what a disobedient one was seen to take.
    func worstCase(_ index: Int, at now: Instant) -> Amperes {
        let worst = ledger.worstCase(index, at: now)
        guard sockets[index].isDisobedient else { return worst }
        return max(worst, sockets[index].report?.currents?.maximum ?? .zero, sockets[index].report?.applied ?? .zero)
    }

    /// What is set aside for a socket: its offer or its share, or its worst case while it does not follow its offer.
    func reserved(_ index: Int, at now: Instant) -> Amperes {
        guard stations[layout.stationOfSocket[index]].isUsable, !sockets[index].isDisobedient else {
            return worstCase(index, at: now)
        }
        return max(sockets[index].offer, ledger.share(index))
    }

    /// The most a socket can be offered, when it can be served at all.
    private func boundIfServed(_ index: Int, at now: Instant) -> Amperes? {
        guard sockets[index].wantsCurrent else { return nil }
        let upper = upperBound(index, at: now)
        return upper >= sockets[index].socket.minimum ? upper : nil
    }

    private func canBeServed(_ index: Int, at now: Instant) -> Bool {
        guard stations[layout.stationOfSocket[index]].isUsable, !sockets[index].isDisobedient else { return false }
        return boundIfServed(index, at: now) != nil
    }

    /// The ceiling of the gradual return; `nil` when it is over.
    func ceiling(_ index: Int, at now: Instant) -> Amperes? {
        guard let start = sockets[index].ceilingStart else { return nil }
        let steps = Int((now - start.at) / rules.returnStepInterval)
        return start.current + Amperes(max(0, steps))
    }

    /// The most a socket can be offered for reasons of its own.
    func upperBound(_ index: Int, at now: Instant) -> Amperes {
        let minimum = sockets[index].socket.minimum
        var bound = sockets[index].socket.maximum
        if let ceiling = ceiling(index, at: now) { bound = min(bound, ceiling) }
        if sockets[index].demand.isNotTaking { return min(bound, minimum) }
        if let known = sockets[index].demand.maximum { bound = min(bound, max(known, minimum)) }
        return bound
    }

    /// Chooses who gets at least the minimum.
    ///
    /// - Returns: What the rows of the grid connection are lifted to, so that whoever is served can have the minimum: while
    ///   only the highest background of the last seconds, not the newest, says that it does not fit, and for the short
    ///   time that a shortage is borne.
    mutating func chooseServed(
        _ participants: inout [Allocator.Participant],
        _ usage: inout RowUsage,
        _ budget: Budget,
        at now: Instant
    ) -> PerPhase<Amperes> {
        var capacity = budget.now
        let isShort = usage.firstShortRow(capacity).map { $0 < Layout.rootRows } ?? false
        if isShort, isBorne(budget, at: now) {
            // What a station, another circuit or the cap cannot hold is not borne for a second.
            for row in 0..<Layout.rootRows { capacity[row] = Amperes(milliamperes: Amperes.limit) }
        }
        if !isShort { shortageSince = nil }
        pauseUntilFits(&participants, &usage, capacity, at: now)
        let needed = PerPhase.each { usage.needed(layout.row(0, $0)) }
        admitWaiting(&participants, &usage, budget, at: now)
        return needed
    }

    private mutating func isBorne(_ budget: Budget, at now: Instant) -> Bool {
        let since = shortageSince ?? now
        shortageSince = since
        return !supervisor.state.isLost && !budget.isOverloaded && now - since < rules.pauseDelay
    }

    private func pauseUntilFits(
        _ participants: inout [Allocator.Participant],
        _ usage: inout RowUsage,
        _ capacity: [Amperes],
        at now: Instant
    ) {
        // A pause only frees capacity, so rows that were left behind stay well.
        guard let first = usage.firstShortRow(capacity) else { return }
        let order = inOrderOfPause(participants.indices.filter { participants[$0].isServed }, at: now)
        for row in first..<capacity.count where usage.isShort(row, capacity: capacity[row]) {
            for index in order where participants[index].isServed && participants[index].rows.contains(row) {
                usage.serve(false, &participants[index])
                if !usage.isShort(row, capacity: capacity[row]) { break }
            }
        }
    }

    /// Who takes nothing goes first, then who has had the longest turn.
    private func inOrderOfPause(_ indices: [Int], at now: Instant) -> [Int] {
        indices.map { (index: $0, since: sockets[$0].servedSince ?? now, takes: !sockets[$0].demand.isNotTaking) }
            .sorted { left, right in
                if left.takes != right.takes { return !left.takes }
                if left.since != right.since { return left.since < right.since }
                return sockets[left.index].socket.id < sockets[right.index].socket.id
            }.map(\.index)
    }

    /// Lets waiting sockets in, longest waiting first, and hands turns over.
    private mutating func admitWaiting(
        _ participants: inout [Allocator.Participant],
        _ usage: inout RowUsage,
        _ budget: Budget,
        at now: Instant
    ) {
        waitingOrder = sockets.indices.filter { !participants[$0].isServed && canBeServed($0, at: now) }
            .map { (index: $0, since: sockets[$0].waitingSince ?? now) }
            .sorted { left, right in
                if left.since != right.since { return left.since < right.since }
                return sockets[left.index].socket.id < sockets[right.index].socket.id
            }.map(\.index)
        // A first reading after a start or a return proves nothing yet (hazard M10).
        guard supervisor.state.isLost || samples.count >= rules.stableReads, !waitingOrder.isEmpty else { return }
        // Only what moves with the readings must leave more than the minimum to whoever was paused.
        var resuming = budget.resume
        if !supervisor.state.isLost {
            for row in 0..<Layout.rootRows { resuming[row] = resuming[row] - rules.resumeExtra }
        }
        for index in waitingOrder where mayResume(index, at: now) {
            usage.serve(true, &participants[index])
            let capacity = sockets[index].pausedAt == nil ? budget.resume : resuming
            let short = usage.firstShortRow(capacity, of: participants[index])
            sockets[index].blockedRow = short
            if short != nil, !handOverTurn(to: index, &participants, &usage, budget.resume, at: now) {
                usage.serve(false, &participants[index])
            }
        }
        waitingOrder.removeAll { participants[$0].isServed }
    }

    private func mayResume(_ index: Int, at now: Instant) -> Bool {
        sockets[index].pausedAt.map { now - $0 >= rules.minimumPause } ?? true
    }

    /// Takes the turn from whoever takes nothing or has charged longest, past the alternating period, if that makes room.
    private func handOverTurn(
        to index: Int,
        _ participants: inout [Allocator.Participant],
        _ usage: inout RowUsage,
        _ capacity: [Amperes],
        at now: Instant
    ) -> Bool {
        let rows = participants[index].rows
        let longest = participants.indices.filter { other in
            guard other != index, participants[other].isServed, let since = sockets[other].servedSince else {
                return false
            }
            let isOver = sockets[other].demand.isNotTaking || now - since >= rules.alternatingPeriod
            return isOver && participants[other].rows.contains { rows.contains($0) }
        }
        guard !longest.isEmpty else { return false }
        var stopped: [Int] = []
        for other in inOrderOfPause(longest, at: now) {
            usage.serve(false, &participants[other])
            stopped.append(other)
            if usage.firstShortRow(capacity, of: participants[index]) == nil { return true }
        }
        for other in stopped { usage.serve(true, &participants[other]) }
        return false
    }
}
