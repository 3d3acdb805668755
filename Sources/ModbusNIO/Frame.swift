// SPDX-License-Identifier: Apache-2.0

import Modbus
import NIOCore

/// An ADU cut out of a TCP stream; the PDU shares the memory it was received in.
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

/// Builds ADUs, in memory that is used again for each.
struct FrameEncoder {
    private var scratch: [UInt8] = []

    /// The bytes of a request.
    mutating func encode(
        _ request: Request,
        transaction: UInt16,
        unit: UInt8,
        allocator: ByteBufferAllocator
    ) -> ByteBuffer {
        begin(transaction: transaction, unit: unit)
        request.encode(into: &scratch)
        return finish(allocator)
    }

    /// The bytes of an answer.
    mutating func encode(
        _ response: Response,
        transaction: UInt16,
        unit: UInt8,
        allocator: ByteBufferAllocator
    ) -> ByteBuffer {
        begin(transaction: transaction, unit: unit)
        response.encode(into: &scratch)
        return finish(allocator)
    }

    private mutating func begin(transaction: UInt16, unit: UInt8) {
        scratch.removeAll(keepingCapacity: true)
        MBAPHeader(transaction: transaction, unit: unit, pduCount: 0).encode(into: &scratch)
    }

    /// Sets the length field, now that the length is known.
    private func finish(_ allocator: ByteBufferAllocator) -> ByteBuffer {
        var buffer = allocator.buffer(capacity: scratch.count)
        buffer.writeBytes(scratch)
        buffer.setInteger(UInt16(truncatingIfNeeded: scratch.count - 6), at: 4)
        return buffer
    }
}
