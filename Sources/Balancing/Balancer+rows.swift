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
            let isUsable = stations[layout.stationOfSocket[index]].isUsable
            if !isUsable || sockets[index].history.isOutdated(at: sample.sampledAt, after: rules.silentAfter) {
                // Unknown: at most what it may still be drawing (hazards S03, N10).
                let most = worstCase(index, at: sample.sampledAt)
                highest = highest.map { min($0, most) }
                lowest = lowest.map { min($0, most) }
                // Silent: while a setpoint is open it may also have stopped.
                if !isUsable { lowest = ledger.lastExpiry(index, at: sample.sampledAt) == nil ? highest : .zero }
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
}
