// SPDX-License-Identifier: Apache-2.0
public import Modbus
public import Quantities

/// What can be wrong with a virtual meter; nothing to begin with.
public struct MeterFaults: Hashable, Sendable {
    /// How requests are answered.
    public enum Answering: Hashable, Sendable {
        /// Correctly, at once.
        case normally
        /// Connections are accepted and requests never answered.
        case never
        /// Correctly, after a while.
        case late(Duration)
        /// With an exception.
        case exception(ExceptionCode)
        /// With random numbers in the right quantity.
        case garbage
        /// With one register more than asked for.
        case malformed
    }

    /// How requests are answered.
    public var answering = Answering.normally
    /// Whether it is wired backwards: what is imported shows as exported.
    public var isReversed = false
    /// Phases without voltage and current.
    public var missingPhases: Set<Phase> = []
    /// Whether it finds the phase order 1-3-2.
    public var isPhaseOrderReversed = false
    /// Whether the values stand still.
    public var isFrozen = false
    /// Whether all measured values are zero, as some meters show after a restart.
    public var showsZeros = false
    /// Whether every measured register holds all ones.
    public var showsSentinels = false
    /// The unit it answers to instead of its own.
    public var movedUnit: UInt8?
    /// What it says it is instead of what it is.
    public var foreignName: String?

    /// Creates a meter without faults.
    public init() {}
}
