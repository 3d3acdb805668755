// SPDX-License-Identifier: Apache-2.0
import Balancing
import BenchmarkSupport
import Quantities

/// A large car park: every circuit has its part of the stations, each station one socket.
enum LargeSite {
    static func make(sockets: Int, circuits: Int) -> Site {
        let main = Circuit(id: "main", limit: PerPhase(repeating: Amperes(sockets * 12)))
        let perCircuit = max(1, sockets / circuits)
        let feeders = (0..<circuits).map { number in
            Circuit(
                id: CircuitID("c\(number)"),
                parent: "main",
                limit: PerPhase(repeating: Amperes(perCircuit * (9 + number % 7)))
            )
        }
        let stations = (0..<sockets).map { number in
            Station(id: StationID("s\(number)"), circuit: CircuitID("c\(number % circuits)"), maximum: Amperes(32))
        }
        let rotations = ["L1L2L3", "L2L3L1", "L3L1L2", "L1"]
        let outlets = (0..<sockets).map { number in
            Socket(
                id: SocketID("s\(number)-1"),
                station: StationID("s\(number)"),
                rotation: PhaseRotation(rotations[number % rotations.count]),
                maximum: Amperes(number % 5 == 0 ? 32 : 16),
                safeCurrent: .zero
            )
        }
        return Site(
            circuits: [main] + feeders,
            stations: stations,
            sockets: outlets,
            safeCurrent: Amperes(sockets),
            networkCap: PerPhase(repeating: Amperes(sockets * 12)),
            meter: MeterName(unit: 5, endpoint: "192.0.2.4:502")
        )
    }
}

/// A small site with everything that a decision distinguishes.
enum RandomSite {
    static func make(seed: UInt64) -> Site {
        var random = Random(seed: seed)
        let stationCount = random.below(10) == 0 ? 12 + random.below(20) : 1 + random.below(6)
        let circuits = circuits(stationCount: stationCount, &random)
        let safe = [0, 6, 12, 13, 40][random.below(5)]
        var (stations, sockets, shares): ([Station], [Socket], Int) = ([], [], 0)
        for number in 0..<stationCount {
            let id = StationID("s\(number)")
            stations.append(
                Station(
                    id: id,
                    circuit: circuits[random.below(circuits.count)].id,
                    maximum: Amperes([16, 20, 32][random.below(3)]),
                    validity: .seconds([20, 60][random.below(2)])
                )
            )
            for position in 0...random.below(2) {
                let takes = shares + 6 <= safe && random.below(2) == 0
                shares += takes ? 6 : 0
                sockets.append(
                    Socket(
                        id: SocketID("s\(number)-\(position)"),
                        station: id,
                        rotation: random.below(8) == 0 ? nil : PhaseRotation.all[random.below(9)],
                        maximum: Amperes([10, 16, 32][random.below(3)]),
                        minimum: Amperes(milliamperes: [6000, 6000, 6500, 8000][random.below(4)]),
                        safeCurrent: takes ? Amperes(6) : .zero,
                        resolution: Amperes(milliamperes: [100, 100, 1000, 1][random.below(4)])
                    )
                )
            }
        }
        var rules = ChargingRules()
        if random.below(2) == 0 {
            rules.minimumPause = .seconds(10)
            rules.alternatingPeriod = .seconds(40)
            rules.notTakingAfter = .seconds(20)
        }
        return Site(
            circuits: circuits,
            stations: stations,
            sockets: sockets,
            safeCurrent: Amperes(safe),
            networkCap: circuits[0].limit.map { random.below(3) == 0 ? min($0, Amperes(20)) : $0 },
            meter: MeterName(unit: 5, endpoint: "192.0.2.4:502"),
            rules: rules
        )
    }

    private static func circuits(stationCount: Int, _ random: inout Random) -> [Circuit] {
        let limit = Amperes([16, 25, 35, 63][random.below(4)] * (1 + stationCount / 6))
        var circuits = [Circuit(id: "main", limit: PerPhase(repeating: limit))]
        for number in 0..<random.below(4) {
            circuits.append(
                Circuit(
                    id: CircuitID("c\(number)"),
                    parent: circuits[random.below(circuits.count)].id,
                    limit: PerPhase.each { _ in Amperes(10 + random.below(30)) },
                    unmeteredLoad: PerPhase.each { _ in Amperes(random.below(3)) }
                )
            )
        }
        return circuits
    }
}
