// SPDX-License-Identifier: Apache-2.0

/// Finds the next frame of a stream that has lost its step (11.4).
///
/// For use after an ``RTUFault`` where no silence shows the next beginning, as on RTU over TCP. Before a fault ask
/// ``RTUFrameStart``: the data of a good frame may well contain the bytes of another frame.
public struct RTUSearch: Hashable, Sendable {
    /// The bytes in front that belong to no frame and are to be dropped.
    ///
    /// Add them up and give the stream up when they pass ``limit``.
    public let skipped: Int
    /// The frame that follows the skipped bytes; `nil` while more bytes are needed.
    public let frame: RTUFrame?

    /// The most bytes that are worth skipping: a whole frame.
    public static let limit = RTUFrame.counts.upperBound

    /// Takes the first whole frame, or else keeps what may still become one: at most 256 bytes.
    public init(of bytes: Span<UInt8>, _ direction: MessageDirection, user functions: UserFunctions = UserFunctions()) {
        var kept = bytes.count
        for start in bytes.indices {
            switch RTUFrameStart(of: bytes.extracting(start..<bytes.count), direction, user: functions) {
            case .frame(let frame):
                skipped = start
                self.frame = frame
                return
            case .incomplete, .untilSilence: kept = min(kept, start)
            case .fault: continue
            }
        }
        skipped = kept
        frame = nil
    }
}
