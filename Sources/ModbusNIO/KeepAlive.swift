// SPDX-License-Identifier: Apache-2.0

/// How the system finds out that a silent peer is gone (12.10, 12.14).
public struct KeepAlive: Hashable, Sendable {
    /// Silence before the first probe; whole seconds, at least one.
    public var idle: Duration = .seconds(30)
    /// Time between probes; whole seconds, at least one.
    public var interval: Duration = .seconds(10)
    /// Probes without an answer after which the connection ends.
    public var count: Int = 3
    /// How long bytes that were sent may stay unacknowledged before the connection ends (TCP_USER_TIMEOUT; Linux only).
    public var unacknowledgedLimit: Duration = .seconds(15)

    /// Creates the settings 30 s, 10 s, 3 and 15 s.
    public init() {}
}
