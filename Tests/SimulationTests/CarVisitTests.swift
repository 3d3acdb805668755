// SPDX-License-Identifier: Apache-2.0
import Quantities
import Simulation
import Testing

@Suite("A schedule of car visits")
struct CarVisitTests {
    private static func schedule(seed: UInt64) -> [CarVisit] {
        var generator = SplitMix64(seed: seed)
        return CarVisit.schedule(
            sockets: 4,
            until: Instant(sinceStart: .seconds(86_400)),
            using: &generator
        )
    }

    @Test("follows from the seed alone")
    func determinism() {
        #expect(Self.schedule(seed: 7) == Self.schedule(seed: 7))
        #expect(Self.schedule(seed: 7) != Self.schedule(seed: 8))
    }

    @Test("is in order, and no two cars are at one socket", arguments: 1...20 as ClosedRange<UInt64>)
    func order(seed: UInt64) {
        let visits = Self.schedule(seed: seed)
        #expect(visits.map(\.arrival) == visits.map(\.arrival).sorted())
        for socket in 0..<4 {
            let stays = visits.filter { $0.socket == socket }
            #expect(!stays.isEmpty)
            for (one, next) in zip(stays, stays.dropFirst()) { #expect(one.departure <= next.arrival) }
            for stay in stays { #expect(stay.arrival < stay.departure) }
        }
    }

    @Test("has a bound, however lively the site")
    func bound() {
        var generator = SplitMix64(seed: 1)
        let pattern = CarVisit.Pattern(gap: .zero ... .zero, stay: .zero ... .zero)
        let end = Instant(sinceStart: .seconds(1_000_000))
        let visits = CarVisit.schedule(sockets: 2, until: end, pattern: pattern, using: &generator)
        #expect(visits.count == CarVisit.mostVisits)
    }
}

@Suite("The seeded generator")
struct SplitMix64Tests {
    @Test("gives the numbers of the scenario format")
    func vectors() {
        // Seed 42 combined with the stream name "cmd", from the scenario format's test vectors.
        var generator = SplitMix64(seed: 42 ^ 0xf60b_f719_0d07_8d0b)
        #expect(generator.next() == 0xa182_33aa_0b17_df0c)
        #expect(generator.next() == 0x19ef_131e_dee9_38c8)
        #expect(generator.next() == 0x78fc_d920_7110_c97f)
    }
}
