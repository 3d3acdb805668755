// SPDX-License-Identifier: Apache-2.0

/// Plays a scenario against a controller: loads, cars, protective devices, meters and commands, step by step.
///
/// What happens is decided by the scenario and the controller's setpoints alone, down to the random numbers. The order
/// of a step is that of the format `loadbalance-scenario/1`: departures and arrivals, commands, cars, circuits, devices,
/// figures, meters, controller.
public struct Plant: Sendable {
    /// What is played.
    public let scenario: Scenario
    /// The step that comes next.
    public private(set) var tick = 0
    /// The current of each circuit in the last step.
    public private(set) var circuitCurrents: [Triple]
    /// What circuits carried in the last step apart from charging.
    public private(set) var backgroundCurrents: [Triple]
    /// What the controller was shown last.
    public private(set) var observation: Observation
    /// What each socket was set to last.
    public private(set) var commanded: [Double]

    private var background: Background
    private var sockets: [SocketState]
    private var socketMeters: [SocketMeterState?]
    private var meters: [MeterState]
    private var cars: [CarState]
    private var devices: [ThermalImage]
    /// Until which tick each circuit is off.
    private var offUntil: [Int]
    private var isAnyOff = false
    private var movements: [Movement]
    private var nextMovement = 0
    private var tally: Tally
    private var commandStream: RandomStream
    private let controlTicks: Int
    private let resetTicks: Int
    /// The circuits from the leaves to the root.
    private let upward: [Int]
    private var wanted: [Double]
    /// The sockets with a visit, in their order.
    private var occupied: [Int] = []

    private struct Movement: Sendable {
        var tick: Int
        var isArrival: Bool
        var visit: Int
    }

    /// Begins a scenario.
    public init(_ scenario: Scenario) {
        self.scenario = scenario
        let count = scenario.circuits.count
        circuitCurrents = Array(repeating: .zero, count: count)
        backgroundCurrents = circuitCurrents
        background = Background(scenario)
        cars = scenario.visits.map { CarState($0, in: scenario) }
        let longest = Plant.longestLags(cars, scenario)
        sockets = scenario.sockets.indices.map { index in
            SocketState(scenario.sockets[index], longestLag: longest[index], in: scenario)
        }
        socketMeters = scenario.sockets.map { $0.meter.map { SocketMeterState($0, in: scenario) } }
        meters = scenario.meters.map { MeterState($0, in: scenario) }
        devices = scenario.circuits.map { ThermalImage($0.device, step: scenario.step) }
        offUntil = Array(repeating: 0, count: count)
        movements = scenario.visits.enumerated().flatMap { index, visit in
            [
                Movement(tick: scenario.ticks(visit.arrival), isArrival: true, visit: index),
                Movement(tick: scenario.ticks(visit.departure), isArrival: false, visit: index),
            ]
        }.sorted { ($0.tick, $0.isArrival ? 1 : 0, $0.visit) < ($1.tick, $1.isArrival ? 1 : 0, $1.visit) }
        tally = Tally(scenario)
        commandStream = RandomStream(seed: scenario.seed, name: "cmd")
        controlTicks = scenario.ticksOfPeriod(scenario.controlPeriod)
        resetTicks = scenario.ticks(scenario.resetTime)
        upward = Plant.leavesFirst(scenario.circuits)
        commanded = scenario.sockets.map(\.initial)
        wanted = Array(repeating: 0, count: scenario.sockets.count)
        observation = Observation(
            meters: Array(repeating: nil, count: meters.count),
            sockets: Array(repeating: Observation.Socket(), count: sockets.count)
        )
    }

    /// Whether the whole scenario has been played.
    public var isOver: Bool { tick >= scenario.tickCount }

    /// Passes one step.
    ///
    /// - Parameter control: Called when it is the controller's turn, with what it sees and the setpoints to change.
    public mutating func advance(_ control: (Observation, inout [Double]) -> Void) {
        let time = Double(tick) * scenario.step
        moveCars()
        for index in sockets.indices { passCommand(index, at: time) }
        driveCars()
        flow()
        watchDevices()
        tally.passTick(self.tickView)
        measure()
        if tick % controlTicks == 0 { ask(control, at: time) }
        tick += 1
    }

