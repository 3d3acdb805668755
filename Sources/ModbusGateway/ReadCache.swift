// SPDX-License-Identifier: Apache-2.0

import Modbus

/// Answers of a device that are still fresh enough to be given again.
///
/// A read is answered from one stored answer as a whole and never from parts of several, so that the registers of one
/// number, or of one reading, are of one instant.
struct ReadCache {
    private struct Block {
        let read: TableRead
        let response: Response
        let instant: ContinuousClock.Instant
    }

    /// How many answers are kept; the oldest gives way.
    private static let limit = 256

    /// How old an answer may be; zero for no cache.
    let maximumAge: Duration
    /// The oldest first.
    private var blocks: [Block] = []

    init(maximumAge: Duration) { self.maximumAge = maximumAge }

    /// The stored answer to a read.
    func answer(_ read: TableRead, at now: ContinuousClock.Instant) -> Response? {
        guard maximumAge > .zero else { return nil }
        // The newest, whatever the order they came in.
        let block = blocks.filter { $0.read.covers(read) && now - $0.instant <= maximumAge }
            .max { $0.instant < $1.instant }
        return block.map { $0.read.answer(read, from: $0.response) }
    }

    /// Keeps an answer.
    ///
    /// - Parameters:
    ///   - response: The values; anything else is not kept.
    ///   - read: What was asked.
    ///   - instant: When the request was sent, the earliest instant the values can be of.
    mutating func store(_ response: Response, for read: TableRead, sampledAt instant: ContinuousClock.Instant) {
        guard maximumAge > .zero else { return }
        if case .exception = response { return }
        blocks.removeAll { $0.read == read || instant - $0.instant > maximumAge }
        if blocks.count >= ReadCache.limit { blocks.removeFirst() }
        blocks.append(Block(read: read, response: response, instant: instant))
    }

    /// Forgets a unit, because something was written to it.
    mutating func forget(unit: UInt8) { blocks.removeAll { $0.read.unit == unit } }

    /// Forgets everything, after a write to all units.
    mutating func forgetAll() { blocks = [] }
}
