// SPDX-License-Identifier: Apache-2.0
import Quantities
import TestSupport
import Testing

@testable import Balancing

@Suite("Division of rows among sockets")
struct AllocatorTests {
    private func participant(
        _ rows: [Int],
        max maximum: Int = 16_000,
        min minimum: Int = 6000,
        share: Int = 0,
        served: Bool = true,
        reserve: Int = 0
    ) -> Allocator.Participant {
        Allocator.Participant(
            rows: rows,
            minimum: Amperes(milliamperes: minimum),
            maximum: Amperes(milliamperes: maximum),
            share: Amperes(milliamperes: share),
            isServed: served,
            reserve: Amperes(milliamperes: reserve)
        )
    }

    private func divide(_ capacity: [Int], _ participants: [Allocator.Participant]) -> [Int] {
        Allocator(capacity: capacity.map { Amperes(milliamperes: $0) }).divide(participants).map(\.current.milliamperes)
    }

    @Test("Two equal sockets get equal parts; a full one leaves the rest to the other")
    func equalParts() {
        #expect(divide([20_000], [participant([0]), participant([0])]) == [10_000, 10_000])
        #expect(divide([20_000], [participant([0], max: 8000), participant([0])]) == [8000, 12_000])
    }

    @Test("A single-phase car on a free phase does not wait for a three-phase one")
    func phases() {
        let result = divide([12_000, 30_000, 30_000], [participant([0, 1, 2]), participant([1])])
        #expect(result == [12_000, 16_000])
    }

    @Test("Nobody rises above the share while others' shares are not covered")
    func shares() {
        // 10 A for two sockets that fall to 6 A each: one of them idle, still counted.
        #expect(
            divide([10_000], [participant([0], share: 6000), participant([0], share: 6000, served: false)]) == [
                6000, 0,
            ]
        )
        #expect(
            divide([15_000], [participant([0], share: 6000), participant([0], share: 6000, served: false)]) == [
                9000, 0,
            ]
        )
    }

    @Test("What offline sockets may still draw is set aside")
    func reserve() {
        let offline = participant([0], served: false, reserve: 16_000)
        #expect(divide([25_000], [participant([0]), offline]) == [9000, 0])
    }

    @Test(
        "Random divisions keep every row, are work-conserving, max-min fair and independent of order",
        arguments: 0..<200
    )
    func properties(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<20 { checkRandomDivision(&random, seed: seed) }
    }

    private func checkRandomDivision(_ random: inout SeededGenerator, seed: UInt64) {
        let rowCount = Int.random(in: 1...6, using: &random)
        var participants: [Allocator.Participant] = []
        for _ in 0..<Int.random(in: 1...7, using: &random) {
            var rows = (0..<rowCount).filter { _ in Bool.random(using: &random) }
            if rows.isEmpty { rows = [Int.random(in: 0..<rowCount, using: &random)] }
            let maximum = Int.random(in: 6000...32_000, using: &random)
            let share = Bool.random(using: &random) ? 6000 : 0
            participants.append(
                participant(rows, max: maximum, share: share, served: Int.random(in: 0..<4, using: &random) > 0)
            )
        }
        let needed = Allocator(capacity: Array(repeating: .zero, count: rowCount)).needed(participants)
        let capacity = needed.map { $0.clampedToZero.milliamperes + Int.random(in: 0...30_000, using: &random) }
        let allocator = Allocator(capacity: capacity.map { Amperes(milliamperes: $0) })
        let result = divide(capacity, participants)

        func offered(_ row: Int) -> Int {
            participants.indices.filter { participants[$0].rows.contains(row) }.map { result[$0] }.reduce(0, +)
        }
        func counted(_ row: Int) -> Int {
            participants.indices.filter { participants[$0].rows.contains(row) }
                .map { max(result[$0], participants[$0].share.milliamperes) }.reduce(0, +)
        }
        for row in 0..<rowCount {
            #expect(offered(row) <= capacity[row], "seed \(seed)")
            let someoneAbove = participants.indices.contains {
                participants[$0].rows.contains(row) && result[$0] > participants[$0].share.milliamperes
            }
            if someoneAbove { #expect(counted(row) <= capacity[row], "seed \(seed)") }
        }
        for index in participants.indices where participants[index].isServed {
            let current = result[index]
            #expect(current >= 6000 && current <= participants[index].maximum.milliamperes, "seed \(seed)")
            guard current < participants[index].maximum.milliamperes else { continue }
            // The certificate of max-min fairness: a full row on which nobody who could give has more.
            let isCertified = participants[index].rows.contains { row in
                let isAbove = current >= participants[index].share.milliamperes
                let room =
                    isAbove
                    ? min(capacity[row] - offered(row), capacity[row] - counted(row)) : capacity[row] - offered(row)
                let isLargest = participants.indices.allSatisfy { other in
                    !participants[other].rows.contains(row) || result[other] <= current + 1 || result[other] <= 6000
                        || result[other] <= participants[other].share.milliamperes
                }
                return room < participants.count && isLargest
            }
            #expect(isCertified, "seed \(seed): \(participants) \(capacity) \(result)")
        }
        let order = participants.indices.shuffled(using: &random)
        let shuffled = allocator.divide(order.map { participants[$0] })
        for (position, index) in order.enumerated() {
            #expect(abs(shuffled[position].current.milliamperes - result[index]) <= participants.count, "seed \(seed)")
        }
    }
}