    /// The figures of what has been played so far; those of a whole scenario when it is over.
    public func figures() -> Figures {
        tally.figures(cars.map { (delivered: $0.delivered, wants: $0.wants) }, scenario)
    }

    /// Plays a whole scenario against a controller.
    ///
    /// - Returns: The figures.
    public static func play(_ scenario: Scenario, with controller: inout some SetpointController) -> Figures {
        var plant = Plant(scenario)
        while !plant.isOver { plant.advance { controller.decide($0, &$1) } }
        return plant.figures()
    }

    /// The current in each used conductor of a socket.
    public func current(ofSocket index: Int) -> Double { sockets[index].visit.map { cars[$0].current } ?? 0 }

    /// The setpoint in force at a socket.
    public func setpoint(ofSocket index: Int) -> Double { sockets[index].setpoint }

    /// How warm the device of a circuit is on each phase.
    public func heat(ofCircuit index: Int) -> Triple { devices[index].heat }

    /// Whether a circuit and all above it are on.
    public func isPowered(circuit index: Int) -> Bool {
        guard isAnyOff else { return true }
        var next: Int? = index
        while let circuit = next {
            if tick < offUntil[circuit] { return false }
            next = scenario.circuits[circuit].parent
        }
        return true
    }
}

extension Plant {
    // MARK: The parts of a step

    private mutating func moveCars() {
        while nextMovement < movements.count, movements[nextMovement].tick <= tick {
            let movement = movements[nextMovement]
            let socket = scenario.visits[movement.visit].socket
            nextMovement += 1
            if movement.isArrival {
                sockets[socket].visit = movement.visit
                sockets[socket].forgetHistory()
                cars[movement.visit] = CarState(scenario.visits[movement.visit], in: scenario)
            } else if sockets[socket].visit == movement.visit {
                sockets[socket].visit = nil
            }
            occupied = sockets.indices.filter { sockets[$0].visit != nil }
        }
    }

    private mutating func passCommand(_ index: Int, at time: Double) {
        let isCutOff = scenario.sockets[index].isCutOff(at: time)
        sockets[index].passTick(tick, at: time, isCutOff: isCutOff, scenario.sockets[index])
    }

    private mutating func driveCars() {
        for index in occupied {
            guard let visit = sockets[index].visit else { continue }
            let effective = sockets[index].setpoint(ticksAgo: cars[visit].lagTicks)
            cars[visit].advance(
                effective: effective,
                isPowered: isPowered(circuit: scenario.sockets[index].circuit)
            )
        }
    }

    private mutating func flow() {
        for circuit in circuitCurrents.indices { backgroundCurrents[circuit] = .zero }
        background.add(to: &backgroundCurrents, tick: tick)
        for circuit in circuitCurrents.indices { circuitCurrents[circuit] = backgroundCurrents[circuit] }
        for index in occupied {
            guard let visit = sockets[index].visit else { continue }
            let current = cars[visit].current
            guard current > 0 else { continue }
            for conductor in 0..<cars[visit].conductors {
                circuitCurrents[scenario.sockets[index].circuit][scenario.sockets[index].phases[conductor]] += current
            }
        }
        guard upward.count > 1 || isAnyOff else { return }
        for circuit in upward {
            if tick < offUntil[circuit] { circuitCurrents[circuit] = .zero }
            guard let parent = scenario.circuits[circuit].parent else { continue }
            circuitCurrents[parent] += circuitCurrents[circuit]
            backgroundCurrents[parent] += backgroundCurrents[circuit]
        }
        guard isAnyOff else { return }
        for circuit in upward where !isPowered(circuit: circuit) { circuitCurrents[circuit] = .zero }
    }

    private mutating func watchDevices() {
        if isAnyOff { isAnyOff = offUntil.contains { $0 > tick } }
        for circuit in devices.indices where devices[circuit].passTick(circuitCurrents[circuit]) {
            tally.trips += 1
            offUntil[circuit] = tick + 1 + resetTicks
            isAnyOff = true
        }
    }

