// SPDX-License-Identifier: Apache-2.0
import Balancing
import Quantities

/// The answer to an allocation case as a JSON object.
struct AnswerDocument: Encodable {
    private struct Bound: Encodable {
        var kind: String
        var id: String?
        var phase: Phase?
    }

    private struct Offer: Encodable {
        var socket: SocketID
        var offer_a: Amperes
        var bound_by: Bound
        var why: String
    }

    private struct Waiting: Encodable {
        var socket: SocketID
        var reason: String
        var position: Int
    }

    private struct Reserved: Encodable {
        var socket: SocketID
        var amps: Amperes
        var until_s: Double?
        var reason: String
    }

    private struct Load: Encodable {
        var id: CircuitID
        var load_a: PerPhase<Amperes>
        var limit_a: PerPhase<Amperes>?
    }

    private struct Infeasible: Encodable {
        var id: CircuitID
        var phase: Phase?
        var excess_a: Double?
        var excess_w: Double?
    }

    private var format = "headroom-allocation-answer/1"
    private var offers: [Offer]
    private var waiting: [Waiting]
    private var reserved: [Reserved]
    private var circuits: [Load]
    private var infeasible: [Infeasible]

    init(_ answer: AllocationAnswer) {
        offers = answer.offers.map { offer in
            let bound = Bound(kind: offer.bound.kind, id: offer.bound.id, phase: offer.bound.phase)
            return Offer(socket: offer.socket, offer_a: offer.current, bound_by: bound, why: offer.why)
        }
        waiting = answer.waiting.map { Waiting(socket: $0.socket, reason: $0.reason, position: $0.position) }
        reserved = answer.reserved.map {
            Reserved(socket: $0.socket, amps: $0.current, until_s: $0.until, reason: $0.reason)
        }
        circuits = answer.circuits.map { Load(id: $0.circuit, load_a: $0.load, limit_a: $0.limit) }
        infeasible = answer.infeasible.map { item in
            let isPower = item.phase == nil
            return Infeasible(
                id: item.circuit,
                phase: item.phase,
                excess_a: isPower ? nil : item.excess,
                excess_w: isPower ? item.excess : nil
            )
        }
    }
}
