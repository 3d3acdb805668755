// SPDX-License-Identifier: Apache-2.0

import Modbus
import NIOCore

/// The requests that wait to be written, in memory that is used again and again.
struct OutputBuffer {
    private var bytes: [UInt8] = []
    private var buffer = ByteBuffer()

    /// Appends a request.
    mutating func append(_ request: Request, _ framing: Framing, transaction: UInt16, unit: UInt8) {
        framing.encode(request, transaction: transaction, unit: unit, into: &bytes)
    }

    /// Takes all of them out.
    mutating func take() -> ByteBuffer {
        // The memory of the last write is free again unless the socket was full.
        buffer.clear()
        buffer.writeBytes(bytes)
        bytes.removeAll(keepingCapacity: true)
        return buffer
    }
}
