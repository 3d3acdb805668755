// SPDX-License-Identifier: Apache-2.0

/// What a server has seen since it was started.
public struct ModbusServerCounters: Hashable, Sendable {
    /// Connections that exist now.
    public var openConnections = 0
    /// Connections accepted.
    public var connections = 0
    /// Connections that gave way to a new one.
    public var evictions = 0
    /// Whole frames with protocol identifier zero.
    public var requests = 0
    /// Frames with another protocol identifier; skipped.
    public var foreignFrames = 0
    /// Connections closed because the length field was out of range.
    public var brokenStreams = 0
    /// Connections closed because a frame took too long.
    public var slowFrames = 0
    /// Connections closed because the peer did not read its answers.
    public var slowReaders = 0

    /// Starts at zero.
    public init() {}
}
