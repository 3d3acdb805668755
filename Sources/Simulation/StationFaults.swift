// SPDX-License-Identifier: Apache-2.0
public import Quantities

/// What can be wrong with a virtual station; nothing to begin with.
public struct StationFaults: Hashable, Sendable {
    /// Another program that writes setpoints to the same station.
    public struct OtherWriter: Hashable, Sendable {
        /// The socket it writes to, counted from 0.
        public var socket: Int
        /// What it writes.
        public var setpoint: Amperes
        /// How often; above zero.
        public var period: Duration

        /// Creates another writer.
        public init(socket: Int, setpoint: Amperes, period: Duration) {
            self.socket = socket
            self.setpoint = setpoint
            self.period = period
        }
    }

    /// Takes setpoints and shows them, but stays at its safe current.
    public var ignoresSetpoints = false
    /// Refuses every write.
    public var refusesWrites = false
    /// How long a setpoint waits before it counts.
    public var applyDelay = Duration.zero
    /// Shows the setpoint as applied and accounted for, whatever is true.
    public var liesAboutApplied = false
    /// Goes to the socket's maximum instead of its safe current when the setpoint lapses.
    public var ignoresSafeCurrent = false
    /// Cannot be reached; charges on by its own rules.
    public var isAway = false
    /// Somebody else writes, too.
    public var otherWriter: OtherWriter?

    /// Creates a station without faults.
    public init() {}
}
