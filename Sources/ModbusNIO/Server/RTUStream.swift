// SPDX-License-Identifier: Apache-2.0

import Modbus

/// Cuts a stream of serial frames into requests (11.2).
///
/// Does no I/O and knows no clock: bytes and pauses are told to it.
struct RTUStream {
    /// What was found.
    enum Found: Equatable {
        /// A whole frame: the unit and the PDU.
        case frame(unit: UInt8, pdu: [UInt8])
        /// Something that is no frame; nothing that follows can be understood.
        case fault
    }

    private let functions: UserFunctions
    /// Whether a fault makes it look for the next frame.
    private let searches: Bool
    private var bytes: [UInt8] = []
    /// How many bytes of `bytes` are done with.
    private var start = 0
    /// How many bytes the search at work has passed over; `nil` without a search.
    private var skipped: Int?
    /// Whether a pause would end a frame.
    private(set) var awaitsPause = false

    init(functions: UserFunctions, searches: Bool) {
        self.functions = functions
        self.searches = searches
    }

    /// Whether there is a part of a frame.
    var isEmpty: Bool { bytes.isEmpty }

    /// Takes bytes; ask ``next()`` until there is nothing more.
    mutating func receive(_ new: some Sequence<UInt8>) {
        bytes.append(contentsOf: new)
    }

    /// The next thing that is there as a whole; after a fault nothing more may be asked.
    mutating func next() -> Found? {
        awaitsPause = false
        guard skipped == nil else { return search() }
        switch RTUFrameStart(of: bytes.span.extracting(start..<bytes.count), .request, user: functions) {
        case .frame(let frame): return take(frame)
        case .incomplete: return waitForMore()
        case .untilSilence:
            awaitsPause = true
            return waitForMore()
        case .fault: return fail()
        }
    }

    /// Takes note of a pause, which ends a frame of unknown length.
    mutating func pause() -> Found? {
        guard awaitsPause else { return nil }
        awaitsPause = false
        guard let frame = try? RTUFrame(whole: bytes.span) else { return fail() }
        return take(frame)
    }

    private mutating func take(_ frame: RTUFrame) -> Found {
        defer { start += frame.count }
        return .frame(unit: frame.unit, pdu: Array(bytes[start + frame.pdu.lowerBound..<start + frame.pdu.upperBound]))
    }

    private mutating func waitForMore() -> Found? {
        bytes.removeFirst(start)
        start = 0
        return nil
    }

    private mutating func fail() -> Found? {
        guard searches else { return .fault }
        skipped = 0
        return search()
    }

    /// Looks for a frame that begins within ``RTUSearch/limit`` bytes of the fault (11.4).
    private mutating func search() -> Found? {
        // More is not needed to judge the last place where the frame may begin, and costs time.
        let passed = skipped ?? 0
        let end = min(bytes.count, start + RTUSearch.limit - passed + RTUFrame.counts.upperBound)
        let search = RTUSearch(of: bytes.span.extracting(start..<end), .request, user: functions)
        start += search.skipped
        guard passed + search.skipped <= RTUSearch.limit else { return .fault }
        guard let frame = search.frame else {
            skipped = passed + search.skipped
            return waitForMore()
        }
        skipped = nil
        return take(frame)
    }
}
