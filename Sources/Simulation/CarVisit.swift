// SPDX-License-Identifier: Apache-2.0
public import Quantities

/// One stay of a car at a socket.
public struct CarVisit: Hashable, Sendable {
    /// Which socket of the site, counted from 0 over all stations.
    public var socket: Int
    /// When the car is connected.
    public var arrival: Instant
    /// When it is disconnected; after the arrival.
    public var departure: Instant
    /// The car as it arrives.
    public var car: Car

    /// Creates a visit.
    public init(socket: Int, arrival: Instant, departure: Instant, car: Car) {
        self.socket = socket
        self.arrival = arrival
        self.departure = departure
        self.car = car
    }
}

extension CarVisit {
    /// How lively a site is; all values are ranges to draw from.
    public struct Pattern: Hashable, Sendable {
        /// How long a socket is empty before the next car.
        public var gap: ClosedRange<Duration>
        /// How long a car stays.
        public var stay: ClosedRange<Duration>
        /// How full cars are when they arrive.
        public var stateOfCharge: ClosedRange<StateOfCharge>

        /// Creates a pattern; without arguments that of an afternoon and evening at home.
        public init(
            gap: ClosedRange<Duration> = .seconds(60) ... .seconds(3600),
            stay: ClosedRange<Duration> = .seconds(2700) ... .seconds(14_400),
            stateOfCharge: ClosedRange<StateOfCharge> = StateOfCharge(percent: 15)...StateOfCharge(percent: 75)
        ) {
            self.gap = gap
            self.stay = stay
            self.stateOfCharge = stateOfCharge
        }
    }

    /// No schedule is longer; a socket with a car every two minutes fills a month with it.
    public static let mostVisits = 20_000

    /// Draws the visits of all sockets up to an instant, in order of arrival.
    ///
    /// - Parameters:
    ///   - sockets: How many sockets there are.
    ///   - end: No car arrives at or after this instant; the last ones may stay longer.
    ///   - pattern: How lively the site is.
    ///   - generator: The randomness; the same state gives the same visits.
    /// - Returns: At most ``mostVisits``; two visits of one socket never overlap.
    public static func schedule(
        sockets: Int,
        until end: Instant,
        pattern: Pattern = Pattern(),
        using generator: inout some RandomNumberGenerator
    ) -> [CarVisit] {
        var visits: [CarVisit] = []
        for socket in 0..<max(0, sockets) {
            var arrival = Instant.start + .random(in: pattern.gap, using: &generator)
            while arrival < end, visits.count < mostVisits {
                // At least a second, so that every visit has a length and the schedule an end.
                let stay = max(.seconds(1), Duration.random(in: pattern.stay, using: &generator))
                let settings = Car.Settings.random(using: &generator)
                let permille = Int.random(
                    in: pattern.stateOfCharge.lowerBound.permille...pattern.stateOfCharge.upperBound.permille,
                    using: &generator
                )
                let car = Car(settings, stateOfCharge: StateOfCharge(permille: permille))
                visits.append(CarVisit(socket: socket, arrival: arrival, departure: arrival + stay, car: car))
                arrival = arrival + stay + .random(in: pattern.gap, using: &generator)
            }
        }
        return visits.sorted { ($0.arrival, $0.socket) < ($1.arrival, $1.socket) }
    }
}
