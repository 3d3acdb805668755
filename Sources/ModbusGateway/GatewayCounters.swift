// SPDX-License-Identifier: Apache-2.0

/// What a gateway has done since it was started.
public struct GatewayCounters: Hashable, Sendable {
    /// Requests of clients.
    public var requests = 0
    /// Reads answered from an answer that was fresh enough.
    public var cached = 0
    /// Reads answered together with another one that asked for the same or more.
    public var joined = 0
    /// Reads put together with a neighbouring one into one request.
    public var merged = 0
    /// Requests sent to the device.
    public var sent = 0
    /// Requests refused because no device serves the unit or too many waited.
    public var refused = 0
    /// Requests the device did not answer in time or not properly.
    public var unanswered = 0
    /// Requests dropped because their client had gone.
    public var abandoned = 0
    /// Requests that wait.
    public var queued = 0

    /// Starts at zero.
    public init() {}
}
