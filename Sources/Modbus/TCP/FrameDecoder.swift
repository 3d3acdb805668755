// SPDX-License-Identifier: Apache-2.0

/// Finds the ADUs of Modbus TCP in a stream of bytes.
///
/// The length field alone gives the borders (3.1). Nothing is stored and nothing is reserved for an announced length:
/// the caller keeps the unconsumed bytes, at most 259 of them between calls. Serial frames get a decoder of their own.
public enum FrameDecoder {
    /// The header of the ADU at the front, once the ADU is there as a whole.
    ///
    /// The PDU follows at offset ``MBAPHeader/count`` with ``MBAPHeader/pduCount`` bytes. A foreign protocol
    /// identifier is not an error here: the frame is skipped or ignored by whoever looks at the header (2.5, 2.6).
    ///
    /// - Returns: `nil` when more bytes are needed.
    /// - Throws: ``FrameError`` as soon as the length field is there and out of range; the stream cannot be followed
    ///   from there on and the connection has to be closed (3.6).
    public static func header(of bytes: Span<UInt8>) throws(FrameError) -> MBAPHeader? {
        guard bytes.count >= 6 else { return nil }
        let length = bytes.word(at: 4)
        guard MBAPHeader.lengths.contains(length) else { throw .length(length) }
        guard bytes.count >= 6 + Int(length) else { return nil }
        return MBAPHeader(
            transaction: bytes.word(at: 0),
            protocolIdentifier: bytes.word(at: 2),
            unit: bytes[6],
            pduCount: Int(length) - 1
        )
    }
}

/// Why a stream of bytes cannot be followed any more.
public enum FrameError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The length field is not 2 to 254.
    case length(UInt16)

    /// What was found.
    public var description: String {
        switch self {
        case .length(let length): "the length field of a frame is \(length); it must be 2 to 254"
        }
    }
}
