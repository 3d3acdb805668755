// SPDX-License-Identifier: Apache-2.0
import Balancing
import Quantities

/// The answer to an allocation case for people.
struct AnswerTable {
    private let answer: AllocationAnswer

    init(_ answer: AllocationAnswer) { self.answer = answer }

    /// One table of sockets, one of circuits, and what else there is to say.
    var lines: [String] {
        var sockets = TextTable([("socket", .left), ("offer A", .right), ("why", .left)])
        for offer in answer.offers {
            let why = offer.why.split(separator: ": ", maxSplits: 1).last.map(String.init) ?? ""
            sockets.add([offer.socket.text, offer.current.decimal, why])
        }
        var circuits = TextTable([
            ("circuit", .left), ("L1 A", .right), ("L2 A", .right), ("L3 A", .right), ("limit A", .right),
        ])
        for circuit in answer.circuits {
            circuits.add([circuit.circuit.text] + circuit.load.values.map(\.decimal) + [limit(circuit.limit)])
        }
        var lines = sockets.lines + [""] + circuits.lines
        let waiting = answer.waiting.map { "waiting \($0.position): \($0.socket), \($0.reason)" }
        let reserved = answer.reserved.map { reserved in
            let until = reserved.until.map { " for \($0.plain) s" } ?? ""
            return "reserved: \(reserved.current) for \(reserved.socket)\(until), \(reserved.reason)"
        }
        let infeasible = answer.infeasible.map { item in
            let place = item.phase.map { " on \($0)" } ?? ""
            let unit = item.phase == nil ? "W" : "A"
            return "over its limit without charging: \(item.circuit)\(place), by \(item.excess.plain) \(unit)"
        }
        let notes = waiting + reserved + infeasible
        if !notes.isEmpty { lines += [""] + notes }
        return lines
    }

    private func limit(_ limit: PerPhase<Amperes>?) -> String {
        guard let limit else { return "-" }
        let values = limit.values
        return Set(values).count == 1 ? values[0].decimal : values.map(\.decimal).joined(separator: "/")
    }
}
