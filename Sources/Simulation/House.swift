// SPDX-License-Identifier: Apache-2.0
public import Quantities

/// A building behind one grid connection: its loads, its solar plant, and the sockets that hang on it.
public struct House: Hashable, Sendable {
    /// What a socket draws, and how it is wired.
    public struct Tap: Hashable, Sendable {
        /// The current in each of the socket's conductors.
        public var currents: PerPhase<Amperes>
        /// Where the conductors hang.
        public var rotation: PhaseRotation

        /// Creates a tap.
        public init(currents: PerPhase<Amperes>, rotation: PhaseRotation) {
            self.currents = currents
            self.rotation = rotation
        }
    }

    /// Everything in the house but charging and generation.
    public var load: LoadTrace
    /// The generation.
    public var solar: Solar

    /// Creates a house.
    public init(load: LoadTrace, solar: Solar = .absent) {
        self.load = load
        self.solar = solar
    }

    /// What the house alone takes from the grid; negative where it exports.
    public func background(at instant: Instant) -> PerPhase<Amperes> {
        load.load(at: instant) + solar.current(at: instant)
    }

    /// What the grid meter sees: the house and everything that charges, per phase of the site.
    public func gridCurrents(at instant: Instant, taps: some Sequence<Tap>) -> PerPhase<Amperes> {
        taps.reduce(background(at: instant)) { $0 + $1.rotation.onSite($1.currents, empty: .zero) }
    }
}
