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
        let notes = watchStations(at: now)
        guard let budget = makeBudget(at: now) else { return notes }
        // V starts again whenever the budget falls on any phase (hazards A.6).
        if self.budget.ledger.count == budget.ledger.count,
            zip(budget.ledger, self.budget.ledger).contains(where: { $0 < $1 })
        {
            ledger.budgetFell()
        }
        self.budget = budget

        var participants = sockets.indices.map { participant($0, at: now) }
        var usage = RowUsage(participants, rows: layout.rowCount)
        let lifted = chooseServed(&participants, &usage, budget, at: now)
        let division = Allocator(capacity: lift(budget.plan, to: lifted)).divide(participants, usage)
        var plan = sockets.indices.map { index in
            (division[index].current.roundedDown(toMultipleOf: sockets[index].socket.resolution), division[index].stop)
        }
        let counted = Counted(self, at: now)
        steady(&plan, counted, budget, at: now)
        return notes + carryOut(plan, counted, within: lift(budget.ledger, to: lifted), at: now)
    }

    /// A capacity whose rows of the grid connection are at least as high as whoever is served needs.
    private func lift(_ capacity: [Amperes], to lifted: PerPhase<Amperes>) -> [Amperes] {
        var capacity = capacity
        for phase in Phase.allCases {
            let row = layout.row(0, phase)
            capacity[row] = max(capacity[row], lifted[phase])
        }
        return capacity
    }
}
