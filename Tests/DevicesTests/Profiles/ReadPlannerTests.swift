// SPDX-License-Identifier: Apache-2.0
import Devices
import TestSupport
import Testing

@Suite("Read planner")
struct ReadPlannerTests {
    private static func blocks(_ pairs: [(Int, Int)]) -> [ReadBlock] {
        pairs.map { ReadBlock(address: $0.0, count: $0.1) }
    }

    @Test("Neighbours with a gap of eight are read together, with nine apart")
    func gaps() {
        let planner = ReadPlanner()
        #expect(planner.plan([0..<2, 10..<12]) == Self.blocks([(0, 12)]))
        #expect(planner.plan([0..<2, 11..<13]) == Self.blocks([(0, 2), (11, 2)]))
        #expect(planner.plan([]) == [])
    }

    @Test("What is too long for one request is divided between values")
    func long() {
        let spans = (0..<100).map { $0 * 2..<$0 * 2 + 2 }
        #expect(ReadPlanner().plan(spans) == Self.blocks([(0, 124), (124, 76)]))
        #expect(ReadPlanner(maximumCount: 80).plan(spans) == Self.blocks([(0, 80), (80, 80), (160, 40)]))
    }

    @Test("Values of one instant stay together when a division is needed")
    func together() {
        let spans = (0..<20).map { $0 * 2..<$0 * 2 + 2 }
        let plan = ReadPlanner(maximumCount: 16).plan(spans, together: [10..<12, 22..<24])
        #expect(plan.contains { $0.range.contains(10..<12) && $0.range.contains(22..<24) })
        #expect(plan.allSatisfy { $0.count <= 16 })
    }

    @Test("Prescribed blocks are kept as they are, and unused ones are left out")
    func prescribed() {
        let planner = ReadPlanner(prescribed: Self.blocks([(300, 26), (1200, 16)]))
        #expect(planner.plan([301..<305, 320..<322, 400..<402]) == Self.blocks([(300, 26), (400, 2)]))
    }

    @Test("Every plan holds every value whole within the limits, for any map", arguments: 0..<200)
    func properties(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let maximum = Int.random(in: 4...125, using: &random)
        let gap = Int.random(in: 0...12, using: &random)
        let spans = (0..<Int.random(in: 1...60, using: &random)).map { _ in
            let start = Int.random(in: 0...400, using: &random)
            return start..<start + ([1, 2, 4].randomElement(using: &random) ?? 1)
        }
        let together = Array(spans.prefix(Int.random(in: 0...9, using: &random)))
        let planner = ReadPlanner(maximumCount: maximum, maximumGap: gap)
        let plan = planner.plan(spans, together: together)
        #expect(plan.allSatisfy { (1...maximum).contains($0.count) }, "seed \(seed)")
        for span in spans { #expect(plan.contains { $0.range.contains(span) }, "seed \(seed)") }
        // No register is read for nothing at the ends, and no gap wider than permitted.
        for block in plan {
            let inside = spans.filter { block.range.contains($0) }.sorted { $0.lowerBound < $1.lowerBound }
            #expect(inside.map(\.lowerBound).min() == block.address, "seed \(seed)")
            #expect(inside.map(\.upperBound).max() == block.range.upperBound, "seed \(seed)")
            var end = block.address
            for span in inside {
                #expect(span.lowerBound - end <= gap, "seed \(seed)")
                end = max(end, span.upperBound)
            }
        }
        #expect(plan == planner.plan(spans.shuffled(using: &random), together: together), "seed \(seed)")
    }
}
