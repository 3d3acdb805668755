// SPDX-License-Identifier: Apache-2.0

/// How a gateway shares one device, or one line of devices, between clients.
public struct GatewayConfiguration: Hashable, Sendable {
    /// How many requests may be under way to the device at once; 1 on a serial line.
    ///
    /// A client's write is never under way together with another request of that client.
    public var maximumInFlight = 1
    /// How many requests of one client may wait; one more is refused with 0x0A.
    public var maximumQueuedPerClient = 32
    /// How many requests of all clients may wait, those that share one with others included.
    public var maximumQueued = 512
    /// Whether reads that ask for the same, for a part of it or for its neighbourhood become one request.
    ///
    /// A client always sees what it has written: while a write of its own waits, its reads join no other. When the
    /// device refuses the joined request because of its range, the parts are asked for one by one.
    public var mergesReads = true
    /// How old an answer may be to be given again, counted from when its request was sent.
    ///
    /// Zero asks the device each time: a read joins those that still wait, but none that was sent before. A write to a
    /// unit makes its answers old, and those of all units where unit 0 is sent on.
    public var cacheAge: Duration = .zero
    /// What becomes of requests for unit 0 (13.7).
    public var unitZero = UnitZero.local

    /// What becomes of requests for unit 0.
    public enum UnitZero: String, Hashable, Sendable, CaseIterable {
        /// Unit 0 is the gateway itself, which has nothing to serve: refused with 0x0A.
        case local
        /// Sent on like any other unit, for a device that is a server itself.
        case forward
        /// A broadcast on the line: writes only, answered as the devices would have (13.7).
        case broadcast
    }

    /// Creates a configuration with the defaults.
    public init() {}
}
