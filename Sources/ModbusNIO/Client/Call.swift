// SPDX-License-Identifier: Apache-2.0

import Modbus
import NIOCore
import Synchronization

/// What one caller asks for; shared by the caller's task and the event loop.
final class Call: Sendable {
    let request: Request
    let unit: UInt8
    let timeout: TimeAmount
    /// Whether the request does no harm when the device carries it out twice.
    let isRepeatable: Bool
    private let cancellation = Atomic(false)

    init(request: Request, unit: UInt8, timeout: TimeAmount, isRepeatable: Bool) {
        self.request = request
        self.unit = unit
        self.timeout = timeout
        self.isRepeatable = isRepeatable
    }

    /// Whether the caller waits no longer.
    var isCancelled: Bool { cancellation.load(ordering: .acquiring) }

    /// Marks the call before the event loop hears of it, since it may be on its way there.
    func cancel() { cancellation.store(true, ordering: .releasing) }
}

/// A call on the event loop: where its result goes, and what has been tried.
struct Errand {
    /// How an attempt ended after which the request is sent once more.
    enum Ending: UInt8 {
        case timeout
        case badResponse
        case busy
        case connectionClosed
    }

    let call: Call
    /// `nil` when the caller has its result and only the request's place is still taken (4.14).
    var reply: Reply?
    /// How the last attempt ended; `nil` for the first one.
    var lastEnding: Ending?
    /// The request goes to the socket no earlier.
    var notBefore = NIODeadline.uptimeNanoseconds(0)
    var timeouts: UInt8 = 0
    var badResponses: UInt8 = 0
    var refusals: UInt8 = 0
    var wasResent = false
    /// How often bytes had come on the connection when the request was sent.
    var arrivalsBefore: UInt64 = 0

    init(_ call: Call, _ reply: Reply) {
        self.call = call
        self.reply = reply
    }

    /// The errand for the next attempt.
    func again(after ending: Ending, notBefore start: NIODeadline) -> Errand {
        var next = self
        next.lastEnding = ending
        next.notBefore = start
        switch ending {
        case .timeout: next.timeouts &+= 1
        case .badResponse: next.badResponses &+= 1
        case .busy: next.refusals &+= 1
        case .connectionClosed: next.wasResent = true
        }
        return next
    }

    /// Gives the caller an error, unless it has its result.
    func fail(_ error: ModbusClientError) { reply?.fail(error) }

    /// Tells a caller that its request is not sent: with the reason, or with how the last attempt ended.
    func failUnsent(_ error: ModbusClientError) {
        switch lastEnding {
        case nil: fail(error)
        case .timeout: fail(.timeout)
        case .badResponse: fail(.badResponse("and no further attempt could be made: \(error)"))
        case .busy: fail(.exception(.serverDeviceBusy))
        case .connectionClosed: fail(.connectionClosed)
        }
    }
}
