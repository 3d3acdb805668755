// SPDX-License-Identifier: Apache-2.0

public import Modbus

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
    /// Exception responses by their code.
    public var exceptionCodes: [ExceptionCode: Int] = [:]
    /// Requests that were put back to be sent once more.
    public var retries = 0
    /// Requests without an answer in time.
    public var timeouts = 0
    /// Answers to requests that had timed out; dropped.
    public var lateAnswers = 0
    /// Answers with a transaction identifier that is not outstanding, those that came twice included; dropped.
    public var unknownAnswers = 0
    /// Answers with a protocol identifier other than zero; dropped.
    public var foreignFrames = 0
    /// Answers from another unit than the one addressed; on a serial line the right one is still awaited.
    public var wrongUnits = 0
    /// Answers that do not fit their request.
    public var badResponses = 0
    /// Connections ended because the length field was out of range.
    public var brokenStreams = 0
    /// Frames with a wrong checksum or length, and datagrams that are not one frame.
    public var damagedFrames = 0
    /// How often bytes came on a serial line while no answer was awaited; dropped.
    public var noise = 0
    /// Requests refused because the queue was full.
    public var refusedQueueFull = 0

    /// Starts at zero.
    public init() {}

    /// What was counted after an earlier moment; numbers of the present moment stay.
    func since(_ earlier: ModbusClientCounters) -> ModbusClientCounters {
        var difference = self
        for counter in ModbusClientCounters.totals { difference[keyPath: counter] -= earlier[keyPath: counter] }
        difference.exceptionCodes = exceptionCodes.merging(earlier.exceptionCodes) { $0 - $1 }.filter { $0.value > 0 }
        return difference
    }

    private static var totals: [WritableKeyPath<ModbusClientCounters, Int>] {
        [
            \.connections, \.failedConnections, \.requests, \.answers, \.exceptions, \.retries, \.timeouts,
            \.lateAnswers, \.unknownAnswers, \.foreignFrames, \.wrongUnits, \.badResponses, \.brokenStreams,
            \.damagedFrames, \.noise, \.refusedQueueFull,
        ]
    }
}
