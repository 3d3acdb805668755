// SPDX-License-Identifier: Apache-2.0

/// How long to wait before the next attempt to connect.
struct ReconnectPolicy {
    /// The largest part of a pause that is added to it at random, so that clients do not move in step.
    static let jitter = 0.1

    private let delays: [Duration]
    private var generator: any RandomNumberGenerator
    private(set) var failures = 0

    init(delays: [Duration], seed: UInt64?) {
        self.delays = delays.isEmpty ? [.zero] : delays
        generator = seed.map { SplitMix64(state: $0) as any RandomNumberGenerator } ?? SystemRandomNumberGenerator()
    }

    /// Counts a failure and gives the pause after it.
    mutating func pauseAfterFailure() -> Duration {
        let delay = delays[min(failures, delays.count - 1)]
        failures += 1
        return delay + delay * Double.random(in: 0...ReconnectPolicy.jitter, using: &generator)
    }

    /// A request has succeeded, so the next failure is the first one.
    mutating func succeeded() { failures = 0 }
}

/// Steele, Lea and Flood's generator (2014): small, seedable, good enough for jitter.
struct SplitMix64: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
