// SPDX-License-Identifier: Apache-2.0

import Modbus
import NIOCore

/// An ADU cut out of a TCP stream, for peers that tests play.
struct Frame: Equatable {
    let header: MBAPHeader
    let pdu: ByteBuffer
}

/// Cuts a TCP stream into frames: the buffer around ``FrameDecoder``.
struct FrameStreamDecoder: NIOSingleStepByteToMessageDecoder {
    typealias InboundOut = Frame

    mutating func decode(buffer: inout ByteBuffer) throws(FrameError) -> Frame? {
        guard let header = try FrameDecoder.header(of: buffer.readableBytesUInt8Span) else { return nil }
        buffer.moveReaderIndex(forwardBy: MBAPHeader.count)
        return buffer.readSlice(length: header.pduCount).map { Frame(header: header, pdu: $0) }
    }

    /// What is left at the end of a stream is half a frame, of use to nobody.
    mutating func decodeLast(buffer: inout ByteBuffer, seenEOF: Bool) throws(FrameError) -> Frame? {
        try decode(buffer: &buffer)
    }
}

/// The bytes of a frame.
func wire(_ transaction: UInt16, unit: UInt8 = 1, protocolIdentifier: UInt16 = 0, _ pdu: [UInt8]) -> [UInt8] {
    var bytes: [UInt8] = []
    MBAPHeader(
        transaction: transaction,
        protocolIdentifier: protocolIdentifier,
        unit: unit,
        pduCount: pdu.count
    ).encode(into: &bytes)
    return bytes + pdu
}
