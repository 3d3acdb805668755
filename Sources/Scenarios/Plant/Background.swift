// SPDX-License-Identifier: Apache-2.0

/// What the loads of a scenario draw, tick by tick.
struct Background: Sendable {
    private let loads: [Scenario.Load]
    private let step: Double
    /// The row of each trace that was looked up last.
    private var cursors: [Int]
    private var noise: [Noise?]

    /// The state of one noise.
    private struct Noise: Sendable {
        var stream: RandomStream
        var ticks: Int
        var keep: Double
        var add: Double
        var value = Triple.zero
    }

    init(_ scenario: Scenario) {
        loads = scenario.loads
        step = scenario.step
        cursors = Array(repeating: 0, count: loads.count)
        noise = loads.enumerated().map { index, load in
            guard case .noise(let sigma, let correlation, let hold) = load.kind else { return nil }
            let keep = correlation > 0 ? exponential(-hold / correlation) : 0
            return Noise(
                stream: RandomStream(seed: scenario.seed, name: "noise\(index)"),
                ticks: scenario.ticksOfPeriod(hold),
                keep: keep,
                add: sigma * (1 - keep * keep).squareRoot()
            )
        }
    }

    /// Adds to each circuit what the loads on it draw at a tick; ticks are asked for in order.
    mutating func add(to circuits: inout [Triple], tick: Int) {
        let time = Double(tick) * step
        for index in loads.indices {
            let load = loads[index]
            switch load.kind {
            case .constant(let amperes):
                circuits[load.circuit] += amperes
            case .trace(let trace):
                circuits[load.circuit] += trace.current(at: time, cursor: &cursors[index])
            case .step(let start, let duration, let amperes):
                if time >= start, time < start + duration { circuits[load.circuit] += amperes }
            case .pulse(let start, let duration, let period, let on, let amperes):
                guard time >= start, time < start + duration else { continue }
                if (time - start).truncatingRemainder(dividingBy: period) < on { circuits[load.circuit] += amperes }
            case .noise:
                circuits[load.circuit] += nextNoise(index, tick: tick)
            }
        }
    }

    private mutating func nextNoise(_ index: Int, tick: Int) -> Triple {
        guard var state = noise[index] else { return .zero }
        guard tick % state.ticks == 0 else { return state.value }
        for phase in 0..<3 { state.value[phase] = state.keep * state.value[phase] + state.add * state.stream.normal() }
        noise[index] = state
        return state.value
    }
}
