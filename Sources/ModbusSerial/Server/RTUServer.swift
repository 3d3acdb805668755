// SPDX-License-Identifier: Apache-2.0

public import Modbus
public import ModbusNIO
public import NIOCore
public import NIOPosix
import Synchronization

/// Answers requests on a serial line through a responder, in RTU frames or, by setting, in text frames.
///
/// Frames with wrong checksums, for other units, and other units' answers get no answer (10.11, 10.12); broadcasts are
/// carried out in silence (10.13). A port that is unplugged is opened again as soon as it is back.
public final class RTUServer: Sendable {
    /// What became of the port.
    public enum State: Hashable, Sendable {
        /// It is open and served.
        case serving
        /// It cannot be used, for this reason; it is tried again and again.
        case waiting(SerialError)
        /// The server was stopped.
        case stopped
    }

    private struct Life {
        var state = State.serving
        var channel: (any Channel)?
    }

    private let configuration: RTUServerConfiguration
    private let responder: any ModbusResponder
    private let loop: any EventLoop
    private let onState: @Sendable (State) -> Void
    private let lineCounters = LineCounters()
    private let life = Mutex(Life())
    /// Ends when the server is stopped; nothing else happens on it.
    private let (untilStopped, stopped) = AsyncStream.makeStream(of: Never.self)

    private init(
        _ configuration: RTUServerConfiguration,
        responder: any ModbusResponder,
        loop: any EventLoop,
        onState: @escaping @Sendable (State) -> Void
    ) {
        self.configuration = configuration
        self.responder = responder
        self.loop = loop
        self.onState = onState
    }

    /// Opens the port and serves it.
    ///
    /// - Parameters:
    ///   - configuration: The port, the units and all limits.
    ///   - responder: Answers the requests.
    ///   - group: Runs the port; has to outlive the server.
    ///   - onState: Called on an event loop whenever the state changes.
    /// - Returns: A server that serves.
    /// - Throws: Why the port cannot be opened.
    public static func start(
        _ configuration: RTUServerConfiguration,
        responder: any ModbusResponder,
        group: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton,
        onState: @escaping @Sendable (State) -> Void = { _ in }
    ) async throws(SerialError) -> RTUServer {
        let server = RTUServer(configuration, responder: responder, loop: group.next(), onState: onState)
        do {
            server.serve(try await server.open().get())
        } catch {
            throw SerialError(error, configuration.port.path)
        }
        return server
    }

    /// What the line brought so far (10.19).
    public var counters: DiagnosticCounters { lineCounters.values }

    /// What became of the port.
    public var state: State { life.withLock { $0.state } }

    /// Serves until the task is cancelled or ``stop()`` is called elsewhere, then stops; to be called once.
    public func run() async {
        for await _ in untilStopped {}
        await stop()
    }

    /// Closes the port; nothing runs any more when it returns.
    public func stop() async {
        enter(.stopped)
        stopped.finish()
        guard let channel = life.withLock({ $0.channel }) else { return }
        channel.close(promise: nil)
        // Fails only if the port was closed before, which is what is wanted.
        _ = try? await channel.closeFuture.get()
    }

    // MARK: The port

    private func open() -> EventLoopFuture<any Channel> {
        SerialPort.open(configuration.port, on: loop) { [configuration, responder, lineCounters] channel in
            channel.eventLoop.makeCompletedFuture {
                let handler = RTUServerHandler(
                    configuration,
                    responder: responder,
                    counters: lineCounters,
                    channel: channel
                )
                try channel.pipeline.syncOperations.addHandler(handler)
            }
        }
    }

    private func serve(_ channel: any Channel) {
        life.withLock { $0.channel = channel }
        guard enter(.serving) else { return channel.close(promise: nil) }
        channel.closeFuture.whenComplete { _ in
            self.life.withLock { $0.channel = nil }
            self.retry(after: .unplugged(self.configuration.port.path))
        }
    }

    /// Tries again after a pause, until the port is back or the server is stopped.
    private func retry(after error: SerialError) {
        guard enter(.waiting(error)) else { return }
        loop.scheduleTask(in: TimeAmount(max(configuration.reopenPause, .milliseconds(1)))) {
            guard self.state != .stopped else { return }
            self.open().whenComplete { result in
                switch result {
                case .success(let channel): self.serve(channel)
                case .failure(let error): self.retry(after: SerialError(error, self.configuration.port.path))
                }
            }
        }
    }

    /// Takes on a state and tells it when it is new.
    ///
    /// - Returns: `false` once the server is stopped, which it stays.
    @discardableResult
    private func enter(_ state: State) -> Bool {
        let (isAlive, isNew) = life.withLock { life in
            guard life.state != .stopped else { return (false, false) }
            defer { life.state = state }
            return (true, life.state != state)
        }
        if isNew { onState(state) }
        return isAlive
    }
}

extension SerialError {
    /// An error of a port as it is, any other with its description.
    fileprivate init(_ error: any Error, _ path: String) {
        self = error as? SerialError ?? .failed(path, "\(error)")
    }
}
