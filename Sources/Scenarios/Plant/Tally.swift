// SPDX-License-Identifier: Apache-2.0

/// Counts what the figures of a run are made of.
struct Tally: Sendable {
    /// What is looked at in each step.
    struct Tick {
        var number: Int
        var currents: [Triple]
        var background: [Triple]
        var used: Double
        var charging: Double
        var wanting: Int
    }

    var trips = 0
    private let step: Double
    private let limits: [Double]
    private var over = OverloadTimes()
    private var overAvoidable = OverloadTimes()
    private var ampereSecondsOver = 0.0
    private var used = 0.0
    private var changes = 0
    private var travel = 0.0
    private var pauses = 0
    private var wantingTicks = 0
    fileprivate var restores: [Restore]

    fileprivate struct Restore: Sendable {
        let event: Scenario.RestoreEvent
        var sum = 0.0
        var count = 0
        var restored: Double?
    }

    init(_ scenario: Scenario) {
        step = scenario.step
        limits = scenario.circuits.map(\.limit)
        restores = scenario.restoreEvents.map { Restore(event: $0) }
    }

    mutating func passTick(_ tick: Tick) {
        var worst = -Double.infinity
        var worstAvoidable = -Double.infinity
        for circuit in limits.indices {
            let limit = limits[circuit]
            for phase in 0..<3 {
                let current = tick.currents[circuit][phase]
                let percent = (current / limit - 1) * 100
                worst = max(worst, percent)
                if tick.background[circuit][phase] <= limit { worstAvoidable = max(worstAvoidable, percent) }
                if current > limit { ampereSecondsOver += (current - limit) * step }
            }
        }
        over.add(worst, for: step)
        overAvoidable.add(worstAvoidable, for: step)
        used = max(used, tick.used)
        wantingTicks += tick.wanting
        let time = Double(tick.number) * step
        for index in restores.indices { restores[index].passTick(at: time, tick.charging) }
    }

    mutating func commanded(from before: Double, to value: Double, isConnected: Bool, wants: Bool) {
        guard isConnected else { return }
        let difference = abs(value - before)
        if difference >= 0.05 {
            changes += 1
            travel += difference
        }
        if wants, before >= 6, value < 6 { pauses += 1 }
    }

    /// Makes the figures of what the cars have got so far.
    func figures(_ cars: [(delivered: Double, wants: Bool)], _ scenario: Scenario) -> Figures {
        var figures = Figures()
        figures.trips = trips
        figures.over = over
        figures.overAvoidable = overAvoidable
        figures.ampereSecondsOver = ampereSecondsOver
        figures.heatFraction = used
        figures.sessions = cars.map(\.delivered)
        var satisfactions: [Double] = []
        for (visit, car) in zip(scenario.visits, cars) {
            figures.delivered += car.delivered
            figures.requested += visit.request
            figures.unmet += max(0, visit.request - car.delivered)
            let possible = min(visit.request, CarState.aloneEnergy(visit, in: scenario))
            if possible > 0 { satisfactions.append(car.delivered / possible) }
        }
        figures.bound = scenario.energyBound
        figures.jain = Figures.jain(satisfactions)
        figures.leastSatisfaction = satisfactions.min()
        let hours = Double(wantingTicks) * step / 3600
        if hours > 0 {
            figures.changesPerHour = Double(changes) / hours
            figures.travelPerHour = travel / hours
            figures.pausesPerHour = Double(pauses) / hours
        }
        figures.restoreTimes = restores.map(\.restored)
        return figures
    }
}

extension Tally.Restore {
    mutating func passTick(at time: Double, _ charging: Double) {
        if event.reference.contains(time) {
            sum += charging
            count += 1
        }
        guard restored == nil, count > 0, time >= event.time, !event.reference.contains(time) else { return }
        if charging >= 0.95 * sum / Double(count) { restored = time - event.time }
    }
}

/// Seconds above the limits, by how much.
public struct OverloadTimes: Sendable, Equatable {
    /// The names of the classes: percent above the limit.
    public static let names = ["0-2%", "2-5%", "5-10%", "10-20%", "20-50%", ">50%"]
    private static let bounds = [2.0, 5, 10, 20, 50, .infinity]

    /// The seconds of each class, in the order of ``names``.
    public private(set) var seconds = Array(repeating: 0.0, count: names.count)
    /// The largest overload in percent; zero when there was none.
    public private(set) var worst = 0.0

    /// All seconds.
    public var total: Double { seconds.reduce(0, +) }

    /// The seconds above 5 percent.
    public var aboveFive: Double { seconds[2...].reduce(0, +) }

    /// The seconds above 20 percent.
    public var aboveTwenty: Double { seconds[4...].reduce(0, +) }

    /// Takes the worst overload of a time in percent; up to a twentieth of a percent is none.
    mutating func add(_ percent: Double, for time: Double) {
        worst = max(worst, percent)
        guard percent > 0.05, let index = OverloadTimes.bounds.firstIndex(where: { percent <= $0 }) else { return }
        seconds[index] += time
    }
}
