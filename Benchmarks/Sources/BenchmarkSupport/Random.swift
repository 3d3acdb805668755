// SPDX-License-Identifier: Apache-2.0

/// Random numbers that a seed repeats exactly (SplitMix64).
package struct Random: Sendable {
    private var state: UInt64

    package init(seed: UInt64) { state = seed }

    /// A number from zero to one less than a bound.
    package mutating func below(_ bound: Int) -> Int {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        mixed ^= mixed >> 31
        return Int(mixed % UInt64(max(bound, 1)))
    }
}
