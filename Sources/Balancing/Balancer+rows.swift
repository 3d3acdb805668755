// SPDX-License-Identifier: Apache-2.0
import Quantities

extension Balancer {
    /// The rows of this decision; `nil` when there is neither a fresh reading nor a loss to act on.
    func makeBudget(at now: Instant) -> Budget? {
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
        let (low, high) = backgrounds()
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

    /// Each recent reading less what the sockets drew at its instant.
    ///
    /// Meter and stations are read at different moments, so a socket whose current moves has no single value at the
    /// reading's instant. Decreases are decided with the lower background (sockets drew the most they can have drawn),
    /// else a car that has just obeyed would look like a rise of the house and be lowered again. Increases are held to
    /// the higher one, else a car that is still falling would look like free current.
    private func backgrounds() -> (low: [PerPhase<Amperes>], high: [PerPhase<Amperes>]) {
        var low = samples.map(\.currents)
        var high = low
        let instants = samples.map(\.sampledAt.sinceStart.attoseconds)
        let silentAfter = rules.silentAfter.attoseconds
        for index in sockets.indices {
            // Copies of what the loop below needs, for speed.
            let (history, wiring) = (sockets[index].history, sockets[index].wiring)
            let isUsable = stations[layout.stationOfSocket[index]].isUsable
            var place = 0
            for sample in samples.indices {
                let instant = instants[sample]
                place = history.place(of: instant, from: place)
                guard let draw = history.envelope(at: instant, place: place) else { continue }
                var (lowest, highest) = draw
                if !isUsable || history.isOutdated(at: instant, after: silentAfter) {
                    (lowest, highest) = unknownDraw(index, draw, isUsable: isUsable, at: samples[sample].sampledAt)
                }
                if !history.isKnown(after: instant) {
                    highest = mayHaveRisen(index, at: samples[sample].sampledAt, highest)
                }
                low[sample] = low[sample] - wiring.onSite(highest)
                high[sample] = high[sample] - wiring.onSite(lowest)
            }
        }
        return (low, high)
    }

    /// What a socket that does not tell can have drawn: at most what it may still be drawing (hazards S03, N10).
    private func unknownDraw(
        _ index: Int,
        _ draw: DrawHistory.Envelope,
        isUsable: Bool,
        at instant: Instant
    ) -> DrawHistory.Envelope {
        let most = worstCase(index, at: instant)
        let highest = draw.highest.map { min($0, most) }
        guard !isUsable else { return (draw.lowest.map { min($0, most) }, highest) }
        // Silent: while a setpoint is open it may also have stopped.
        return (ledger.lastExpiry(index, at: instant) == nil ? highest : .zero, highest)
    }

    /// What a socket can have drawn at a reading's instant, when nobody has looked since and its offer has just risen.
    private func mayHaveRisen(_ index: Int, at instant: Instant, _ draw: PerPhase<Amperes>) -> PerPhase<Amperes> {
        guard let raisedAt = sockets[index].raisedAt, instant - raisedAt < rules.settleTime else { return draw }
        let offer = sockets[index].offer
        let used = sockets[index].demand.used
        return PerPhase.each { used.contains($0) ? max(draw[$0], offer) : draw[$0] }
    }

    private func highest(_ backgrounds: [PerPhase<Amperes>], since: Instant) -> PerPhase<Amperes> {
        var most: PerPhase<Amperes>?
        for index in samples.indices where samples[index].sampledAt >= since {
            let background = backgrounds[index]
            most = most.map { most in PerPhase.each { max(most[$0], background[$0]) } } ?? background
        }
        // Rounded up to what an offer can follow, so that noise below it moves nothing.
        let step = Amperes(milliamperes: 100)
        return (most ?? .zero).map { -((-$0).roundedDown(toMultipleOf: step)) }
    }
}
