// SPDX-License-Identifier: Apache-2.0

public import Modbus

/// How a client reaches one Modbus device and how patient it is.
public struct ModbusClientConfiguration: Sendable {
    /// A host name, an IPv4 or an IPv6 address; names are resolved anew for each attempt.
    public var host: String
    /// The TCP or UDP port.
    public var port: Int
    /// How long an answer may take, counted from the moment the request goes to the socket.
    public var requestTimeout: Duration = .seconds(1)
    /// How long a request may wait in the queue before it is sent, connecting included.
    public var queueTimeout: Duration = .seconds(5)
    /// How long connecting may take, name resolution included.
    public var connectTimeout: Duration = .seconds(3)
    /// How many requests may be out at once ("NumberMaxOfClientTransaction"), 1 to 16; many devices can take only 1.
    ///
    /// Without effect on serial lines and RTU over TCP, where it is always 1.
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
    /// With 1, the default, a connection is never used again after a timeout. That is stricter than usual, for the sake
    /// of setpoints: a write without an answer may sit in a device that has fallen behind, and must not be carried out
    /// after a newer one; ending the connection discards it. With 3, say, a client of a slow device keeps its connection;
    /// late answers are told from fresh ones by their transaction identifier.
    public var timeoutsBeforeReconnect: Int = 1
    /// How many answers without a matching request end the connection: unknown transaction, wrong unit, wrong function
    /// or wrong protocol.
    public var mismatchesBeforeReconnect: Int = 2
    /// How requests and answers are carried.
    public var transport = Transport.tcp
    /// Which failed requests are sent once more.
    public var retries = RetryPolicy()
    /// Whether a request without a connection opens one; otherwise ``ModbusClient/connect()`` does and nothing else.
    public var connectsOnDemand = true
    /// After this time without requests the connection is closed; `nil` keeps it.
    ///
    /// With zero it is closed as soon as no request waits or is out, for devices with very few connections.
    public var idleLimit: Duration?
    /// The time between connecting and the first request, for devices that lose requests that come at once.
    public var pauseAfterConnecting: Duration = .zero
    /// The least time between two requests, and between an answer and the next request.
    public var pauseBetweenRequests: Duration = .zero
    /// The time after a broadcast in which devices carry it out, on serial lines and RTU over TCP.
    public var turnaroundDelay: Duration = .milliseconds(200)
    /// Whether requests that become ready at the same moment leave in one segment.
    ///
    /// Happens only where ``maximumInFlight`` is above 1. The messaging guide advises against it, as some devices look
    /// at one request for each segment; a device that is known to take several at once seldom is one of them.
    public var sharesWrites = true
    /// Whether the unit in an answer is not compared with the one addressed.
    public var ignoresAnswerUnit = false
    /// The lengths of the application's own functions, for serial lines and RTU over TCP (8.40).
    public var userFunctions = UserFunctions()
    /// Whether the units 248 to 254, which the standard reserves, may be addressed.
    public var allowsReservedUnits = false
    /// How the system finds out that a silent device is gone.
    public var keepAlive = KeepAlive()

    /// Ways to carry requests and answers; which one a device speaks is never guessed.
    public enum Transport: Hashable, Sendable {
        /// Modbus TCP.
        case tcp
        /// Frames of the serial line in a TCP stream, as gateways in transparent mode expect them.
        ///
        /// One request is out at a time. After a timeout, a wrong checksum or an answer from another unit the connection
        /// is opened anew, as nothing else brings the stream back into step.
        case rtuOverTCP
        /// Modbus TCP's frames, one in each datagram.
        ///
        /// Datagrams get lost: see ``RetryPolicy/afterTimeout``.
        case udp
    }

    /// The most requests that ``maximumInFlight`` allows (messaging guide, section 4.4.1.2).
    public static let inFlightLimit = 16

    /// Creates a configuration with the defaults for a device of unknown ability.
    public init(host: String, port: Int = 502) {
        self.host = host
        self.port = port
    }
}
