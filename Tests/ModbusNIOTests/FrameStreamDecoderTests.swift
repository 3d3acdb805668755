// SPDX-License-Identifier: Apache-2.0

import Modbus
import NIOCore
import NIOTestUtils
import Testing

@testable import ModbusNIO

@Suite("Frames on a channel")
struct FrameStreamDecoderTests {
    @Test("Modbus checklist 3.1, 3.2: the decoder gives the same frames however the bytes are cut")
    func verifier() throws {
        let bytes = ByteBuffer(bytes: wire(1, unit: 9, [3, 0, 0, 0, 1]) + wire(2, unit: 8, [0x83, 2]))
        let frames = [
            Frame(
                header: MBAPHeader(transaction: 1, unit: 9, pduCount: 5),
                pdu: ByteBuffer(bytes: [3, 0, 0, 0, 1] as [UInt8])
            ),
            Frame(
                header: MBAPHeader(transaction: 2, unit: 8, pduCount: 2),
                pdu: ByteBuffer(bytes: [0x83, 2] as [UInt8])
            ),
        ]
        try ByteToMessageDecoderVerifier.verifyDecoder(inputOutputPairs: [(bytes, frames)]) { FrameStreamDecoder() }
    }

    @Test(
        "Modbus checklist 3.6: a length out of range ends the stream",
        arguments: [0, 1, 255, 256, 65535] as [UInt16]
    )
    func lengths(length: UInt16) {
        let processor = NIOSingleStepByteToMessageProcessor(FrameStreamDecoder())
        let bytes: [UInt8] = [0, 1, 0, 0, UInt8(length >> 8), UInt8(length & 0xFF)]
        #expect(throws: FrameError.length(length)) { try processor.process(buffer: ByteBuffer(bytes: bytes)) { _ in } }
    }

    @Test("The encoder writes whole frames with the right length field")
    func encoder() {
        var encoder = FrameEncoder()
        for _ in 0..<2 {
            let request = Request.readHoldingRegisters(address: 1, count: 2)
            let bytes = encoder.encode(request, transaction: 0x0102, unit: 5, allocator: ByteBufferAllocator())
            #expect(Array(bytes.readableBytesView) == wire(0x0102, unit: 5, [3, 0, 1, 0, 2]))
        }
        let response = Response.exception(.readHoldingRegisters, .illegalDataAddress)
        let bytes = encoder.encode(response, transaction: 3, unit: 5, allocator: ByteBufferAllocator())
        #expect(Array(bytes.readableBytesView) == wire(3, unit: 5, [0x83, 2]), "2.9: length 3")
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
