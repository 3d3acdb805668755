// SPDX-License-Identifier: Apache-2.0
public import Quantities
public import Simulation

/// What truly happens on a virtual site at an instant, whatever its meter and stations say.
public struct SiteSnapshot: Hashable, Sendable {
    /// One socket.
    public struct Socket: Hashable, Sendable {
        /// Which station it belongs to.
        public var station: StationID
        /// Its Modbus unit: 1 or 2.
        public var unit: UInt8
        /// Where its conductors hang.
        public var rotation: PhaseRotation
        /// What a client can learn about it.
        public var status: VirtualStation.SocketStatus
        /// What it draws, per phase of the site.
        public var draw: PerPhase<Amperes>
        /// The car, if one is connected.
        public var car: Car?
    }

    /// The instant.
    public var at: Instant
    /// What flows at the grid connection; import is positive.
    public var grid: PerPhase<Amperes>
    /// What the house alone takes, generation included.
    public var background: PerPhase<Amperes>
    /// What the generation contributes; zero or negative.
    public var solar: PerPhase<Amperes>
    /// All sockets, in the order of the configuration.
    public var sockets: [Socket]
}
