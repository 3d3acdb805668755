// SPDX-License-Identifier: Apache-2.0

public import NIOCore
public import NIOPosix

/// Listens for clients of Modbus TCP, or of RTU over TCP, and answers them through a responder.
///
/// No connection can harm another one: frames that stay incomplete, peers that do not read, too many connections and
/// bytes that are not Modbus each end the connection that brought them (see ``ModbusServerConfiguration``). Running out
/// of file descriptors pauses accepting for a second (12.18) and ends nothing.
public final class ModbusServer: Sendable {
    private let listener: any Channel
    private let registry: ConnectionRegistry
    private let stopTimeLimit: TimeAmount

    /// The port the server listens on.
    public let port: Int

    private init(
        listener: any Channel,
        registry: ConnectionRegistry,
        configuration: ModbusServerConfiguration
    ) {
        self.listener = listener
        self.registry = registry
        port = listener.localAddress?.port ?? configuration.port
        stopTimeLimit = TimeAmount(bounded: configuration.stopTimeLimit)
    }

    /// Starts to listen.
    ///
    /// - Parameters:
    ///   - configuration: The address and all limits.
    ///   - responder: Answers the requests.
    ///   - group: Runs the connections; has to outlive the server.
    /// - Returns: A server that already accepts connections.
    /// - Throws: What the system says when the address cannot be bound: in use, not allowed, not an address of here.
    public static func start(
        _ configuration: ModbusServerConfiguration,
        responder: any ModbusResponder,
        group: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton
    ) async throws -> ModbusServer {
        var configuration = configuration
        // Answers without transactions can only be told apart by their order.
        if configuration.framing == .rtuOverTCP { configuration.answersInOrder = true }
        let registry = ConnectionRegistry(configuration)
        let buffers = AnswerBuffers(group)
        let listener = try await ServerBootstrap.modbus(configuration, group: group)
            .childChannelInitializer { [configuration] channel in
                channel.eventLoop.makeCompletedFuture {
                    guard let entry = registry.admit(channel) else { throw ChannelError.ioOnClosedChannel }
                    try configuration.security?.prepare(channel)
                    if configuration.framing == .rtuOverTCP {
                        let frames = RTUStreamHandler(configuration, registry: registry, loop: channel.eventLoop)
                        try channel.pipeline.syncOperations.addHandler(frames)
                    }
                    let handler = ServerConnectionHandler(
                        configuration,
                        responder: responder,
                        registry: registry,
                        entry: entry,
                        output: buffers.buffer(on: channel.eventLoop)
                    )
                    try channel.pipeline.syncOperations.addHandler(handler)
                }
            }
            .bind(host: configuration.host, port: configuration.port)
            .get()
        return ModbusServer(listener: listener, registry: registry, configuration: configuration)
    }

    /// What the server has seen so far.
    public var counters: ModbusServerCounters { registry.counters }

    /// Serves until the task is cancelled or ``stop()`` is called elsewhere, then stops.
    public func run() async {
        await withTaskCancellationHandler {
            // The listener's end is all that matters; how it ended changes nothing.
            _ = try? await listener.closeFuture.get()
        } onCancel: {
            listener.close(promise: nil)
        }
        await stop()
    }

    /// Lets no more connections in, answers what was taken, and closes all connections (12.19).
    ///
    /// Takes at most ``ModbusServerConfiguration/stopTimeLimit``; nothing runs any more when it returns.
    public func stop() async {
        listener.close(promise: nil)
        // Fails only if the listener was closed before, which is what is wanted.
        _ = try? await listener.closeFuture.get()
        let channels = registry.stop()
        for channel in channels { channel.pipeline.fireUserInboundEventTriggered(ConnectionDrain()) }
        let force = listener.eventLoop.scheduleTask(in: stopTimeLimit) {
            for channel in channels { channel.close(promise: nil) }
        }
        for channel in channels { _ = try? await channel.closeFuture.get() }
        force.cancel()
    }
}

extension ServerBootstrap {
    /// About 170 requests; together with one read a turn it bounds what one connection does before others have theirs.
    private static let receiveBufferCount = 2048
    /// Reading stops above the high mark of waiting answers and goes on below the low one.
    private static let waterMark = ChannelOptions.Types.WriteBufferWaterMark(low: 16 * 1024, high: 64 * 1024)

    fileprivate static func modbus(
        _ configuration: ModbusServerConfiguration,
        group: any EventLoopGroup
    ) -> ServerBootstrap {
        let bootstrap = ServerBootstrap(group: group)
            .serverChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(AcceptPause()) }
            }
            .serverChannelOption(.backlog, value: configuration.backlog)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            // The handler asks for each read.
            .childChannelOption(.autoRead, value: false)
            .childChannelOption(.maxMessagesPerRead, value: 1)
            .childChannelOption(.writeBufferWaterMark, value: waterMark)
            .childChannelOption(.recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: receiveBufferCount))
        if let size = configuration.receiveBufferSize {
            // On the listener, whose connections inherit it: the window is agreed on before a connection is accepted.
            _ = bootstrap.serverChannelOption(.socketOption(.so_rcvbuf), value: Int(Int32(clamping: size)))
        }
        if let size = configuration.sendBufferSize {
            _ = bootstrap.childChannelOption(.socketOption(.so_sndbuf), value: Int(Int32(clamping: size)))
        }
        return configuration.keepAlive.settings.reduce(bootstrap) { $0.childChannelOption($1.option, value: $1.value) }
    }
}
