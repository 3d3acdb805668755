// SPDX-License-Identifier: Apache-2.0

/// Where a server listens and what it bears.
public struct ModbusServerConfiguration: Sendable {
    /// The address to listen on; "0.0.0.0" or "::" for all.
    public var host: String
    /// The TCP port; 0 lets the system choose, see ``ModbusServer/port``.
    public var port: Int
    /// How many connections may exist; when full, the one longest without a request gives way to a new one.
    public var maximumConnections: Int = 32
    /// How many answers of one connection may wait for their time (``ServerReply/later(_:_:)``), the standard's
    /// "NumberMaxOfServerTransaction"; all others are answered at once.
    public var maximumDelayed: Int = 16
    /// How long a frame may take from its first byte to its last.
    public var frameTimeLimit: Duration = .seconds(5)
    /// How long a connection may go without a request; `nil` for ever.
    public var idleLimit: Duration?
    /// How long a peer may go without reading its answers; reading from it stops meanwhile.
    public var outputTimeLimit: Duration = .seconds(10)
    /// How many bytes of answers may wait for a peer; more end the connection.
    public var maximumPendingOutput: Int = 256 * 1024
    /// How long ``ModbusServer/stop()`` waits for delayed answers and slow readers.
    public var stopTimeLimit: Duration = .seconds(1)
    /// Whether answers that are ready together may share a segment.
    ///
    /// Off by default: some clients take one read for one answer (3.5).
    public var coalescesAnswers = false
    /// How many connections may wait to be accepted.
    public var backlog: Int32 = 128
    /// How the system finds out that a silent peer is gone.
    public var keepAlive = KeepAlive()

    /// Creates a configuration with the defaults.
    public init(host: String = "127.0.0.1", port: Int = 502) {
        self.host = host
        self.port = port
    }
}
