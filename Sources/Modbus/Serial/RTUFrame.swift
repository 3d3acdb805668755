// SPDX-License-Identifier: Apache-2.0

/// A frame of the serial line (serial line guide, section 2.5.1): unit, PDU, checksum with its low byte first.
///
/// Says where the parts of a frame lie; the bytes stay with the caller. Three ways lead from bytes to a frame:
/// ``RTUFrameStart`` where frames follow each other without a mark, ``init(whole:)`` where silence marks their ends,
/// and ``RTUSearch`` after an error.
public struct RTUFrame: Hashable, Sendable {
    /// The bytes a frame can have: a PDU of 1 to 253 bytes, the unit, and two bytes of checksum (10.1).
    public static let counts = 4...Limits.pduCount + overhead
    /// The bytes around the PDU.
    static let overhead = 3

    /// The device that is addressed or that answers; 0 addresses all.
    public let unit: UInt8
    /// The bytes of the PDU.
    public let pduCount: Int

    /// The bytes of the frame.
    public var count: Int { pduCount + RTUFrame.overhead }
    /// Where the PDU lies, counted from the frame's first byte.
    public var pdu: Range<Int> { 1..<1 + pduCount }

    /// Reads what came between two silences.
    ///
    /// Size and checksum alone decide (10.11). Whether the length fits the function is a question to ``PDULength``.
    ///
    /// - Throws: ``RTUFault`` when this is no frame; a server does not answer it.
    public init(whole bytes: Span<UInt8>) throws(RTUFault) {
        guard RTUFrame.counts.contains(bytes.count) else { throw .count(bytes.count) }
        // The low byte of the checksum comes first, so that it takes itself away (10.3).
        guard CRC16.checksum(of: bytes) == 0 else { throw .checksum }
        unit = bytes[0]
        pduCount = bytes.count - RTUFrame.overhead
    }

    /// Appends a frame.
    ///
    /// - Parameters:
    ///   - unit: The device that is addressed or that answers.
    ///   - bytes: Where the frame is appended.
    ///   - appendPDU: Appends the PDU of 1 to 253 bytes, such as `request.encode(into: &$0)`.
    public static func encode(unit: UInt8, into bytes: inout [UInt8], appendPDU: (inout [UInt8]) -> Void) {
        let start = bytes.count
        bytes.append(unit)
        appendPDU(&bytes)
        let checksum = CRC16.checksum(of: bytes.span.extracting(start..<bytes.count))
        bytes.append(UInt8(truncatingIfNeeded: checksum))
        bytes.append(UInt8(truncatingIfNeeded: checksum >> 8))
    }
}

/// What the bytes at the front of a stream are.
public enum RTUFrameStart: Hashable, Sendable {
    /// A whole frame whose checksum fits.
    case frame(RTUFrame)
    /// The beginning of a frame of at least this many bytes, more than there are.
    case incomplete(atLeast: Int)
    /// Perhaps a frame, which ends where the line falls silent; then ask ``RTUFrame/init(whole:)``.
    case untilSilence
    /// No frame.
    case fault(RTUFault)

    /// Looks at the front of some bytes, by length rule and checksum (10.9, 11.2); what follows the frame does not
    /// matter.
    public init(of bytes: Span<UInt8>, _ direction: MessageDirection, user functions: UserFunctions = UserFunctions()) {
        guard bytes.count > 1 else {
            self = .incomplete(atLeast: RTUFrame.counts.lowerBound)
            return
        }
        switch PDULength(of: bytes.extracting(1..<bytes.count), direction, user: functions) {
        case .exactly(let pduCount): self.init(of: bytes, count: pduCount + RTUFrame.overhead)
        case .atLeast(let pduCount):
            // The two bytes of checksum are not there yet either, or were taken for a part of the PDU.
            self = .incomplete(atLeast: max(pduCount + RTUFrame.overhead, RTUFrame.counts.lowerBound))
        case .untilSilence:
            let limit = RTUFrame.counts.upperBound
            self = bytes.count > limit ? .fault(.count(bytes.count)) : .untilSilence
        case .impossible: self = .fault(.length(function: bytes[1]))
        }
    }

    private init(of bytes: Span<UInt8>, count: Int) {
        guard bytes.count >= count else {
            self = .incomplete(atLeast: count)
            return
        }
        do throws(RTUFault) {
            self = .frame(try RTUFrame(whole: bytes.extracting(0..<count)))
        } catch {
            self = .fault(error)
        }
    }
}

/// Why bytes are not a frame of the serial line.
public enum RTUFault: Error, Hashable, Sendable, CustomStringConvertible {
    /// A frame has 4 to 256 bytes; these are as many.
    case count(Int)
    /// The checksum does not fit: disturbance, another bit rate or parity, or two devices that talk at once.
    case checksum
    /// Function code and byte count announce a frame that cannot be.
    case length(function: UInt8)

    /// What was found.
    public var description: String {
        switch self {
        case .count(let count): "\(count) bytes between two silences; a frame has 4 to 256"
        case .checksum: "the checksum of a frame is wrong"
        case .length(let function): "no frame with function code \(function) begins like this"
        }
    }
}
