// SPDX-License-Identifier: Apache-2.0
import Quantities
import TestSupport

@testable import Balancing

/// Random allocation cases, and the sums of the eight rules worked out from the case alone.
enum AllocationSites {
    /// A case with everything but imbalances.
    static func random(_ random: inout SeededGenerator, sockets count: ClosedRange<Int>) -> AllocationCase {
        let socketCount = Int.random(in: count, using: &random)
        let circuits = circuits(&random, scale: 1 + socketCount / 6)
        var source = AllocationCase(circuits: circuits, sockets: [])
        source.stations = (0..<2).map { number in
            AllocationCase.Station(
                id: StationID("s\(number)"),
                maximum: Bool.random(using: &random) ? Amperes(Int.random(in: 8...40, using: &random)) : nil
            )
        }
        // Weights, and steps other than the usual one, in some cases only: all else is often enough alone.
        let (isWeighted, isCoarse) = (chance(4, &random), chance(4, &random))
        for number in 0..<socketCount {
            var socket = socket(number, in: circuits, &random)
            if isWeighted { socket.weight = [500, 1000, 3000].randomElement(using: &random) ?? 1000 }
            if isCoarse { socket.step = Amperes(milliamperes: [0, 100, 1000].randomElement(using: &random) ?? 0) }
            source.sockets.append(socket)
        }
        if chance(6, &random) {
            source.isMeterLost = true
            let most = circuits[0].limit?.minimum ?? .zero
            source.safeCurrent = PerPhase(repeating: min(most, Amperes(Int.random(in: 6...15, using: &random))))
        }
        return source
    }

    private static func chance(_ one: Int, _ random: inout SeededGenerator) -> Bool {
        Int.random(in: 0..<one, using: &random) == 0
    }

    private static func circuits(_ random: inout SeededGenerator, scale: Int) -> [AllocationCase.Circuit] {
        var circuits: [AllocationCase.Circuit] = []
        for number in 0..<Int.random(in: 1...4, using: &random) {
            var circuit = AllocationCase.Circuit(
                id: CircuitID("c\(number)"),
                parent: circuits.randomElement(using: &random)?.id
            )
            if number == 0 || !chance(4, &random) {
                circuit.limit = PerPhase.each { _ in
                    Amperes(milliamperes: Int.random(in: 60...320, using: &random) * 100 * scale)
                }
            }
            if chance(4, &random) {
                circuit.powerLimit = Watts(Double(Int.random(in: 3...20, using: &random) * 1000 * scale))
            }
            circuit.load = .background(
                PerPhase.each { _ in Amperes(milliamperes: Int.random(in: -30...90, using: &random) * 100) }
            )
            circuits.append(circuit)
        }
        return circuits
    }

    private static func socket(
        _ number: Int,
        in circuits: [AllocationCase.Circuit],
        _ random: inout SeededGenerator
    ) -> AllocationCase.Socket {
        let phases = Array(
            Phase.allCases.shuffled(using: &random).prefix([1, 1, 2, 3, 3].randomElement(using: &random) ?? 1)
        )
        var socket = AllocationCase.Socket(
            id: SocketID("p\(number)"),
            circuit: circuits.randomElement(using: &random)?.id ?? "c0",
            phases: chance(10, &random) ? nil : phases,
            maximum: Amperes([8, 10, 16, 16, 32].randomElement(using: &random) ?? 16)
        )
        socket.minimum = Amperes([6, 6, 6, 8].randomElement(using: &random) ?? 6)
        socket.state =
            chance(4, &random) ? AllocationCase.State.allCases.randomElement(using: &random) ?? .ready : .ready
        socket.priority = chance(3, &random) ? 2 : 1
        socket.waiting = Double(Int.random(in: 0...4, using: &random) * 10)
        if chance(3, &random) { socket.station = StationID("s\(Int.random(in: 0...1, using: &random))") }
        if chance(8, &random) { socket.request = Amperes(Int.random(in: 4...14, using: &random)) }
        if chance(8, &random) { socket.maximumPower = Watts(Double(Int.random(in: 2...11, using: &random) * 1000)) }
        if socket.state == .offline {
            socket.granted = Amperes(Int.random(in: 6...12, using: &random))
            socket.leaseRemaining = chance(2, &random) ? 0 : 20
        }
        return socket
    }
}

/// One limit on a sum of offers, from the words of the format and not from the code that is tested.
struct ReferenceRow {
    var capacity: Double
    var factors: [Double]
}

/// What a case says of each socket, in amperes.
struct AllocationReference {
    let source: AllocationCase
    let rows: [ReferenceRow]
    let reserves: [Double]
    let minima: [Double]
    let maxima: [Double]

