// SPDX-License-Identifier: Apache-2.0

/// A moment in monotonic time, counted from an origin that is fixed for the life of the process.
///
/// Instants of two processes cannot be compared. They count through suspension of the machine when they come from
/// `ContinuousClock`, which leases need (hazard C04); they have nothing to do with the time of day.
public struct Instant: Hashable, Comparable, Sendable, Codable, InstantProtocol {
    /// The time since the origin.
    public let sinceStart: Duration

    /// The origin.
    public static let start = Instant(sinceStart: .zero)

    /// Creates an instant from the time since the origin.
    public init(sinceStart: Duration) { self.sinceStart = sinceStart }

    /// The instant that is later by a duration.
    public func advanced(by duration: Duration) -> Instant { Instant(sinceStart: sinceStart + duration) }

    /// The time from this instant to another; negative when the other one is earlier.
    public func duration(to other: Instant) -> Duration { other.sinceStart - sinceStart }

    /// Whether the left instant is the earlier one.
    public static func < (left: Instant, right: Instant) -> Bool { left.sinceStart < right.sinceStart }

    /// The instant that is later by a duration.
    public static func + (left: Instant, right: Duration) -> Instant { left.advanced(by: right) }

    /// The instant that is earlier by a duration.
    public static func - (left: Instant, right: Duration) -> Instant { left.advanced(by: .zero - right) }

    /// The time from the right instant to the left one.
    public static func - (left: Instant, right: Instant) -> Duration { right.duration(to: left) }
}

extension Duration {
    /// The duration in seconds, for arithmetic that is not about safety and for display.
    public var seconds: Double {
        Double(components.seconds) + Double(components.attoseconds) / 1e18
    }
}

/// Tells the time and waits: the only bridge from a clock to ``Instant``.
///
/// Shells take it as an argument, so that tests move time by hand and demonstrations run faster than life. Only the
/// composition root makes one from `ContinuousClock`.
public struct Timekeeper: Sendable {
    /// How many times faster than the clock its instants pass; 1 in production.
    public let speed: Double
    private let read: @Sendable () -> Instant
    private let wait: @Sendable (Instant) async throws -> Void

    /// The present instant.
    public var now: Instant { read() }

    /// Returns at an instant, at once when it has passed.
    ///
    /// - Throws: `CancellationError` when the task is cancelled meanwhile.
    public func sleep(until instant: Instant) async throws { try await wait(instant) }

    /// Returns after a duration.
    ///
    /// - Throws: `CancellationError` when the task is cancelled meanwhile.
    public func sleep(for duration: Duration) async throws { try await wait(now + duration) }

    /// Creates a timekeeper whose origin is the present moment of a clock.
    ///
    /// - Parameters:
    ///   - clock: The clock to read and to sleep on.
    ///   - speed: How many times faster than the clock the instants pass; above zero.
    public init<C: Clock>(_ clock: C, speed: Double = 1) where C.Duration == Duration {
        precondition(speed > 0, "the speed of a timekeeper is above zero, not \(speed)")
        let origin = clock.now
        self.speed = speed
        read = { Instant(sinceStart: origin.duration(to: clock.now) * speed) }
        wait = { instant in
            try await clock.sleep(until: origin.advanced(by: instant.sinceStart / speed), tolerance: nil)
        }
    }
}
