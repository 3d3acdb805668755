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
    /// Appends one ADU, or nothing when `pdu` appends nothing or too much.
    ///
    /// - Returns: What `pdu` returned; when that is `false`, nothing was appended.
    mutating func append(transaction: UInt16, unit: UInt8, pdu: (inout [UInt8]) -> Bool) -> Bool {
        let start = count
        MBAPHeader(transaction: transaction, unit: unit, pduCount: 0).encode(into: &self)
        let body = count
        let isAnswered = pdu(&self)
        let length = count - body
        if !isAnswered || length == 0 || length > Limits.pduCount {
            removeLast(count - start)
        } else {
            self[start + 4] = UInt8(truncatingIfNeeded: (length + 1) >> 8)
            self[start + 5] = UInt8(truncatingIfNeeded: length + 1)
        }
        return isAnswered
    }

    /// Appends one ADU.
    mutating func append(transaction: UInt16, unit: UInt8, _ pdu: [UInt8]) {
        _ = append(transaction: transaction, unit: unit) { bytes in
            bytes.append(contentsOf: pdu)
            return true
        }
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
