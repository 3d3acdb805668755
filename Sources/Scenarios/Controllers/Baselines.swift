// SPDX-License-Identifier: Apache-2.0

/// What the simple controllers share: the free current at the grid connection and the division by arrival.
struct SimpleView: Sendable {
    let limit: Double
    let safeCurrent: Double
    let meter: Int?
    let staleAfter: Double
    let installation: Installation
    let period: Double

    init(_ installation: Installation) {
        self.installation = installation
        limit = installation.circuits[0].limit
        safeCurrent = installation.safeCurrent
        meter = installation.rootMeter
        period = installation.controlPeriod
        staleAfter = max(5, 3 * (installation.rootMeter.map { installation.meters[$0].period } ?? 1))
    }

    /// The last reading; `nil` when it is too old to use.
    func reading(_ seen: Observation) -> Observation.Reading? {
        guard let meter, let reading = seen.meters[meter], seen.time - reading.time <= staleAfter else { return nil }
        return reading
    }

    /// The limit less the largest phase: these controllers know only one number for a site.
    func free(_ reading: Observation.Reading) -> Double { limit - reading.currents.max() }

    /// The sockets whose car wants energy, in the order of arrival.
    func wanting(_ seen: Observation) -> [Int] {
        seen.sockets.indices.filter { seen.sockets[$0].isConnected && seen.sockets[$0].wants }
            .sorted { (seen.sockets[$0].arrival, $0) < (seen.sockets[$1].arrival, $1) }
    }

    /// Gives a current in equal parts to as many as can have 6 A, in the order of arrival.
    func divide(_ current: Double, among wanting: [Int], _ setpoints: inout [Double]) {
        for index in setpoints.indices { setpoints[index] = 0 }
        let served = min(wanting.count, max(0, Int(current / 6)))
        guard served > 0 else { return }
        for index in wanting.prefix(served) {
            setpoints[index] = min(current / Double(served), installation.sockets[index].maximum)
        }
    }
}

/// Divides what the largest phase leaves in equal parts, at every reading.
public struct EqualSplit: SetpointController {
    private let view: SimpleView

    /// Creates the controller of a site.
    public init(_ installation: Installation) { view = SimpleView(installation) }

    /// Decides.
    public func decide(_ seen: Observation, _ setpoints: inout [Double]) {
        let wanting = view.wanting(seen)
        guard let reading = view.reading(seen) else { return view.divide(view.safeCurrent, among: wanting, &setpoints) }
        // As if every socket loaded every phase.
        let own = seen.sockets.reduce(0) { $0 + ($1.reading?.currents.max() ?? 0) }
        view.divide(min(view.limit, view.free(reading) + own), among: wanting, &setpoints)
    }
}

/// Lowers all by what is too much at once, and raises all by 1 A every five seconds while there is room.
public struct StepController: SetpointController {
    private let view: SimpleView
    private var total = 0.0
    private var changedAt = -Double.infinity

    private static let patience = 5.0

    /// Creates the controller of a site.
    public init(_ installation: Installation) { view = SimpleView(installation) }

    /// Decides.
    public mutating func decide(_ seen: Observation, _ setpoints: inout [Double]) {
        let wanting = view.wanting(seen)
        guard let reading = view.reading(seen) else {
            total = min(total, view.safeCurrent)
            return view.divide(total, among: wanting, &setpoints)
        }
        let free = view.free(reading)
        let count = Double(max(1, wanting.count))
        if free < 0, reading.time > changedAt {
            total = max(0, total + free)
            changedAt = seen.time
        } else if free >= count, seen.time - changedAt >= StepController.patience {
            let most = wanting.reduce(0) { $0 + view.installation.sockets[$1].maximum }
            total = min(most, max(total, 5) + count)
            changedAt = seen.time
        }
        view.divide(total, among: wanting, &setpoints)
    }
}

/// Adds a quarter of what is free at every reading, and takes away all that is too much.
public struct ProportionalController: SetpointController {
    private let view: SimpleView
    private var total = 0.0
    private var usedReading = -Double.infinity

    /// Creates the controller of a site.
    public init(_ installation: Installation) { view = SimpleView(installation) }

    /// Decides.
    public mutating func decide(_ seen: Observation, _ setpoints: inout [Double]) {
        let wanting = view.wanting(seen)
        guard let reading = view.reading(seen) else {
            total = min(total, view.safeCurrent)
            return view.divide(total, among: wanting, &setpoints)
        }
        if reading.time > usedReading {
            usedReading = reading.time
            let free = view.free(reading)
            let most = wanting.reduce(0) { $0 + view.installation.sockets[$1].maximum }
            total = min(max(0, total + (free > 0 ? free / 4 : free)), most)
        }
        view.divide(total, among: wanting, &setpoints)
    }
}

/// Replays recorded setpoints, to compare plants.
public struct Replay: SetpointController {
    private let recording: [[Double]]
    private var call = 0

    /// Creates a controller that gives one row of setpoints after the other, and the last one from then on.
    public init(_ recording: [[Double]]) { self.recording = recording }

    /// Decides.
    public mutating func decide(_ seen: Observation, _ setpoints: inout [Double]) {
        guard let row = call < recording.count ? recording[call] : recording.last else { return }
        for index in setpoints.indices where index < row.count { setpoints[index] = row[index] }
        call += 1
    }
}
