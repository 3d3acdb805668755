// SPDX-License-Identifier: Apache-2.0

import Modbus
import TestSupport
import Testing

@Suite("Frames in a stream")
struct FrameDecoderTests {
    private func frame(_ transaction: UInt16, unit: UInt8 = 1, protocolIdentifier: UInt16 = 0, pdu: [UInt8]) -> [UInt8]
    {
        var bytes: [UInt8] = []
        MBAPHeader(
            transaction: transaction,
            protocolIdentifier: protocolIdentifier,
            unit: unit,
            pduCount: pdu.count
        ).encode(into: &bytes)
        return bytes + pdu
    }

    @Test("Modbus checklist 2.1, 2.2: the header has seven bytes, high bytes first, and its length counts the unit")
    func header() throws {
        let bytes = frame(0x0102, unit: 9, protocolIdentifier: 0x0304, pdu: [3, 0, 0, 0, 1])
        #expect(bytes == [1, 2, 3, 4, 0, 6, 9, 3, 0, 0, 0, 1])
        let expected = MBAPHeader(transaction: 0x0102, protocolIdentifier: 0x0304, unit: 9, pduCount: 5)
        #expect(try FrameDecoder.header(of: bytes.span) == expected)
    }

    @Test("Modbus checklist 3.1: every proper beginning of a frame asks for more")
    func beginnings() throws {
        let bytes = frame(1, pdu: [UInt8](repeating: 7, count: 253))
        #expect(bytes.count == 260)
        for count in 0..<bytes.count { #expect(try FrameDecoder.header(of: Array(bytes[..<count]).span) == nil) }
        #expect(try FrameDecoder.header(of: bytes.span)?.pduCount == 253)
    }

    @Test("Modbus checklist 2.2, 3.6: all lengths outside 2 to 254 are refused with the sixth byte, and no other")
    func lengths() throws {
        for length in UInt16.min ... .max {
            let bytes: [UInt8] = [0, 1, 0, 0, UInt8(length >> 8), UInt8(length & 0xFF)]
            if (2...254).contains(length) {
                #expect(try FrameDecoder.header(of: bytes.span) == nil)
            } else {
                #expect(throws: FrameError.length(length)) { try FrameDecoder.header(of: bytes.span) }
            }
        }
    }

    @Test(
        "Modbus checklist 3.1, 3.2: any segmentation of a stream gives the same frames",
        arguments: 1...20 as ClosedRange<UInt64>
    )
    func segmentation(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let frames = (0..<40).map { _ in
            let count = Int.random(in: 1...253, using: &generator)
            return frame(
                .random(in: .min ... .max, using: &generator),
                protocolIdentifier: .random(in: 0...1, using: &generator),
                pdu: (0..<count).map { _ in .random(in: .min ... .max, using: &generator) }
            )
        }
        var rest = frames.flatMap { $0 }[...]
        var buffer: [UInt8] = []
        var found: [[UInt8]] = []
        while !rest.isEmpty {
            let count = min(
                rest.count,
                Int.random(in: 1...Int.random(in: 1...700, using: &generator), using: &generator)
            )
            buffer += rest.prefix(count)
            rest = rest.dropFirst(count)
            while let header = try FrameDecoder.header(of: buffer.span) {
                found.append(Array(buffer.prefix(MBAPHeader.count + header.pduCount)))
                buffer.removeFirst(MBAPHeader.count + header.pduCount)
            }
            #expect(buffer.count < 260)
        }
        #expect(found == frames)
        #expect(buffer.isEmpty)
    }
}