    init(_ source: AllocationCase) {
        self.source = source
        let sockets = source.sockets
        let reserves = sockets.map { socket -> Double in
            guard socket.state == .offline || socket.state == .unknown else { return 0 }
            let safe = (socket.safeCurrent ?? .zero).amperes
            guard let granted = socket.granted, socket.leaseRemaining != 0 else { return safe }
            return max(safe, granted.amperes)
        }
        let volts = source.voltage.volts
        func uses(_ socket: AllocationCase.Socket, _ phase: Phase) -> Bool { socket.phases?.contains(phase) ?? true }
        func conductors(_ socket: AllocationCase.Socket) -> Double { Double(socket.phases?.count ?? 3) }
        func isBelow(_ id: CircuitID, _ top: CircuitID) -> Bool {
            if id == top { return true }
            return source.circuits.first { $0.id == id }?.parent.map { isBelow($0, top) } ?? false
        }
        var rows: [ReferenceRow] = []
        func add(_ limit: Double, _ background: Double, _ factor: (AllocationCase.Socket) -> Double) {
            let factors = sockets.map(factor)
            let reserved = zip(factors, reserves).map { $0 * $1 }.reduce(0, +)
            rows.append(ReferenceRow(capacity: limit - background - reserved, factors: factors))
        }
        for circuit in source.circuits {
            func background(_ phase: Phase) -> Double {
                source.circuits.filter { isBelow($0.id, circuit.id) }.map { below in
                    if case .background(let load) = below.load { load[phase].amperes } else { 0 }
                }.reduce(0, +)
            }
            for phase in Phase.allCases {
                guard let limit = circuit.limit else { continue }
                add(limit[phase].amperes, background(phase)) {
                    isBelow($0.circuit, circuit.id) && uses($0, phase) ? 1 : 0
                }
            }
            if let power = circuit.powerLimit {
                add(power.watts / volts, Phase.allCases.map(background).reduce(0, +)) {
                    isBelow($0.circuit, circuit.id) ? conductors($0) : 0
                }
            }
        }
        for station in source.stations {
            guard let maximum = station.maximum else { continue }
            add(maximum.amperes, 0) { $0.station == station.id ? 1 : 0 }
        }
        if source.isMeterLost, let safe = source.safeCurrent {
            for phase in Phase.allCases { add(safe[phase].amperes, 0) { uses($0, phase) ? 1 : 0 } }
        }
        self.rows = rows
        self.reserves = reserves
        minima = sockets.map { socket in
            let step = max(0.001, socket.step.amperes)
            return (socket.minimum.amperes / step - 1e-9).rounded(.up) * step
        }
        maxima = sockets.map { socket in
            let step = max(0.001, socket.step.amperes)
            let power = socket.maximumPower.map { $0.watts / volts / conductors(socket) } ?? .infinity
            let most = min(socket.maximum.amperes, socket.request?.amperes ?? .infinity, power)
            return (most / step + 1e-9).rounded(.down) * step
        }
    }

    func isCandidate(_ index: Int) -> Bool {
        source.sockets[index].state.wantsCurrent && minima[index] <= maxima[index] + 1e-9
    }

    /// Whether offers keep every row that somebody with an offer loads.
    func fits(_ offers: [Double]) -> Bool {
        rows.allSatisfy { row in
            let used = zip(row.factors, offers).map { $0 * $1 }.reduce(0, +)
            return used == 0 || used <= row.capacity + 1e-6
        }
    }

    /// The best set to serve, by trying all of them.
    func served() -> Set<Int> {
        let queue = source.sockets.indices.filter(isCandidate).sorted { left, right in
            let (a, b) = (source.sockets[left], source.sockets[right])
            return (a.priority, -a.waiting, a.id) < (b.priority, -b.waiting, b.id)
        }
        let priorities = Set(queue.map { source.sockets[$0].priority }).sorted()
        var best: (score: [Int], set: Set<Int>) = ([], [])
        for bits in 0..<(1 << queue.count) {
            let set = Set(queue.indices.filter { bits & (1 << $0) != 0 }.map { queue[$0] })
            let counts = priorities.map { priority in set.count { source.sockets[$0].priority == priority } }
            let score = counts + queue.map { set.contains($0) ? 1 : 0 }
            guard best.score.isEmpty || best.score.lexicographicallyPrecedes(score) else { continue }
            guard fits(minima.indices.map { set.contains($0) ? minima[$0] : 0 }) else { continue }
            best = (score, set)
        }
        return best.set
    }

    /// Water rises in all that are served, highest priority first, without steps.
    func filled(_ served: Set<Int>) -> [Double] {
        var offers = minima.indices.map { served.contains($0) ? minima[$0] : 0 }
        for priority in Set(served.map { source.sockets[$0].priority }).sorted() {
            var open = served.filter { source.sockets[$0].priority == priority }
            while !open.isEmpty {
                func at(_ level: Double) -> [Double] {
                    var risen = offers
                    for index in open {
                        let wanted = level * Double(source.sockets[index].weight)
                        risen[index] = min(maxima[index], max(minima[index], wanted))
                    }
                    return risen
                }
                var (low, high) = (0.0, 1.0)
                for _ in 0..<60 {
                    let middle = (low + high) / 2
                    if fits(at(middle)) { low = middle } else { high = middle }
                }
                offers = at(low)
                // Whoever cannot have a little more stays.
                let stopped = open.filter { index in
                    var more = offers
                    more[index] += 1e-5
                    return more[index] > maxima[index] || !fits(more)
                }
                open.subtract(stopped.isEmpty ? open : stopped)
            }
        }
        return offers
    }
}
