// SPDX-License-Identifier: Apache-2.0

import Modbus
import NIOCore

/// The requests that wait to be written, in memory that is used again and again.
struct OutputBuffer {
    private(set) var bytes: [UInt8] = []

    /// Appends a request.
    mutating func append(_ request: Request, _ framing: Framing, transaction: UInt16, unit: UInt8) {
        framing.encode(request, transaction: transaction, unit: unit, into: &bytes)
    }

    /// Forgets all of them.
    mutating func removeAll() { bytes.removeAll(keepingCapacity: true) }
}
