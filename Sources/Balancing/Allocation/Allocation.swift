// SPDX-License-Identifier: Apache-2.0
import Quantities

/// Says what every socket of a site may draw now, in a steady state.
///
/// Shares the division of capacity (``Allocator``) with the ``Balancer``. Adds what the balancer does not have yet:
/// priorities, weights, power limits, imbalances, and the choice of as many sockets as possible.
public enum Allocation {
    /// Answers a case.
    ///
    /// - Parameter source: The site; its sockets and circuits may come in any order.
    /// - Returns: The answer, the same for every order.
    /// - Throws: ``AllocationRefusal`` for a case that contradicts itself or whose safe currents do not fit.
    public static func answer(_ source: AllocationCase) throws(AllocationRefusal) -> AllocationAnswer {
        try source.check()
        let grid = AllocationGrid(source)
        var plan = AllocationChoice.plan(for: grid)
        plan.fill()
        return AllocationAnswer(plan)
    }
}

extension AllocationAnswer {
    init(_ plan: AllocationPlan) {
        let grid = plan.grid
        let words = AllocationWords(plan)
        offers = grid.sockets.indices.map { words.offer($0) }
        let queue = AllocationChoice.order(grid).filter { !plan.isServed[$0] && grid.sockets[$0].isCandidate }
        waiting = queue.enumerated().map { position, index in
            Waiting(socket: grid.sockets[index].source.id, reason: words.shortage(index), position: position + 1)
        }
        reserved = grid.sockets.filter { $0.reserve > 0 }.map { socket in
            Reserved(
                socket: socket.source.id,
                current: Amperes(milliamperes: socket.reserve),
                until: socket.source.leaseRemaining.flatMap { $0 > 0 ? $0 : nil },
                reason: AllocationWords.reservation(socket)
            )
        }
        circuits = grid.source.circuits.sorted { $0.id < $1.id }.map { circuit in
            var load = grid.backgrounds[circuit.id] ?? .zero
            for (index, socket) in grid.sockets.enumerated() where grid.isBelow(socket, circuit.id) {
                let current = Amperes(milliamperes: plan.offers[index] + socket.reserve)
                for phase in socket.phases { load[phase] = load[phase] + current }
            }
            return Load(circuit: circuit.id, load: load, limit: circuit.limit)
        }
        infeasible = grid.rows.compactMap { row in
            guard row.background > row.limit else { return nil }
            let excess = Double(row.background - row.limit) / 1000
            switch row.kind {
            case .circuit(let id, let phase): return Infeasible(circuit: id, phase: phase, excess: excess)
            case .circuitPower(let id):
                return Infeasible(circuit: id, phase: nil, excess: excess * grid.source.voltage.volts)
            default: return nil
            }
        }.sorted { ($0.circuit, $0.phase?.index ?? 3) < ($1.circuit, $1.phase?.index ?? 3) }
    }
}
