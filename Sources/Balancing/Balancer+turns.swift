// SPDX-License-Identifier: Apache-2.0
import Quantities

extension Balancer {
    /// A socket as the division sees it, not yet served.
    func participant(_ index: Int, at now: Instant) -> Allocator.Participant {
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

    private func canBeServed(_ index: Int, at now: Instant) -> Bool {
        let control = sockets[index]
        guard stations[layout.stationOfSocket[index]].isUsable, !control.isDisobedient, control.wantsCurrent else {
            return false
        }
        return upperBound(index, at: now) >= control.socket.minimum
    }

    /// The most a socket can be offered for reasons of its own.
    func upperBound(_ index: Int, at now: Instant) -> Amperes {
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
    mutating func chooseServed(
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
        // Only what moves with the readings must leave more than the minimum to whoever was paused.
        var resuming = allocator
        if !supervisor.state.isLost {
            for row in 0..<Layout.rootRows { resuming.capacity[row] = resuming.capacity[row] - rules.resumeExtra }
        }
        for index in waitingOrder where mayResume(index, at: now) {
            participants[index].isServed = true
            let divided = sockets[index].pausedAt == nil ? allocator : resuming
            let short = divided.firstShortRow(participants, loadedBy: index)
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

    /// Takes the turn from whoever takes nothing or has charged longest, past the alternating period, if that makes room.
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
            let isOver = sockets[other].demand.isNotTaking || now - since >= rules.alternatingPeriod
            return isOver && !Set(participants[other].rows).isDisjoint(with: participants[index].rows)
        }.sorted { left, right in
            let (a, b) = (sockets[left], sockets[right])
            if a.demand.isNotTaking != b.demand.isNotTaking { return a.demand.isNotTaking }
            return (a.servedSince ?? now, a.socket.id) < (b.servedSince ?? now, b.socket.id)
        }
        let before = participants
        for other in longest {
            participants[other].isServed = false
            if allocator.firstShortRow(participants, loadedBy: index) == nil { return true }
        }
        participants = before
        return false
    }
}
