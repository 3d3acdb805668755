// SPDX-License-Identifier: Apache-2.0
import Modbus
import ModbusNIO

/// Says each request and its answer on standard error, and leaves the answering to somebody else.
struct RequestLog: ModbusResponder {
    let responder: ModelResponder<RegisterTables>

    func answer(_ pdu: Span<UInt8>, unit: UInt8, into bytes: inout [UInt8]) -> Bool {
        let start = bytes.count
        guard responder.answer(pdu, unit: unit, into: &bytes) else { return false }
        let answer = Array(bytes[start...])
        do throws(RequestStructureError) {
            let request = try Request(decoding: pdu)
            log(unit, request.line, RequestLog.line(answer, to: request))
        } catch {
            log(unit, "\(FunctionCode(rawValue: pdu[0])) of the wrong form", RequestLog.exception(answer))
        }
        return true
    }

    func respond(to request: Request, unit: UInt8) -> ServerReply {
        let reply = responder.respond(to: request, unit: unit)
        if case .now(let response) = reply {
            log(unit, request.line, response.line)
        } else {
            log(unit, request.line, "no answer")
        }
        return reply
    }

    private static func line(_ answer: [UInt8], to request: Request) -> String {
        guard !answer.isEmpty else { return "no answer" }
        do throws(ResponseFault) {
            return try Response(decoding: answer.span, answering: request).line
        } catch {
            return "\(error)"
        }
    }

    private static func exception(_ answer: [UInt8]) -> String {
        answer.count == 2 ? "\(ExceptionCode(rawValue: answer[1]))" : "no answer"
    }

    private func log(_ unit: UInt8, _ request: String, _ answer: String) {
        Console.talk("unit \(unit): \(request): \(answer)")
    }
}
