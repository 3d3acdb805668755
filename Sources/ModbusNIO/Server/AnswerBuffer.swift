// SPDX-License-Identifier: Apache-2.0

import Modbus
import NIOCore

/// Memory for the ADUs that leave together, used again and again.
///
/// One serves all connections of an event loop, so that idle connections hold no memory for answers. The bytes are
/// taken out, filled and sent in one go.
final class AnswerBuffer {
    private var bytes: [UInt8] = []

    /// Takes out the memory, empty.
    func take() -> [UInt8] {
        var taken: [UInt8] = []
        swap(&taken, &bytes)
        return taken
    }

    /// Gives the memory back, to be filled again.
    func giveBack(_ filled: consuming [UInt8]) {
        filled.removeAll(keepingCapacity: true)
        bytes = filled
    }
}

extension [UInt8] {
    /// Appends the ADU that answers a request, or nothing when `pdu` appends nothing.
    ///
    /// An answer too long for a PDU becomes exception 4, so that the request has one all the same (9.18).
    ///
    /// - Returns: What `pdu` returned; when that is `false`, nothing was appended.
    mutating func append(_ header: MBAPHeader, _ function: FunctionCode, pdu: (inout [UInt8]) -> Bool) -> Bool {
        let start = count
        MBAPHeader(transaction: header.transaction, unit: header.unit, pduCount: 0).encode(into: &self)
        let body = count
        let isAnswered = pdu(&self)
        if !isAnswered || count <= body {
            removeLast(Swift.max(0, count - start))
            return isAnswered
        }
        if count - body > Limits.pduCount {
            removeLast(count - body)
            append(contentsOf: Response.exception(function, .serverDeviceFailure).encoded)
        }
        setLength(at: start)
        return true
    }

    /// Sets the length field of the ADU that begins at an index and goes to the end.
    private mutating func setLength(at start: Int) {
        let length = count - start - 6
        self[start + 4] = UInt8(truncatingIfNeeded: length >> 8)
        self[start + 5] = UInt8(truncatingIfNeeded: length)
    }

    /// Appends one ADU.
    mutating func append(transaction: UInt16, unit: UInt8, _ pdu: [UInt8]) {
        guard !pdu.isEmpty, pdu.count <= Limits.pduCount else { return }
        MBAPHeader(transaction: transaction, unit: unit, pduCount: pdu.count).encode(into: &self)
        append(contentsOf: pdu)
    }
}

/// The answer buffers of a server's event loops.
final class AnswerBuffers: Sendable {
    private let buffers: [ObjectIdentifier: NIOLoopBoundBox<AnswerBuffer>]

    init(_ group: any EventLoopGroup) {
        var buffers: [ObjectIdentifier: NIOLoopBoundBox<AnswerBuffer>] = [:]
        for loop in group.makeIterator() {
            buffers[ObjectIdentifier(loop)] = NIOLoopBoundBox.makeBoxSendingValue(AnswerBuffer(), eventLoop: loop)
        }
        self.buffers = buffers
    }

    /// The buffer of the loop this is called on.
    func buffer(on loop: any EventLoop) -> AnswerBuffer {
        buffers[ObjectIdentifier(loop)]?.value ?? AnswerBuffer()
    }
}
