// SPDX-License-Identifier: Apache-2.0

/// How a client reaches one Modbus TCP device and how patient it is.
public struct ModbusClientConfiguration: Sendable {
    /// A host name, an IPv4 or an IPv6 address; names are resolved anew for each attempt.
    public var host: String
    /// The TCP port.
    public var port: Int
    /// How long an answer may take, counted from the moment the request goes to the socket.
    public var requestTimeout: Duration = .seconds(1)
    /// How long a request may wait in the queue before it is sent, connecting included.
    public var queueTimeout: Duration = .seconds(5)
    /// How long connecting may take, name resolution included.
    public var connectTimeout: Duration = .seconds(3)
    /// How many requests may be out at once ("NumberMaxOfClientTransaction"), 1 to 16; many devices can take only 1.
    public var maximumInFlight: Int = 1
    /// How many requests may wait; one more fails with ``ModbusClientError/queueFull``.
    public var maximumQueued: Int = 32
    /// The pauses after the first, second, … failure in a row; the last one repeats.
    ///
    /// Each gets up to 10 % of jitter.
    public var reconnectDelays: [Duration] = [.seconds(1), .seconds(2), .seconds(5), .seconds(10)]
    /// Makes the jitter reproducible; `nil` takes the system's generator.
    public var jitterSeed: UInt64?
    /// How many timeouts in a row end the connection.
    ///
    /// With 1, the default, a connection is never used again after a timeout, so that no late answer can ever be taken
    /// for a fresh one.
    public var timeoutsBeforeReconnect: Int = 1
    /// How many answers without a matching request end the connection: unknown transaction, wrong unit, wrong function
    /// or wrong protocol.
    public var mismatchesBeforeReconnect: Int = 2
    /// How the system finds out that a silent device is gone.
    public var keepAlive = KeepAlive()

    /// The most requests that ``maximumInFlight`` allows (messaging guide, section 4.4.1.2).
    public static let inFlightLimit = 16

    /// Creates a configuration with the defaults for a device of unknown ability.
    public init(host: String, port: Int = 502) {
        self.host = host
        self.port = port
    }
}
