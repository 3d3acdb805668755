// SPDX-License-Identifier: Apache-2.0
public import Quantities

extension Car {
    /// The habits of one car.
    ///
    /// Every value is taken as it is: the ranges say what is known of real cars.
    public struct Settings: Hashable, Sendable {
        /// How many conductors its charger uses, counted from the socket's first; 1 to 3.
        public var conductors = 3
        /// The most it draws per conductor.
        public var maximumCurrent = Amperes(16)
        /// The least current it starts with, 6 A or of some cars 8, 10 or 14 A; offered less, it draws nothing.
        public var minimumCurrent = Amperes(6)
        /// How long a change of the offer goes unnoticed; 0.5 to 5 s (IEC 61851-1 grants 5 s).
        public var deadTime = Duration.seconds(1)
        /// How much the draw rises in a second; 2 to 16 A.
        public var rampUp = Amperes(4)
        /// How much the draw falls in a second; 4 to 32 A.
        public var rampDown = Amperes(8)
        /// How far below the offer the draw stays; 0 to 0.9 A.
        public var offset = Amperes.zero
        /// The steps in which the draw moves; zero for a draw without steps, 1 A for about a quarter of all cars.
        public var step = Amperes.zero
        /// How long after an offer the draw begins; 4 to 30 s.
        public var startDelay = Duration.seconds(5)
        /// What its battery holds when full.
        public var capacity = WattHours(milliwattHours: 60_000_000)
        /// From where on the battery takes less and less; 80 to 92 %.
        public var taperStart = StateOfCharge(percent: 85)
        /// Where the car stops by its own setting.
        public var chargeLimit = StateOfCharge.full
        /// Whether it charges again after a pause; otherwise it sleeps until ``Car/wakeUp()`` or a new connection.
        public var resumes = true
        /// Whether it opens its switch (state C to B) while it is offered nothing; otherwise it stays in state C.
        public var opensSwitchWhenPaused = true
        /// The voltage of each conductor against neutral; only for energy.
        public var voltage = Volts(millivolts: 230_000)

        /// Creates the settings of a usual three-phase car of 11 kW.
        public init() {}
    }
}

extension Car.Settings {
    /// Draws a car from the variety in the street: the ranges above, a quarter of them in steps of 1 A, most of them
    /// with three or one conductors.
    public static func random(using generator: inout some RandomNumberGenerator) -> Car.Settings {
        var settings = Car.Settings()
        settings.conductors = [3, 3, 3, 1, 1, 2][Int.random(in: 0..<6, using: &generator)]
        let isLarge = Int.random(in: 0..<4, using: &generator) == 0
        settings.maximumCurrent = isLarge && settings.conductors != 2 ? Amperes(32) : Amperes(16)
        settings.minimumCurrent =
            [Amperes(6), Amperes(6), Amperes(6), Amperes(8)][Int.random(in: 0..<4, using: &generator)]
        settings.deadTime = .random(in: .milliseconds(500) ... .seconds(5), using: &generator)
        settings.rampUp = Amperes(Int.random(in: 2...16, using: &generator))
        settings.rampDown = Amperes(Int.random(in: 4...32, using: &generator))
        settings.offset = Amperes(milliamperes: Int.random(in: 0...900, using: &generator))
        settings.step = Int.random(in: 0..<4, using: &generator) == 0 ? Amperes(1) : .zero
        settings.startDelay = .random(in: .seconds(4) ... .seconds(30), using: &generator)
        settings.capacity = WattHours(milliwattHours: Int.random(in: 40...90, using: &generator) * 1_000_000)
        settings.taperStart = StateOfCharge(percent: Int.random(in: 80...92, using: &generator))
        settings.resumes = Int.random(in: 0..<8, using: &generator) != 0
        settings.opensSwitchWhenPaused = Int.random(in: 0..<4, using: &generator) != 0
        return settings
    }
}
