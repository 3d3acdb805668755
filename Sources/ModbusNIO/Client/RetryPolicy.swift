// SPDX-License-Identifier: Apache-2.0

/// Which failed requests are sent once more, and how often (7.3 to 7.7, 14.7).
///
/// A request that may have reached the device is repeated only if it is a read or if its caller said that it may be
/// repeated. Every attempt gets a new transaction identifier and the whole time for its answer. When no attempt is left,
/// the caller gets the last one's error.
public struct RetryPolicy: Hashable, Sendable {
    /// How often a request without an answer is sent again, each time after its whole time has passed.
    ///
    /// After as many timeouts as ``ModbusClientConfiguration/timeoutsBeforeReconnect`` the connection is given up first;
    /// the next attempt then waits for the next connection.
    public var afterTimeout = 0
    /// How often a request is sent again whose answer was damaged on the way or does not fit.
    public var afterBadResponse = 0
    /// How often a request is sent again that the device was too busy to take (exception 6), writes included.
    public var whenBusy = 0
    /// The pause before a busy device is asked again.
    public var busyPause: Duration = .milliseconds(100)
    /// Whether a request is sent once more on a new connection when the device had closed the kept one.
    public var resendsOnStaleConnection = true

    /// Repeats nothing but what a stale connection lost.
    public init() {}
}
