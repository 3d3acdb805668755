// SPDX-License-Identifier: Apache-2.0

/// The silences of the serial line (serial line guide, section 2.5.1.1).
///
/// Up to 19200 bit/s they follow from the time of a character; above they are fixed, so that the interrupts of small
/// devices can keep up (10.8).
public struct SerialTiming: Hashable, Sendable {
    /// The bits of a character: start, eight of data, parity or a second stop bit, stop (10.4).
    public static let usualBitsPerCharacter = 11
    /// The highest bit rate at which the silences follow from it.
    public static let fastestComputedRate = 19200

    /// The time of one character.
    public let character: Duration
    /// t1.5: a longer gap inside a frame breaks it (10.7).
    public let insideFrame: Duration
    /// t3.5: the least silence between two frames (10.6).
    public let betweenFrames: Duration

    /// Works the times out, rounded up to whole nanoseconds.
    ///
    /// - Parameters:
    ///   - bitRate: Bits in a second, at least 1.
    ///   - bitsPerCharacter: 11 as the standard has it; 10 for the common setting without parity and one stop bit.
    public init(bitRate: Int, bitsPerCharacter: Int = usualBitsPerCharacter) {
        precondition(bitRate > 0 && (1...32).contains(bitsPerCharacter), "\(bitsPerCharacter) bits at \(bitRate) bit/s")
        func time(halfCharacters: Int) -> Duration {
            let numerator = halfCharacters * bitsPerCharacter * 500_000_000
            return .nanoseconds((numerator - 1) / bitRate + 1)
        }
        character = time(halfCharacters: 2)
        let isComputed = bitRate <= SerialTiming.fastestComputedRate
        insideFrame = isComputed ? time(halfCharacters: 3) : .microseconds(750)
        betweenFrames = isComputed ? time(halfCharacters: 7) : .microseconds(1750)
    }

    /// How long some bytes take on the line.
    public func time(ofBytes count: Int) -> Duration { character * count }
}