    private mutating func measure() {
        for index in meters.indices {
            let currents = circuitCurrents[scenario.meters[index].circuit]
            guard let reading = meters[index].passTick(tick, currents: currents) else { continue }
            observation.meters[index] = at(reading)
        }
        for index in socketMeters.indices {
            let visit = sockets[index].visit
            let current = visit.map { cars[$0].current } ?? 0
            let conductors = visit.map { cars[$0].conductors } ?? 0
            let reading = socketMeters[index]?.passTick(tick, current: current, conductors: conductors)
            if let reading { observation.sockets[index].reading = at(reading) }
        }
    }

    private func at(_ reading: (sampled: Int, currents: Triple)) -> Observation.Reading {
        Observation.Reading(time: Double(reading.sampled) * scenario.step, currents: reading.currents)
    }

    private mutating func ask(_ control: (Observation, inout [Double]) -> Void, at time: Double) {
        observation.time = time
        for index in sockets.indices {
            let visit = sockets[index].visit
            observation.sockets[index].isConnected = visit != nil
            observation.sockets[index].wants = visit.map { cars[$0].wants } ?? false
            observation.sockets[index].setpoint = sockets[index].setpoint
            observation.sockets[index].arrival = visit.map { scenario.visits[$0].arrival } ?? 0
            observation.sockets[index].energy = visit.map { cars[$0].delivered } ?? 0
            observation.sockets[index].isReachable = !scenario.sockets[index].isCutOff(at: time)
        }
        control(observation, &wanted)
        for index in sockets.indices {
            let socket = scenario.sockets[index]
            let value = Plant.accepted(index < wanted.count ? wanted[index] : 0, socket)
            tally.commanded(
                from: commanded[index],
                to: value,
                isConnected: sockets[index].visit != nil,
                wants: observation.sockets[index].wants
            )
            commanded[index] = value
            let isLost = socket.lossProbability > 0 && commandStream.uniform() < socket.lossProbability
            if !isLost { sockets[index].send(value, at: tick) }
        }
    }

    /// What a socket makes of a value: nothing below 6 A, at most its maximum, in its steps.
    static func accepted(_ value: Double, _ socket: Scenario.Socket) -> Double {
        guard value >= 6 else { return 0 }
        let limited = min(value, socket.maximum)
        guard socket.resolution > 0 else { return limited }
        // 13.2 / 0.1 is a little less than 132 in binary; within a billionth it means 132.
        return (limited / socket.resolution + 1e-9).rounded(.down) * socket.resolution
    }

    private var tickView: Tally.Tick {
        var charging = 0.0
        var wanting = 0
        for index in occupied {
            guard let visit = sockets[index].visit else { continue }
            charging += cars[visit].current * Double(cars[visit].conductors)
            if cars[visit].wants { wanting += 1 }
        }
        return Tally.Tick(
            number: tick,
            currents: circuitCurrents,
            background: backgroundCurrents,
            used: devices.reduce(0) { max($0, $1.used) },
            charging: charging,
            wanting: wanting
        )
    }

    // MARK: Preparation

    private static func longestLags(_ cars: [CarState], _ scenario: Scenario) -> [Int] {
        var longest = Array(repeating: 0, count: scenario.sockets.count)
        for (visit, car) in zip(scenario.visits, cars) {
            longest[visit.socket] = max(longest[visit.socket], car.lagTicks)
        }
        return longest
    }

    private static func leavesFirst(_ circuits: [Scenario.Circuit]) -> [Int] {
        let depths = circuits.indices.map { circuit in
            var depth = 0
            var next = circuits[circuit].parent
            // A tree has no more levels than circuits, so that a cycle ends as well.
            while let parent = next, depth <= circuits.count {
                depth += 1
                next = circuits[parent].parent
            }
            return depth
        }
        return circuits.indices.sorted { depths[$0] > depths[$1] }
    }
}

extension Scenario.Socket {
    func isCutOff(at time: Double) -> Bool { partitions.contains { $0.contains(time) } }
}
