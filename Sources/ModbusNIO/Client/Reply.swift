// SPDX-License-Identifier: Apache-2.0

import Modbus

/// Takes a result from the event loop to the caller that waits for it, exactly once.
///
/// The continuation is the unchecked one, which costs no memory; every ``Errand`` that leaves the queue or the ledger
/// ends in one call of ``accept(_:for:)`` or ``fail(_:)``.
@safe
enum Reply: Sendable {
    typealias Outcome = Result<Response, ModbusClientError>

    /// For callers that want the whole answer.
    case response(UnsafeContinuation<Outcome, Never>)
    /// For callers that read the registers where they lie.
    case registers(any RegisterReceiver)

    /// Waits for a result, after doing what starts the call.
    static func response(start: (Reply) -> Void) async -> Outcome {
        unsafe await withUnsafeContinuation { continuation in
            unsafe start(.response(continuation))
        }
    }

    /// Gives the caller an answer.
    ///
    /// - Throws: ``ResponseFault`` when the bytes do not answer the request; the caller still waits then.
    func accept(_ pdu: Span<UInt8>, for request: Request) throws(ResponseFault) {
        switch self {
        case .response(let continuation):
            let response = try Response(decoding: pdu, answering: request)
            unsafe continuation.resume(returning: .success(response))
        case .registers(let receiver):
            if let registers = request.registers(in: pdu) {
                receiver.accept(pdu.extracting(registers))
            } else if case .exception(_, let code) = try Response(decoding: pdu, answering: request) {
                receiver.fail(.exception(code))
            } else {
                receiver.fail(.badResponse("the answer carries no registers"))
            }
        }
    }

    /// Gives the caller the answer that a broadcast never gets, made from the request.
    func acceptBroadcast(of request: Request) {
        guard case .response(let continuation) = self else {
            fail(.invalidRequest("a broadcast has no answer to read"))
            return
        }
        unsafe continuation.resume(returning: .success(Response(echoing: request)))
    }

    /// Gives the caller an error.
    func fail(_ error: ModbusClientError) {
        switch self {
        case .response(let continuation): unsafe continuation.resume(returning: .failure(error))
        case .registers(let receiver): receiver.fail(error)
        }
    }
}

/// A caller that reads registers where they lie; what it makes of them is its own.
protocol RegisterReceiver: AnyObject, Sendable {
    /// Takes the registers' bytes, two for each, high byte first.
    func accept(_ registers: Span<UInt8>)
    /// Takes an error.
    func fail(_ error: ModbusClientError)
}

/// Makes a value of registers, on the event loop.
@safe
final class RegisterDecoder<Value: Sendable>: RegisterReceiver {
    typealias Outcome = Result<Value, ModbusClientError>

    private let continuation: UnsafeContinuation<Outcome, Never>
    private let decode: @Sendable (Span<UInt8>) throws -> Value

    private init(
        _ continuation: UnsafeContinuation<Outcome, Never>,
        _ decode: @escaping @Sendable (Span<UInt8>) throws -> Value
    ) {
        unsafe self.continuation = unsafe continuation
        self.decode = decode
    }

    /// Waits for a value, after doing what starts the call.
    static func value(
        _ decode: @escaping @Sendable (Span<UInt8>) throws -> Value,
        start: (Reply) -> Void
    ) async -> Outcome {
        unsafe await withUnsafeContinuation { continuation in
            start(.registers(unsafe RegisterDecoder(continuation, decode)))
        }
    }

    func accept(_ registers: Span<UInt8>) {
        let outcome: Outcome
        do {
            outcome = .success(try decode(registers))
        } catch {
            outcome = .failure((error as? ModbusClientError) ?? .badResponse("\(error)"))
        }
        unsafe continuation.resume(returning: outcome)
    }

    func fail(_ error: ModbusClientError) {
        unsafe continuation.resume(returning: .failure(error))
    }
}

extension Request {
    /// Where the registers lie in a PDU that answers this request, or `nil` when it does not.
    fileprivate func registers(in pdu: Span<UInt8>) -> Range<Int>? {
        let expected: UInt16
        switch self {
        case .readHoldingRegisters(_, let count), .readInputRegisters(_, let count): expected = count
        default: return nil
        }
        let count = 2 * Int(expected)
        guard pdu.count == 2 + count, pdu[0] == function.rawValue, Int(pdu[1]) == count else { return nil }
        return 2..<2 + count
    }
}

extension Response {
    /// What a device would answer to a write if it answered.
    fileprivate init(echoing request: Request) {
        let pdu = request.encoded
        // Writes of several items repeat address and quantity, all others the whole request.
        for count in [pdu.count, 5] where count <= pdu.count {
            if let response = try? Response(decoding: pdu.span.extracting(0..<count), answering: request) {
                self = response
                return
            }
        }
        self = .other(request.function, [])
    }
}
