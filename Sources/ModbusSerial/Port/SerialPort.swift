// SPDX-License-Identifier: Apache-2.0

public import NIOCore
import NIOPosix

/// Opens serial ports as channels, so that the same handlers serve a line and a connection.
public enum SerialPort {
    /// A whole frame and what may come with it.
    private static let receiveBufferCount = 512

    /// Opens a port.
    ///
    /// A port that is unplugged ends its channel. Opening it again works as soon as it is back; until then the attempts
    /// fail with ``SerialError/missing(_:)`` or ``SerialError/unplugged(_:)``.
    ///
    /// - Parameters:
    ///   - configuration: The port and its settings.
    ///   - loop: The event loop of the channel.
    ///   - prepare: Prepares the channel before the first byte is read.
    /// - Returns: An active channel of `ByteBuffer`, or a failure with a ``SerialError``.
    public static func open(
        _ configuration: SerialConfiguration,
        on loop: any EventLoop,
        prepare: @escaping @Sendable (any Channel) -> EventLoopFuture<Void> = { $0.eventLoop.makeSucceededVoidFuture() }
    ) -> EventLoopFuture<any Channel> {
        let descriptor: SerialDescriptor
        do throws(SerialError) {
            descriptor = try SerialDescriptor.open(configuration)
        } catch {
            return loop.makeFailedFuture(error)
        }
        return NIOPipeBootstrap(group: loop)
            .channelOption(.recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: receiveBufferCount))
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(PortClaim(descriptor))
                    if configuration.stripsEcho { try channel.pipeline.syncOperations.addHandler(EchoFilter()) }
                }.flatMap { prepare(channel) }
            }
            .takingOwnershipOfDescriptor(inputOutput: descriptor.number)
            .flatMapErrorThrowing { error in
                // The bootstrap has not taken it over then.
                descriptor.close()
                throw SerialError.failed(configuration.path, "\(error)")
            }
    }
}
