// SPDX-License-Identifier: Apache-2.0
import Simulation

/// Random numbers of one purpose: its name and the seed of the scenario decide all of them.
///
/// So a further draw somewhere moves no draw elsewhere, and every program gets the same ones.
public struct RandomStream: Sendable {
    private var generator: SplitMix64

    /// Creates the stream of a name.
    public init(seed: UInt64, name: String) {
        generator = SplitMix64(seed: seed ^ RandomStream.hash(name))
    }

    /// The FNV-1a hash with 64 bits of a text in UTF-8.
    public static func hash(_ text: String) -> UInt64 {
        text.utf8.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
    }

    /// The next 64 bits.
    public mutating func next() -> UInt64 { generator.next() }

    /// A number from 0 to less than 1.
    public mutating func uniform() -> Double { Double(generator.next() >> 11) * 0x1p-53 }

    /// A number around 0 of standard deviation 1: twelve uniform ones less six.
    public mutating func normal() -> Double {
        var sum = 0.0
        for _ in 0..<12 { sum += uniform() }
        return sum - 6
    }
}
