// SPDX-License-Identifier: Apache-2.0

import NIOCore

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// The socket of a connection, for bytes that it takes at once.
///
/// A channel's own way to write (a promise, a queue, flushing) costs more instructions than all the rest of a small
/// request. As long as the channel has nothing to write, the order of bytes is kept without it; what the socket does
/// not take goes the channel's way.
struct DirectSocket {
    private let descriptor: NIOBSDSocket.Handle

    /// Finds the socket of an active channel; `nil` for channels that have none, and for those with handlers in between,
    /// whose bytes are not the socket's.
    init?(of channel: any Channel) {
        let operations = channel.pipeline.syncOperations
        guard
            let descriptor = try? operations.withUnsafeTransportIfAvailable(
                of: NIOBSDSocket.Handle.self,
                { descriptor in descriptor }
            )
        else { return nil }
        self.descriptor = descriptor
    }

    /// Writes what the socket takes without waiting.
    ///
    /// Only for a channel that is active at this moment: a closed one's number may be another connection's already.
    ///
    /// - Returns: How many bytes were taken; errors are left for the channel to find.
    func write(_ bytes: borrowing [UInt8]) -> Int {
        let count = unsafe bytes.withUnsafeBytes { bytes in
            unsafe send(descriptor, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL))
        }
        return max(0, count)
    }
}
