// SPDX-License-Identifier: Apache-2.0

/// Readings on their way from a meter to the controller.
struct ReadingQueue: Sendable {
    private struct Entry: Sendable {
        var due: Int
        var sampled: Int
        var currents: Triple
    }

    private var entries: [Entry] = []
    private var lastSampled = -1

    mutating func add(sampled: Int, due: Int, _ currents: Triple) {
        entries.append(Entry(due: due, sampled: sampled, currents: currents))
    }

    /// The newest reading that arrives at a tick; older ones than the last are dropped.
    mutating func arriving(at tick: Int) -> (sampled: Int, currents: Triple)? {
        guard !entries.isEmpty else { return nil }
        var newest: (Int, Triple)?
        var waits = false
        for entry in entries {
            guard entry.due <= tick else {
                waits = true
                continue
            }
            guard entry.sampled > lastSampled else { continue }
            lastSampled = entry.sampled
            newest = (entry.sampled, entry.currents)
        }
        if waits { entries.removeAll { $0.due <= tick } } else { entries.removeAll(keepingCapacity: true) }
        return newest
    }
}

/// A meter of a circuit.
struct MeterState: Sendable {
    private let meter: Scenario.Meter
    private let period: Int
    private let latency: Int
    private let step: Double
    private var stream: RandomStream
    private var queue = ReadingQueue()

    init(_ meter: Scenario.Meter, in scenario: Scenario) {
        self.meter = meter
        period = scenario.ticksOfPeriod(meter.period)
        latency = max(0, scenario.ticksCovering(meter.latency))
        step = scenario.step
        stream = RandomStream(seed: scenario.seed, name: "meter" + meter.id)
    }

    /// Measures if it is time to, and hands over what arrives now.
    mutating func passTick(_ tick: Int, currents: Triple) -> (sampled: Int, currents: Triple)? {
        if tick % period == 0 { sample(tick, currents) }
        return queue.arriving(at: tick)
    }

    private mutating func sample(_ tick: Int, _ currents: Triple) {
        let time = Double(tick) * step
        let isLost = stream.uniform() < meter.lossProbability || meter.dropouts.contains { $0.contains(time) }
        var shown = currents
        if meter.noise > 0 {
            for phase in 0..<3 { shown[phase] += meter.noise * stream.normal() }
        }
        for phase in 0..<3 {
            shown[phase] = rounded(shown[phase], to: meter.resolution, truncates: meter.truncates)
            if !meter.isSigned { shown[phase] = abs(shown[phase]) }
        }
        guard !isLost else { return }
        let jitter = meter.jitter > 0 ? Int((stream.uniform() * meter.jitter / step).rounded(.toNearestOrEven)) : 0
        queue.add(sampled: tick, due: tick + latency + jitter, shown)
    }
}

/// The meter in a socket.
struct SocketMeterState: Sendable {
    private let period: Int
    private let latency: Int
    private let resolution: Double
    private var queue = ReadingQueue()

    init(_ meter: Scenario.SocketMeter, in scenario: Scenario) {
        period = scenario.ticksOfPeriod(meter.period)
        latency = max(0, scenario.ticksCovering(meter.latency))
        resolution = meter.resolution
    }

    /// Measures if it is time to: the current of the conductors in use, the same in each.
    mutating func passTick(_ tick: Int, current: Double, conductors: Int) -> (sampled: Int, currents: Triple)? {
        if tick % period == 0 {
            let shown = rounded(current, to: resolution, truncates: false)
            var currents = Triple.zero
            for conductor in 0..<conductors { currents[conductor] = shown }
            queue.add(sampled: tick, due: tick + latency, currents)
        }
        return queue.arriving(at: tick)
    }
}

/// A value as a meter of a resolution shows it.
func rounded(_ value: Double, to resolution: Double, truncates: Bool) -> Double {
    guard resolution > 0 else { return value }
    let steps = value / resolution
    return (truncates ? steps.rounded(.towardZero) : (steps + 0.5).rounded(.down)) * resolution
}
