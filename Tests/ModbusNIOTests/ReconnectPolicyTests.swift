// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import ModbusNIO

@Suite("Reconnecting")
struct ReconnectPolicyTests {
    @Test("Modbus checklist 7.10: pauses grow as listed, repeat the last one, and get at most 10 % more")
    func pauses() {
        for seed in 0..<50 as Range<UInt64> {
            var policy = ReconnectPolicy(delays: [1, 2, 5, 10].map { .seconds($0) }, seed: seed)
            for seconds in [1, 2, 5, 10, 10, 10] as [Double] {
                let pause = policy.pauseAfterFailure()
                #expect(pause >= .seconds(seconds) && pause <= .seconds(seconds * 1.1), "seed \(seed)")
            }
        }
    }

    @Test("Modbus checklist 7.10: a success makes the next failure the first one")
    func reset() {
        var policy = ReconnectPolicy(delays: [.seconds(1), .seconds(10)], seed: 1)
        _ = policy.pauseAfterFailure()
        #expect(policy.pauseAfterFailure() >= .seconds(10))
        policy.succeeded()
        #expect(policy.pauseAfterFailure() < .seconds(2))
    }

    @Test("The same seed gives the same pauses, and no list means no pause")
    func seeds() {
        var first = ReconnectPolicy(delays: [.seconds(1)], seed: 7)
        var second = ReconnectPolicy(delays: [.seconds(1)], seed: 7)
        #expect(first.pauseAfterFailure() == second.pauseAfterFailure())
        var none = ReconnectPolicy(delays: [], seed: nil)
        #expect(none.pauseAfterFailure() == .zero)
    }
}
