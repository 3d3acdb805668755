// SPDX-License-Identifier: Apache-2.0
public import Quantities

/// Faults that last from one instant to another.
public struct ScheduledFault<Faults: Sendable & Hashable>: Hashable, Sendable {
    /// When they begin.
    public var from: Instant
    /// When everything is well again.
    public var until: Instant
    /// What is wrong meanwhile.
    public var faults: Faults

    /// Creates faults for a time.
    public init(from: Instant, until: Instant, faults: Faults) {
        self.from = from
        self.until = until
        self.faults = faults
    }
}

extension Sequence {
    /// The faults of an instant; of several at once the last counts, `nil` when all is well.
    func faults<Faults>(at instant: Instant) -> Faults? where Element == ScheduledFault<Faults> {
        reversed().first { $0.from <= instant && instant < $0.until }?.faults
    }
}
