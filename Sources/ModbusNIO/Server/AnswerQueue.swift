// SPDX-License-Identifier: Apache-2.0

import Modbus
import NIOCore

/// The requests of one connection that are still in work, and the answers that wait for an earlier one.
///
/// By default answers leave in the order in which their requests came, since many clients cannot take another (4.12).
struct AnswerQueue {
    /// One request in work.
    struct Slot {
        let number: Int
        let transaction: UInt16
        let unit: UInt8
        let function: FunctionCode
        let deadline: NIODeadline
        let pending: PendingReply?
        /// What gives an answer that was only delayed.
        var task: Scheduled<Void>?
        /// The PDU of the answer once there is one; empty for no answer.
        var answer: [UInt8]?

        /// Says to whoever is at work on it that the answer is of no use any more.
        func giveUp() {
            task?.cancel()
            pending?.abandon()
        }
    }

    private(set) var slots: [Slot] = []
    private var next = 0

    var isEmpty: Bool { slots.isEmpty }
    var count: Int { slots.count }
    /// When the first request runs out of time; requests that are answered have none.
    var earliestDeadline: NIODeadline? { slots.lazy.filter { $0.answer == nil }.map(\.deadline).min() }

    /// Takes a request in work, and gives its number.
    mutating func add(
        _ header: MBAPHeader,
        _ function: FunctionCode,
        deadline: NIODeadline,
        pending: PendingReply? = nil,
        answer: [UInt8]? = nil
    ) -> Int {
        defer { next += 1 }
        slots.append(
            Slot(
                number: next,
                transaction: header.transaction,
                unit: header.unit,
                function: function,
                deadline: deadline,
                pending: pending,
                answer: answer
            )
        )
        return next
    }

    /// Notes what will give the answer to a request.
    mutating func setTask(_ task: Scheduled<Void>, of number: Int) {
        guard let index = slots.firstIndex(where: { $0.number == number }) else { return task.cancel() }
        slots[index].task = task
    }

    /// Sets an answer, if the request is still in work.
    mutating func complete(_ number: Int, with answer: [UInt8]) {
        guard let index = slots.firstIndex(where: { $0.number == number }), slots[index].answer == nil else { return }
        slots[index].answer = answer
    }

    /// The requests that ran out of time by now.
    func expired(at now: NIODeadline) -> [Slot] {
        slots.filter { $0.answer == nil && $0.deadline <= now }
    }

    /// Takes out what may leave: the answered ones in front, or all answered ones.
    mutating func takeReady(inOrder: Bool) -> [Slot] {
        if inOrder {
            let ready = slots.prefix { $0.answer != nil }
            slots.removeFirst(ready.count)
            return Array(ready)
        }
        let ready = slots.filter { $0.answer != nil }
        if !ready.isEmpty { slots.removeAll { $0.answer != nil } }
        return ready
    }

    /// Takes out everything.
    mutating func removeAll() -> [Slot] {
        defer { slots = [] }
        return slots
    }
}
