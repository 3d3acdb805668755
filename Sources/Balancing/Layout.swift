// SPDX-License-Identifier: Apache-2.0
import Quantities

/// Everything that limits sockets together, flattened: circuits, stations and the cap on all charging.
///
/// A *group* is one such limit with three *rows*, one per phase of the site. A socket is in the groups of its station, of
/// each circuit up to the grid connection, and in the cap.
struct Layout: Sendable {
    enum Group: Sendable, Equatable {
        case circuit(Int)
        case station(Int)
        case networkCap
    }

    /// The groups; the first is the grid connection.
    let groups: [Group]
    /// The station number of each socket.
    let stationOfSocket: [Int]
    /// The limit of each row that does not change with readings: circuit limits less unmetered load, station maxima, cap.
    let staticLimits: [Amperes]

    /// The rows that a socket loads, for each set of conductors that a vehicle may use.
    private let rowsOfSocket: [[Int]]

    var rowCount: Int { groups.count * 3 }
    /// The rows of the grid connection are the first ones.
    static let rootRows = 3

    init(_ site: Site) {
        let stationIndex = Dictionary(uniqueKeysWithValues: site.stations.enumerated().map { ($1.id, $0) })
        let circuitIndex = Dictionary(uniqueKeysWithValues: site.circuits.enumerated().map { ($1.id, $0) })
        let circuitCount = site.circuits.count
        let cap = circuitCount + site.stations.count
        groups =
            site.circuits.indices.map(Group.circuit) + site.stations.indices.map(Group.station) + [Group.networkCap]
        stationOfSocket = site.sockets.map { socket in
            guard let index = stationIndex[socket.station] else {
                preconditionFailure("socket \(socket.id) names station \(socket.station), which the site lacks")
            }
            return index
        }
        let paths = stationOfSocket.map { station in
            var path = [circuitCount + station, cap]
            var next: CircuitID? = site.stations[station].circuit
            // A cycle would never end; a path cannot be longer than the number of circuits.
            for _ in 0..<circuitCount {
                guard let id = next, let circuit = circuitIndex[id] else { break }
                path.append(circuit)
                next = site.circuits[circuit].parent
            }
            precondition(next == nil, "the circuits above station \(site.stations[station].id) do not end at the root")
            return path
        }
        rowsOfSocket = zip(site.sockets, paths).flatMap { socket, path in
            (0..<Conductors.sets).map { bits in
                let phases = socket.sitePhases(using: Conductors(bits: bits))
                return path.flatMap { group in phases.map { group * 3 + $0.index } }
            }
        }
        let circuits = site.circuits.flatMap { ($0.limit - $0.unmeteredLoad).values }
        let stations = site.stations.flatMap { [$0.maximum, $0.maximum, $0.maximum] }
        staticLimits = circuits + stations + site.networkCap.values
    }

    /// The row of a group on a phase.
    func row(_ group: Int, _ phase: Phase) -> Int { group * 3 + phase.index }

    /// The rows that a socket loads when its vehicle uses some conductors: its station first, the grid connection last.
    func rows(of socket: Int, using conductors: Conductors) -> [Int] {
        rowsOfSocket[socket * Conductors.sets + conductors.bits]
    }

    /// The limit that a row stands for.
    func limit(of row: Int, in site: Site, isMeterLost: Bool) -> BindingLimit {
        let phase = Phase.allCases[row % 3]
        return switch groups[row / 3] {
        case .circuit(0) where isMeterLost: .safeCurrent(phase)
        case .circuit(let index): .circuit(site.circuits[index].id, phase)
        case .station(let index): .station(site.stations[index].id)
        case .networkCap: .networkCap(phase)
        }
    }
}
