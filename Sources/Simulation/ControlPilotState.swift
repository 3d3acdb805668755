// SPDX-License-Identifier: Apache-2.0

/// The state of a socket's control pilot (IEC 61851-1, mode 3).
///
/// Suffix 1: the station offers nothing; 2: it offers
/// current by the duty cycle. Only C2 carries current here; no car of this model asks for ventilation (D).
public enum ControlPilotState: String, Hashable, Sendable, CaseIterable, CustomStringConvertible {
    /// No car.
    case a = "A"
    /// A car that wants nothing or may not charge; no offer.
    case b1 = "B1"
    /// A car that could charge and does not.
    case b2 = "B2"
    /// A car that is ready, and no offer.
    case c1 = "C1"
    /// Charging.
    case c2 = "C2"
    /// The pilot has no voltage: no power, or a wake-up.
    case e = "E"
    /// The station is out of order.
    case f = "F"

    /// The name as stations write it.
    public var description: String { rawValue }
}
