// SPDX-License-Identifier: Apache-2.0

/// Where a server listens and what it bears.
public struct ModbusServerConfiguration: Sendable {
    /// The address to listen on; "0.0.0.0" or "::" for all.
    public var host: String
    /// The TCP port; 0 lets the system choose, see ``ModbusServer/port``.
    public var port: Int
    /// How requests and answers lie in the stream.
    public var framing = Framing.tcp
    /// What counts with ``Framing/rtuOverTCP`` alone.
    public var rtuOverTCP = RTUStreamConfiguration()
    /// How many connections of ordinary peers may exist; when full, the one longest without a request gives way to a
    /// new one.
    public var maximumConnections: Int = 32
    /// Peers with places of their own, which never give way.
    public var priorityPeers: [PriorityPeers] = []
    /// Who may connect; `nil` lets everybody in.
    public var accessList: AccessList?
    /// How many requests of one connection may be in work, the standard's "NumberMaxOfServerTransaction", at least 1.
    ///
    /// Only requests that are not answered at once count (``ServerReply/later(_:_:)``, ``ServerReply/pending(_:)``),
    /// and those that wait behind them.
    public var maximumInWork: Int = 16
    /// How many requests of all connections together may be in work.
    public var maximumInWorkTotal: Int = 1024
    /// Whether a connection with too many requests in work is not read from until there is room.
    ///
    /// Off, the default, they are answered `ExceptionCode.serverDeviceBusy` (4.4, 4.5).
    public var pausesWhenBusy = false
    /// Whether answers leave in the order of their requests, also when a later one is ready first (4.12).
    public var answersInOrder = true
    /// How long an answer may take (9.18); then it is `ExceptionCode.serverDeviceFailure`.
    public var answerTimeLimit: Duration = .seconds(60)
    /// How long a frame may take from its first byte to its last.
    public var frameTimeLimit: Duration = .seconds(5)
    /// How long a connection may go without a request; `nil` for ever.
    public var idleLimit: Duration?
    /// How long a peer may go without reading its answers; reading from it stops meanwhile.
    public var outputTimeLimit: Duration = .seconds(10)
    /// How many bytes of answers may wait for a peer; more end the connection.
    public var maximumPendingOutput: Int = 256 * 1024
    /// How long ``ModbusServer/stop()`` waits for answers in work and slow readers.
    public var stopTimeLimit: Duration = .seconds(1)
    /// Whether answers to requests that came in one read leave in one write.
    ///
    /// A client with one request at a time never sees two answers together; one that sends several at once has to cut
    /// them apart anyway, since TCP may join what was sent apart. Off, each answer is a write and a segment of its own
    /// (3.3, 3.5).
    public var coalescesAnswers = true
    /// How many connections may wait to be accepted.
    public var backlog: Int32 = 128
    /// How the system finds out that a silent peer is gone.
    public var keepAlive = KeepAlive()
    /// The size of a connection's receive buffer in the system (SO_RCVBUF); `nil` leaves it to the system (12.12).
    public var receiveBufferSize: Int?
    /// The size of a connection's send buffer in the system (SO_SNDBUF); `nil` leaves it to the system (12.12).
    public var sendBufferSize: Int?
    /// Is told about refused and closed connections, on an event loop; the same event of an address only once an hour.
    public var onEvent: (@Sendable (ServerEvent) -> Void)?
    /// What a connection needs before it is served.
    package var security: ServerSecurity?

    /// Ways to carry requests and answers in a stream; which one a client speaks is never guessed.
    public enum Framing: Hashable, Sendable {
        /// Modbus TCP.
        case tcp
        /// Frames of the serial line, as clients of transparent gateways send them (11.1).
        ///
        /// Frames are found by their length and checksum. A request to unit 0 is for all: writes are carried out,
        /// reads ignored, and neither is answered (11.5).
        case rtuOverTCP
    }

    /// Creates a configuration with the defaults.
    public init(host: String = "127.0.0.1", port: Int = 502) {
        self.host = host
        self.port = port
    }
}
