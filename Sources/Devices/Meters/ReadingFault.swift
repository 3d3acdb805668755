// SPDX-License-Identifier: Apache-2.0
public import Modbus
public import Quantities

/// Why a meter gave no reading that may be used.
public enum ReadingFault: Error, Hashable, Sendable {
    /// Nothing came, or nothing that belongs to the question; the text says what happened on the wire.
    case noAnswer(String)
    /// The meter, or a gateway before it, refused the request.
    case exception(ExceptionCode)
    /// The meter says that it has no value, or sends what is no number.
    case notAvailable(Quantity)
    /// A value that cannot be true; its text carries the unit.
    case outOfRange(Quantity, value: String)
    /// Values that contradict each other.
    case inconsistent(String)
    /// A phase has no voltage.
    case phaseMissing(Phase)
    /// All currents and voltages are zero, as after the start of a meter.
    case notMeasuring
    /// Nothing moved for too long although current flows.
    case frozen(since: Instant, for: Duration)
    /// Another device answers than the profile or the commissioning says.
    case wrongDevice(expected: String, found: String)

    /// Whether waiting will not help: somebody has to change the wiring, the settings or the device.
    public var isPermanent: Bool {
        switch self {
        case .wrongDevice, .frozen: true
        case .exception(let code):
            [.illegalFunction, .illegalDataAddress, .illegalDataValue].contains(code)
        case .noAnswer, .notAvailable, .outOfRange, .inconsistent, .phaseMissing, .notMeasuring: false
        }
    }
}

extension ReadingFault: CustomStringConvertible {
    /// What happened and what to look at, for an electrician.
    public var description: String {
        switch self {
        case .noAnswer(let reason):
            "the meter does not answer (\(reason)); check its power, network cable, address and unit identifier"
        case .exception(let code) where isPermanent:
            "the meter refuses the question: \(code); check that the profile is the right one for this meter"
        case .exception(let code):
            "the meter or its gateway cannot answer now: \(code)"
        case .notAvailable(let quantity):
            "the meter has no value for \(quantity); check its wiring and current transformers"
        case .outOfRange(let quantity, let value):
            "\(quantity) reads \(value), which cannot be true; check the profile and its word order"
        case .inconsistent(let reason):
            "the values of the meter contradict each other: \(reason); check wiring and profile"
        case .phaseMissing(let phase):
            "phase \(phase) is missing: the meter sees no voltage on it; check its fuse and the voltage tap"
        case .notMeasuring:
            "all currents and voltages read zero: the meter has just started, or its voltage taps are open"
        case .frozen(_, let duration):
            "the meter repeats the same values for \(duration.components.seconds) s although current flows; "
                + "restart it, or the gateway before it"
        case .wrongDevice(let expected, let found):
            "another device answers: expected \(expected), found \(found)"
        }
    }
}

/// Something about a usable reading that somebody should know.
public enum ReadingWarning: Hashable, Sendable, CustomStringConvertible {
    /// A phase carries nearly what the meter can measure; above its rating it may read too little (M21).
    case nearRating(Phase, Amperes, rating: Amperes)

    /// The warning in words.
    public var description: String {
        switch self {
        case .nearRating(let phase, let current, let rating):
            "phase \(phase) carries \(current), the meter measures up to \(rating)"
        }
    }
}
