// SPDX-License-Identifier: Apache-2.0

import Modbus
import TestSupport
import Testing

@Suite("RTU frames")
struct RTUFrameTests {
    static func frame(_ unit: UInt8 = 1, _ pdu: [UInt8]) -> [UInt8] {
        var bytes: [UInt8] = []
        RTUFrame.encode(unit: unit, into: &bytes) { $0 += pdu }
        return bytes
    }

    @Test("Modbus checklist 10.1, 10.3: unit, PDU, and the checksum with its low byte first")
    func encoding() throws {
        var bytes: [UInt8] = [0xEE]
        RTUFrame.encode(unit: 1, into: &bytes) { Request.readHoldingRegisters(address: 0, count: 10).encode(into: &$0) }
        #expect(bytes == [0xEE, 1, 3, 0, 0, 0, 0x0A, 0xC5, 0xCD])
        let frame = try RTUFrame(whole: bytes.span.extracting(1..<bytes.count))
        #expect(frame.unit == 1)
        #expect(frame.pdu == 1..<6)
        #expect(frame.count == 8)
    }

    @Test("Modbus checklist 10.1: between two silences, 4 to 256 bytes can be a frame")
    func counts() throws {
        for count in 0...300 {
            let bytes = Self.frame(9, [UInt8](repeating: 100, count: count))
            if (1...253).contains(count) {
                #expect(try RTUFrame(whole: bytes.span).pduCount == count)
            } else {
                #expect(throws: RTUFault.count(count + 3)) { try RTUFrame(whole: bytes.span) }
            }
        }
        #expect(throws: RTUFault.count(0)) { try RTUFrame(whole: [UInt8]().span) }
    }

    @Test("Modbus checklist 10.11: a frame with any bit turned is none")
    func disturbed() {
        let good = Self.frame(17, [3, 4, 0xAB, 0xCD, 0, 1])
        for bit in 0..<8 * good.count {
            var bytes = good
            bytes[bit / 8] ^= 1 << UInt8(bit % 8)
            #expect(throws: RTUFault.checksum) { try RTUFrame(whole: bytes.span) }
            if case .frame = RTUFrameStart(of: bytes.span, .response) { Issue.record("bit \(bit)") }
        }
    }

    @Test("Modbus checklist 10.20: the front of a stream asks for what is missing, and then is a frame")
    func beginnings() throws {
        for (direction, pdus) in [
            (MessageDirection.request, PDULengthTests.requests), (.response, PDULengthTests.responses),
        ] {
            for pdu in pdus {
                let bytes = Self.frame(247, pdu)
                for count in 0..<bytes.count {
                    guard
                        case .incomplete(let least) = RTUFrameStart(of: Array(bytes[..<count]).span, direction),
                        least > count, least <= bytes.count
                    else {
                        Issue.record("\(count) bytes of \(bytes)")
                        continue
                    }
                }
                let whole = RTUFrameStart.frame(try RTUFrame(whole: bytes.span))
                #expect(RTUFrameStart(of: bytes.span, direction) == whole)
                #expect(RTUFrameStart(of: (bytes + [1, 2, 3]).span, direction) == whole)
            }
        }
    }

    @Test("Modbus checklist 10.9, 10.20: unknown functions end by silence, at most 256 bytes later")
    func silence() throws {
        let bytes = Self.frame(3, [65, 1, 2, 3])
        #expect(RTUFrameStart(of: bytes.span, .request) == .untilSilence)
        #expect(try RTUFrame(whole: bytes.span).pduCount == 4)
        let endless = [3, 65] + [UInt8](repeating: 0, count: 255)
        #expect(RTUFrameStart(of: Array(endless[..<256]).span, .request) == .untilSilence)
        #expect(RTUFrameStart(of: endless.span, .request) == .fault(.count(257)))
        #expect(RTUFrameStart(of: [3, 0].span, .response) == .fault(.length(function: 0)))
        #expect(RTUFrameStart(of: [3, 4, 255].span, .response) == .fault(.length(function: 4)))
    }

    @Test(
        "Modbus checklist 11.2: any segmentation of a stream gives the same frames",
        arguments: 1...10 as ClosedRange<UInt64>
    )
    func segmentation(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        for direction in MessageDirection.allCases {
            let pdus = direction == .request ? PDULengthTests.requests : PDULengthTests.responses
            let frames = try (0..<60).map { _ in
                Self.frame(
                    .random(in: .min ... .max, using: &generator),
                    try #require(pdus.randomElement(using: &generator))
                )
            }
            var rest = frames.flatMap { $0 }[...]
            var buffer: [UInt8] = []
            var found: [[UInt8]] = []
            while !rest.isEmpty {
                let count = min(rest.count, Int.random(in: 1...400, using: &generator))
                buffer += rest.prefix(count)
                rest = rest.dropFirst(count)
                while case .frame(let frame) = RTUFrameStart(of: buffer.span, direction) {
                    found.append(Array(buffer.prefix(frame.count)))
                    buffer.removeFirst(frame.count)
                }
                #expect(buffer.count < 256)
            }
            #expect(found == frames)
            #expect(buffer.isEmpty)
        }
    }

    @Test("Modbus checklist 10.11, 18.1: any bytes have an outcome, and never ask for more than 256")
    func anything() {
        var generator = SeededGenerator(seed: 7)
        for _ in 0..<20_000 {
            var bytes = [UInt8].random(upTo: 300, using: &generator)
            if bytes.count > 1 { bytes[1] &= 0x3F }
            for direction in MessageDirection.allCases {
                switch RTUFrameStart(of: bytes.span, direction) {
                case .incomplete(let least): #expect(least > bytes.count && least <= 256)
                case .frame(let frame): #expect(frame.count <= bytes.count)
                case .untilSilence: #expect(bytes.count <= 256)
                case .fault: break
                }
            }
        }
    }
}

@Suite("Search for the next RTU frame")
struct RTUSearchTests {
    @Test("Modbus checklist 11.4: the next frame that fits is found behind any bytes")
    func found() throws {
        var generator = SeededGenerator(seed: 3)
        let frame = RTUFrameTests.frame(5, [3, 0, 1, 0, 2])
        let expected = try RTUFrame(whole: frame.span)
        for _ in 0..<2_000 {
            let noise = [UInt8].random(upTo: 200, using: &generator)
            let search = RTUSearch(of: (noise + frame + [5, 3]).span, .request)
            #expect(search.skipped == noise.count)
            #expect(search.frame == expected)
        }
    }

    @Test("Modbus checklist 11.4: a search keeps at most 256 bytes, and what may become a frame")
    func kept() {
        var generator = SeededGenerator(seed: 4)
        let frame = RTUFrameTests.frame(5, [16, 0, 1, 0, 1, 2, 0, 0])
        for _ in 0..<200 {
            let noise = [UInt8].random(upTo: 600, using: &generator)
            let half = frame.prefix(Int.random(in: 0..<frame.count, using: &generator))
            let bytes = noise + half
            let search = RTUSearch(of: bytes.span, .request)
            // One checksum in 65536 fits by chance.
            guard search.frame == nil else { continue }
            #expect(search.skipped <= noise.count)
            #expect(bytes.count - search.skipped <= RTUSearch.limit)
        }
        #expect(RTUSearch(of: [UInt8]().span, .request).skipped == 0)
    }
}
