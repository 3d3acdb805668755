// SPDX-License-Identifier: Apache-2.0

import Modbus
import ModbusNIO

/// What the units of a line answer to the bytes of a request: the responder's word, and the line's own counters.
struct LineResponder {
    /// What is to be done with a request.
    enum Reply {
        /// Answers with a PDU.
        case now([UInt8])
        /// Answers with a PDU after a while.
        case later(Duration, [UInt8])
        /// Answers when somebody says what.
        case pending(PendingReply)
        /// Does not answer.
        case silence
    }

    let responder: any ModbusResponder
    /// `nil` where the responder is to answer for all parts of function 8.
    let counters: LineCounters?
    let peer: Peer

    /// Carries a request out.
    func reply(to pdu: [UInt8], unit: UInt8) -> Reply {
        if let response = counters?.answer(pdu) { return .now(response.encoded) }
        var answer: [UInt8] = []
        if responder.answer(pdu.span, unit: unit, into: &answer) { return answer.isEmpty ? .silence : .now(answer) }
        return switch serverReply(to: pdu, unit: unit) {
        case .now(let response): .now(LineResponder.encoded(response))
        case .later(let delay, let response): .later(delay, LineResponder.encoded(response))
        case .pending(let pending): .pending(pending)
        case .silence, .closeConnection: .silence
        }
    }

    /// The PDU of an answer; one that no PDU holds becomes an exception.
    static func encoded(_ response: Response) -> [UInt8] {
        (response.fits ? response : .exception(response.function, .serverDeviceFailure)).encoded
    }

    private func serverReply(to pdu: [UInt8], unit: UInt8) -> ServerReply {
        do throws(RequestStructureError) {
            return responder.respond(to: try Request(decoding: pdu.span), unit: unit, peer: peer)
        } catch {
            return switch error {
            case .structure(let function): responder.respond(toMalformed: function, unit: unit)
            case .reference(let function): .now(.exception(function, error.exception))
            case .empty: .silence
            }
        }
    }
}
