// SPDX-License-Identifier: Apache-2.0

import Modbus
import TestSupport
import Testing

@Suite("Text frames")
struct ASCIIFrameTests {
    private func frame(_ unit: UInt8, _ pdu: [UInt8]) -> [UInt8] {
        var bytes: [UInt8] = []
        ASCIIFrame.encode(unit: unit, pdu: pdu.span, into: &bytes)
        return bytes
    }

    /// The last thing that some characters brought.
    private func last(_ characters: some Sequence<UInt8>) -> (ASCIIFrameDecoder.Step, ASCIIFrameDecoder) {
        var decoder = ASCIIFrameDecoder()
        var last = ASCIIFrameDecoder.Step.more
        for character in characters { last = decoder.receive(character) }
        return (last, decoder)
    }

    @Test("A text frame is a colon, digits, checksum and the end of a line")
    func example() {
        #expect(frame(0x11, [3, 0, 0x6B, 0, 3]) == Array(":1103006B00037E\r\n".utf8))
        let (step, decoder) = last(":1103006b00037e\r\n".utf8)
        #expect(step == .frame)
        #expect(decoder.unit == 0x11)
        #expect(Array(decoder.pdu) == [3, 0, 0x6B, 0, 3])
    }

    @Test("Decoding is the inverse of encoding up to 513 characters, whatever lies between frames")
    func inverse() {
        var generator = SeededGenerator(seed: 1)
        var decoder = ASCIIFrameDecoder()
        for count in 1...253 {
            let pdu = (0..<count).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
            let noise = [UInt8].random(upTo: 20, using: &generator).filter { $0 != UInt8(ascii: ":") }
            let bytes = frame(UInt8(count), pdu)
            #expect(bytes.count <= ASCIIFrame.maximumCount)
            let steps = (noise + bytes).map { decoder.receive($0) }
            #expect(steps.last == .frame)
            #expect(steps.dropLast().allSatisfy { $0 == .more })
            #expect(decoder.unit == UInt8(count))
            #expect(Array(decoder.pdu) == pdu)
        }
        #expect(ASCIIFrame.maximumCount == 513)
    }

    private static let broken: [(String, ASCIIFault)] = [
        (":1103006B00037F\r\n", .checksum), (":\r\n", .tooShort), (":11EF\r\n", .tooShort),
        (":1103006B00037\r", .character(13)), (":1103006B00037E\r\r", .character(13)),
        (":1103G", .character(UInt8(ascii: "G"))), (":" + String(repeating: "00", count: 256), .tooLong),
    ]

    @Test("What is no text frame says why", arguments: broken)
    func faults(text: String, fault: ASCIIFault) {
        #expect(last(text.utf8).0 == .fault(fault))
        #expect(last((text + ":1103006B00037E\r\n").utf8).0 == .frame)
    }

    @Test("A colon begins a frame anew, and another delimiter may end it")
    func again() {
        #expect(last(":1103:1103006B00037E\r\n".utf8).0 == .frame)
        var decoder = ASCIIFrameDecoder(delimiter: UInt8(ascii: "!"))
        #expect(":1103006B00037E\r!".utf8.map { decoder.receive($0) }.last == .frame)
    }

    @Test("Any characters have an outcome and the memory stays bounded")
    func anything() {
        var generator = SeededGenerator(seed: 2)
        let usual = Array(":0123456789ABCDEF\r\n".utf8)
        var decoder = ASCIIFrameDecoder()
        for _ in 0..<200_000 {
            let isUsual = Int.random(in: 0..<50, using: &generator) > 0
            let character = isUsual ? usual.randomElement(using: &generator) : .random(in: 0...255, using: &generator)
            _ = decoder.receive(character ?? 0)
            #expect(decoder.pdu.count <= 253)
        }
    }
}
