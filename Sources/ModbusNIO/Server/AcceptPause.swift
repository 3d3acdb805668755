// SPDX-License-Identifier: Apache-2.0

import NIOCore

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// Stops accepting for a while when the system has no room for another connection (12.18).
///
/// The connection that waits would otherwise wake the event loop again and again, as nothing takes it. Switching reads
/// off takes the listener out of what the loop waits for.
final class AcceptPause: ChannelInboundHandler {
    typealias InboundIn = any Channel

    /// No file descriptor in the process or the system, no buffers, no memory.
    private static let shortages: Set<CInt> = [EMFILE, ENFILE, ENOBUFS, ENOMEM]

    private let pause: TimeAmount
    private var isPaused = false

    init(_ pause: TimeAmount = .seconds(1)) {
        self.pause = pause
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard let error = error as? IOError, AcceptPause.shortages.contains(error.errnoCode) else {
            return context.fireErrorCaught(error)
        }
        guard !isPaused else { return }
        isPaused = true
        accept(false, context)
        context.eventLoop.assumeIsolated().scheduleTask(in: pause) {
            self.isPaused = false
            self.accept(true, context)
        }
    }

    private func accept(_ accepts: Bool, _ context: ChannelHandlerContext) {
        // Fails only on a listener that is closed, where it does not matter.
        try? context.channel.syncOptions?.setOption(.autoRead, value: accepts)
    }
}
