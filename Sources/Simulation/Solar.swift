// SPDX-License-Identifier: Apache-2.0
public import Quantities

/// What a photovoltaic plant adds to the currents at the grid connection: zero or negative.
public enum Solar: Hashable, Sendable {
    /// There is no plant.
    case absent
    /// A clear day: a smooth rise from sunrise to the peak halfway to sunset and back, the same every day.
    ///
    /// The hours are counted from midnight, which lies `midnight` before ``Instant/start``.
    case clearDay(peak: PerPhase<Amperes>, sunrise: Duration, sunset: Duration, midnight: Duration = .zero)
    /// A recording, negative for generation.
    case trace(LoadTrace)

    /// The contribution at an instant.
    public func current(at instant: Instant) -> PerPhase<Amperes> {
        switch self {
        case .absent: .zero
        case .trace(let trace): trace.load(at: instant)
        case .clearDay(let peak, let sunrise, let sunset, let midnight):
            Solar.clearDay(peak, sunrise: sunrise, sunset: sunset, timeOfDay: instant.sinceStart + midnight)
        }
    }

    private static func clearDay(
        _ peak: PerPhase<Amperes>,
        sunrise: Duration,
        sunset: Duration,
        timeOfDay: Duration
    ) -> PerPhase<Amperes> {
        let day = Duration.seconds(86_400).milliseconds
        let time = ((timeOfDay.milliseconds % day) + day) % day
        let length = (sunset - sunrise).milliseconds
        guard length > 0, time > sunrise.milliseconds, time < sunset.milliseconds else { return .zero }
        let share = Double(time - sunrise.milliseconds) / Double(length)
        // A parabola squared looks like a bell, begins and ends flat, and needs no transcendental function.
        let arch = 4 * share * (1 - share)
        let height = arch * arch
        return peak.map { Amperes(milliamperes: -Int((Double($0.milliamperes) * height).rounded())) }
    }
}
