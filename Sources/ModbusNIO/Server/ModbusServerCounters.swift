// SPDX-License-Identifier: Apache-2.0

/// What a server has seen since it was started.
public struct ModbusServerCounters: Hashable, Sendable {
    /// Connections that exist now.
    public var openConnections = 0
    /// Connections accepted.
    public var connections = 0
    /// Connections that gave way to a new one.
    public var evictions = 0
    /// Connections refused because of their address.
    public var deniedConnections = 0
    /// Connections refused because there was no place for them.
    public var refusedConnections = 0
    /// Connections whose handshake failed or took too long.
    public var failedHandshakes = 0
    /// Requests that the peer's role does not allow.
    public var unauthorisedRequests = 0
    /// Requests answered with `ExceptionCode.serverDeviceBusy` because too many were in work.
    public var busyAnswers = 0
    /// Requests whose answer took longer than allowed.
    public var lateAnswers = 0
    /// Whole frames with protocol identifier zero.
    public var requests = 0
    /// Frames with another protocol identifier; skipped.
    public var foreignFrames = 0
    /// Connections closed because the length field was out of range, or with RTU over TCP a checksum was wrong.
    public var brokenStreams = 0
    /// Connections closed because a frame took too long.
    public var slowFrames = 0
    /// Connections closed because the peer did not read its answers.
    public var slowReaders = 0

    /// Starts at zero.
    public init() {}
}
