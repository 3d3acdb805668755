// SPDX-License-Identifier: Apache-2.0

/// Frames of the serial line as text (serial line guide, section 2.5.2): a colon, unit, PDU and checksum as hexadecimal
/// digits, carriage return, line feed.
public enum ASCIIFrame {
    /// The most characters of a frame: those around it, and two for each byte of unit, PDU and checksum.
    public static let maximumCount = 1 + 2 * (1 + Limits.pduCount + 1) + 2

    static let colon = UInt8(ascii: ":")
    static let carriageReturn: UInt8 = 13
    static let lineFeed: UInt8 = 10

    /// The checksum: what has to be added to the sum of some bytes to make it zero, in eight bits.
    public static func checksum(of bytes: Span<UInt8>) -> UInt8 {
        var sum: UInt8 = 0
        for index in bytes.indices { sum &+= bytes[index] }
        return 0 &- sum
    }

    /// Appends a frame.
    ///
    /// - Parameters:
    ///   - unit: The device that is addressed or that answers.
    ///   - pdu: The PDU of 1 to 253 bytes.
    ///   - bytes: Where the characters are appended.
    public static func encode(unit: UInt8, pdu: Span<UInt8>, into bytes: inout [UInt8]) {
        bytes.append(colon)
        append(unit, to: &bytes)
        for index in pdu.indices { append(pdu[index], to: &bytes) }
        append(checksum(of: pdu) &- unit, to: &bytes)
        bytes.append(carriageReturn)
        bytes.append(lineFeed)
    }

    private static func append(_ byte: UInt8, to bytes: inout [UInt8]) {
        bytes.append(digit(byte >> 4))
        bytes.append(digit(byte & 0xF))
    }

    private static func digit(_ value: UInt8) -> UInt8 {
        value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "A") + value - 10
    }

    /// The value of a hexadecimal digit; small letters are understood as well.
    static func value(ofDigit character: UInt8) -> UInt8? {
        switch character {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): character - UInt8(ascii: "0")
        case UInt8(ascii: "A")...UInt8(ascii: "F"): character - UInt8(ascii: "A") + 10
        case UInt8(ascii: "a")...UInt8(ascii: "f"): character - UInt8(ascii: "a") + 10
        default: nil
        }
    }
}

/// Reads text frames character by character.
///
/// A colon always begins a frame; characters outside a frame are passed over. The memory for one frame is reserved at
/// the start and used again.
public struct ASCIIFrameDecoder: Sendable {
    /// What a character brought.
    public enum Step: Hashable, Sendable {
        /// Nothing yet.
        case more
        /// The last character of a good frame; see ``ASCIIFrameDecoder/unit`` and ``ASCIIFrameDecoder/pdu``.
        case frame
        /// The end of something that is no frame; it is passed over up to the next colon.
        case fault(ASCIIFault)
    }

    private enum Place {
        case outside
        case highDigit
        case lowDigit(UInt8)
        case end
    }

    /// Unit, PDU and checksum of the frame at hand.
    private var content: [UInt8] = []
    private var place = Place.outside
    private let delimiter: UInt8

    /// Creates a decoder.
    ///
    /// - Parameter delimiter: The last character of a frame; line feed unless diagnostics changed it (8/3).
    public init(delimiter: UInt8 = 10) {
        self.delimiter = delimiter
        content.reserveCapacity(Limits.pduCount + 2)
    }

    /// The device of the last frame; 0 without one.
    public var unit: UInt8 { content.first ?? 0 }

    /// The PDU of the last frame; valid until the next character.
    public var pdu: ArraySlice<UInt8> { content.dropFirst().dropLast() }

    /// Takes the next character.
    public mutating func receive(_ character: UInt8) -> Step {
        guard character != ASCIIFrame.colon else {
            content.removeAll(keepingCapacity: true)
            place = .highDigit
            return .more
        }
        switch place {
        case .outside:
            return .more
        case .highDigit where character == ASCIIFrame.carriageReturn:
            place = .end
            return .more
        case .highDigit:
            guard let value = ASCIIFrame.value(ofDigit: character) else { return fail(.character(character)) }
            place = .lowDigit(value)
            return .more
        case .lowDigit(let high):
            guard let low = ASCIIFrame.value(ofDigit: character) else { return fail(.character(character)) }
            guard content.count < Limits.pduCount + 2 else { return fail(.tooLong) }
            content.append(high << 4 | low)
            place = .highDigit
            return .more
        case .end:
            guard character == delimiter else { return fail(.character(character)) }
            return finish()
        }
    }

    /// The bytes of unit, PDU and checksum are all there.
    private mutating func finish() -> Step {
        guard content.count >= 3 else { return fail(.tooShort) }
        guard ASCIIFrame.checksum(of: content.span) == 0 else { return fail(.checksum) }
        place = .outside
        return .frame
    }

    private mutating func fail(_ fault: ASCIIFault) -> Step {
        content.removeAll(keepingCapacity: true)
        place = .outside
        return .fault(fault)
    }
}

/// Why characters are not a text frame.
public enum ASCIIFault: Error, Hashable, Sendable, CustomStringConvertible {
    /// A character that does not belong there.
    case character(UInt8)
    /// The checksum does not fit.
    case checksum
    /// Fewer than three bytes: unit, function code and checksum.
    case tooShort
    /// More than 513 characters.
    case tooLong

    /// What was found.
    public var description: String {
        switch self {
        case .character(let character): "character \(character) inside a text frame"
        case .checksum: "the checksum of a text frame is wrong"
        case .tooShort: "a text frame without unit, function code or checksum"
        case .tooLong: "a text frame of more than \(ASCIIFrame.maximumCount) characters"
        }
    }
}
