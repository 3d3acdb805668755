// SPDX-License-Identifier: Apache-2.0

import NIOCore

/// The silences a client keeps before it sends (10.10, 10.14, 10.18, 14.9).
struct SendGate {
    /// Nothing is sent before.
    private(set) var opening = NIODeadline.uptimeNanoseconds(0)

    /// Keeps silent until a moment; an earlier one than that of another reason changes nothing.
    mutating func close(until moment: NIODeadline) { opening = max(opening, moment) }

    /// Forgets all reasons, for a new connection.
    mutating func reset() { opening = .uptimeNanoseconds(0) }

    func isOpen(at now: NIODeadline) -> Bool { opening <= now }
}
