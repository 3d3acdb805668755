// SPDX-License-Identifier: Apache-2.0

import Modbus
import NIOCore

/// Collects the ADUs that leave together, in memory that is used again and again.
///
/// One serves all connections of an event loop, so that idle connections hold no memory for answers.
final class AnswerBuffer {
    private var bytes: [UInt8] = []
    private var output = ByteBuffer()

    var isEmpty: Bool { bytes.isEmpty }

    /// Appends one ADU, or nothing when `pdu` appends nothing.
    ///
    /// - Returns: What `pdu` returned; when that is `false`, nothing was appended.
    func append(transaction: UInt16, unit: UInt8, pdu: (inout [UInt8]) -> Bool) -> Bool {
        let start = bytes.count
        MBAPHeader(transaction: transaction, unit: unit, pduCount: 0).encode(into: &bytes)
        let body = bytes.count
        guard pdu(&bytes) else {
            bytes.removeLast(bytes.count - start)
            return false
        }
        let count = bytes.count - body
        if count == 0 || count > Limits.pduCount {
            bytes.removeLast(bytes.count - start)
        } else {
            let length = UInt16(count + 1)
            bytes[start + 4] = UInt8(length >> 8)
            bytes[start + 5] = UInt8(truncatingIfNeeded: length)
        }
        return true
    }

    /// Gives all that was collected and begins anew.
    ///
    /// The memory of what was given before is used again as soon as the channel has sent it.
    func take() -> ByteBuffer {
        output.clear(minimumCapacity: bytes.count)
        output.writeBytes(bytes)
        bytes.removeAll(keepingCapacity: true)
        return output
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
