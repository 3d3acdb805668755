// SPDX-License-Identifier: Apache-2.0

public import Modbus

/// Why a request got no result.
public enum ModbusClientError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The device answered and refused; asking again the same way gives the same answer, except for busy (6).
    case exception(ExceptionCode)
    /// No answer within the request's time; a write may have happened.
    case timeout
    /// The request waited in the queue longer than ``ModbusClientConfiguration/queueTimeout`` and was never sent.
    case queueTimeout
    /// The device's machine is there and refuses connections: wrong port, or its server is off.
    case connectionRefused(String)
    /// No connection: unknown host, no route, or no answer in time.
    case connectFailed(String)
    /// The connection ended before the answer came, or the client was closed; a write may have happened.
    case connectionClosed
    /// The device ended the connection before the answer came and said why, as TLS can; a write may have happened.
    case connectionEnded(String)
    /// The answer does not fit the request, or the bytes are not Modbus; a write may have happened.
    case badResponse(String)
    /// Another unit answered than the one addressed.
    case wrongUnit(expected: UInt8, actual: UInt8)
    /// As many requests wait as ``ModbusClientConfiguration/maximumQueued`` allows; this one was not sent.
    case queueFull
    /// The client waits before it connects again; the request was not sent.
    case backingOff(retryIn: Duration)
    /// There is no connection, and none is opened unasked; see ``ModbusClientConfiguration/connectsOnDemand``.
    case notConnected
    /// The request breaks the standard's limits and was not sent.
    case invalidRequest(String)
    /// The calling task was cancelled; a write may have happened.
    case cancelled

    /// What happened, for a log line.
    public var description: String {
        switch self {
        case .exception(let code): "the device answered with exception \(code)"
        case .timeout: "no answer in time"
        case .queueTimeout: "not sent: the requests before it took too long"
        case .connectionRefused(let address): "connection refused by \(address)"
        case .connectFailed(let reason): "cannot connect: \(reason)"
        case .connectionClosed: "connection closed"
        case .connectionEnded(let reason): "connection ended: \(reason)"
        case .badResponse(let reason): "bad response: \(reason)"
        case .wrongUnit(let expected, let actual): "unit \(actual) answered instead of unit \(expected)"
        case .queueFull: "not sent: too many requests are waiting"
        case .backingOff(let retryIn): "not sent: the next attempt to connect is in \(retryIn)"
        case .notConnected: "not sent: not connected"
        case .invalidRequest(let reason): "not sent: \(reason)"
        case .cancelled: "cancelled"
        }
    }
}
