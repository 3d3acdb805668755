// SPDX-License-Identifier: Apache-2.0

package import NIOCore
import NIOPosix

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// Opens a client's connection.
package struct Connector: Sendable {
    /// Prepares a new channel, on its event loop, before it connects.
    package typealias Preparation = @Sendable (any Channel) -> EventLoopFuture<Void>

    /// Opens a connection on an event loop: a channel of ``ByteBuffer`` that is active when the future succeeds.
    ///
    /// A ``ModbusClientError`` reaches the caller as it is.
    let connect: @Sendable (any EventLoop, @escaping Preparation) -> EventLoopFuture<any Channel>
    /// Whether its channels are TCP connections whose bytes nothing changes on the way.
    let makesPlainStreams: Bool

    package init(
        makesPlainStreams: Bool = false,
        connect: @escaping @Sendable (any EventLoop, @escaping Preparation) -> EventLoopFuture<any Channel>
    ) {
        self.makesPlainStreams = makesPlainStreams
        self.connect = connect
    }

    /// Connects the way a configuration says.
    init(_ configuration: ModbusClientConfiguration) {
        switch configuration.transport {
        case .tcp, .rtuOverTCP: self = .tcp(configuration)
        case .udp: self = .udp(configuration)
        }
    }

    /// Connects over TCP, to all addresses of a name in turn.
    ///
    /// - Parameters:
    ///   - configuration: Where to connect.
    ///   - security: What has to be done before the connection counts as made.
    /// - Returns: A connector whose connections are ready for Modbus.
    static func tcp(_ configuration: ModbusClientConfiguration, security: ChannelSecurity? = nil) -> Connector {
        let host = configuration.host
        let port = configuration.port
        let limit = TimeAmount(bounded: configuration.connectTimeout)
        return Connector(makesPlainStreams: security == nil) { loop, prepare -> EventLoopFuture<any Channel> in
            guard (1...65535).contains(port) else {
                return loop.makeFailedFuture(ModbusClientError.connectFailed("port \(port); ports are 1 to 65535"))
            }
            let handshakes = security.map { PendingHandshakes($0, loop: loop, limit: limit) }
            let bootstrap = ClientBootstrap.modbus(configuration, loop: loop).channelInitializer { channel in
                do {
                    try handshakes?.begin(channel)
                } catch {
                    return channel.eventLoop.makeFailedFuture(error)
                }
                return prepare(channel)
            }
            let attempt =
                if let address = try? SocketAddress(ipAddress: host, port: port) {
                    bootstrap.connect(to: address)
                } else {
                    // Not an address, so it is a name.
                    bootstrap.connect(host: host, port: port)
                }
            return attempt.flatMap { handshakes?.finish($0) ?? loop.makeSucceededFuture($0) }
                .flatMapErrorThrowing { throw ModbusClientError(connecting: $0, host: host, port: port) }
        }
    }
}

extension ClientBootstrap {
    /// Enough for any answer; the client reads on as long as there is more.
    private static let receiveBufferCount = 2048

    fileprivate static func modbus(_ configuration: ModbusClientConfiguration, loop: any EventLoop) -> ClientBootstrap {
        let bootstrap = ClientBootstrap(group: loop)
            .connectTimeout(TimeAmount(bounded: configuration.connectTimeout))
            .channelOption(.recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: receiveBufferCount))
        return configuration.keepAlive.settings.reduce(bootstrap) { $0.channelOption($1.option, value: $1.value) }
    }
}

extension ModbusClientError {
    /// Says in one line why an attempt to connect failed.
    init(connecting error: any Error, host: String, port: Int) {
        let place = host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
        switch error {
        case let error as ModbusClientError:
            self = error
        case let error as IOError where error.errnoCode == ECONNREFUSED:
            self = .connectionRefused(place)
        case let error as IOError:
            self = .connectFailed("\(place): \(error.localizedDescription)")
        case let error as NIOConnectionError:
            self.init(error, place: place)
        case ChannelError.connectTimeout:
            self = .connectFailed("\(place): no answer in time")
        default:
            self = .connectFailed("\(place): \(error)")
        }
    }

    /// The first failure of several attempts speaks for all; refused only if every address refused.
    private init(_ error: NIOConnectionError, place: String) {
        let failures = error.connectionErrors.map(\.error)
        let refusals = failures.filter { ($0 as? IOError)?.errnoCode == ECONNREFUSED }
        if let first = failures.first {
            let reason = (first as? ChannelError).map { _ in "no answer in time" } ?? "\(first)"
            self = refusals.count == failures.count ? .connectionRefused(place) : .connectFailed("\(place): \(reason)")
        } else if let error = error.dnsAError ?? error.dnsAAAAError {
            self = .connectFailed("\(place): the name cannot be resolved (\(error))")
        } else {
            self = .connectFailed("\(place): the name has no address")
        }
    }
}
