// SPDX-License-Identifier: Apache-2.0

/// What a client has seen since it was made, and what it has to do now.
public struct ModbusClientCounters: Hashable, Sendable {
    /// Requests that wait to be sent now.
    public var queued = 0
    /// Requests that wait for their answer now, those of cancelled calls included.
    public var inFlight = 0
    /// Connections that were established.
    public var connections = 0
    /// Attempts to connect that failed.
    public var failedConnections = 0
    /// Requests handed to the socket.
    public var requests = 0
    /// Answers that fit their request, exceptions included.
    public var answers = 0
    /// Exception responses among ``answers``.
    public var exceptions = 0
    /// Requests without an answer in time.
    public var timeouts = 0
    /// Answers to requests that had timed out; dropped.
    public var lateAnswers = 0
    /// Answers with a transaction identifier that is not outstanding; dropped.
    public var unknownAnswers = 0
    /// Answers with a protocol identifier other than zero; dropped.
    public var foreignFrames = 0
    /// Answers from another unit than the one addressed.
    public var wrongUnits = 0
    /// Answers that do not fit their request.
    public var badResponses = 0
    /// Connections ended because the length field was out of range.
    public var brokenStreams = 0
    /// Requests refused because the queue was full.
    public var refusedQueueFull = 0

    /// Starts at zero.
    public init() {}
}
