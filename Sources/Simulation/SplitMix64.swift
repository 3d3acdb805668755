// SPDX-License-Identifier: Apache-2.0

/// Random numbers that a seed repeats exactly, on every machine.
///
/// Source: the SplitMix64 generator of G. Steele, D. Lea and C. Flood; small, fast, not for secrets.
public struct SplitMix64: RandomNumberGenerator, Hashable, Sendable {
    private var state: UInt64

    /// Creates a generator whose numbers follow from the seed alone.
    public init(seed: UInt64) { state = seed }

    /// The next 64 bits.
    public mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

extension Duration {
    /// A duration drawn evenly from a range, in steps of a millisecond.
    static func random(
        in range: ClosedRange<Duration>,
        using generator: inout some RandomNumberGenerator
    ) -> Duration {
        .milliseconds(Int.random(in: range.lowerBound.milliseconds...range.upperBound.milliseconds, using: &generator))
    }

    /// The whole milliseconds, rounded toward zero.
    var milliseconds: Int {
        Int(components.seconds) * 1000 + Int(components.attoseconds / 1_000_000_000_000_000)
    }
}
