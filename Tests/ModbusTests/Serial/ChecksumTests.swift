// SPDX-License-Identifier: Apache-2.0

import Modbus
import TestSupport
import Testing

@Suite("Checksums of the serial line")
struct ChecksumTests {
    /// The standard's own procedure, bit by bit (appendix B).
    private func bitByBit(_ bytes: [UInt8]) -> UInt16 {
        var value: UInt16 = 0xFFFF
        for byte in bytes {
            value ^= UInt16(byte)
            for _ in 0..<8 {
                let carry = value & 1
                value >>= 1
                if carry == 1 { value ^= 0xA001 }
            }
        }
        return value
    }

    @Test("Modbus checklist 10.2: the CRC of the standard's examples")
    func examples() {
        #expect(CRC16.checksum(of: [2, 7].span) == 0x1241)
        #expect(CRC16.checksum(of: [1, 3, 0, 0, 0, 0x0A].span) == 0xCDC5)
        #expect(CRC16.checksum(of: Array("123456789".utf8).span) == 0x4B37)
        #expect(CRC16.checksum(of: [UInt8]().span) == 0xFFFF)
    }

    @Test("Modbus checklist 10.2: the CRC is that of the standard's procedure, at once and byte by byte")
    func procedure() {
        var generator = SeededGenerator(seed: 1)
        for _ in 0..<2_000 {
            let bytes = [UInt8].random(upTo: 256, using: &generator)
            var running = CRC16()
            for byte in bytes { running.update(byte) }
            #expect(CRC16.checksum(of: bytes.span) == bitByBit(bytes))
            #expect(running.value == bitByBit(bytes))
        }
    }

    @Test("The checksum of text frames makes the sum zero")
    func sum() {
        #expect(ASCIIFrame.checksum(of: [0x11, 3, 0, 0x6B, 0, 3].span) == 0x7E)
        #expect(ASCIIFrame.checksum(of: [UInt8]().span) == 0)
    }
}

extension [UInt8] {
    /// Bytes of any value and number up to a limit.
    static func random(upTo limit: Int, using generator: inout SeededGenerator) -> [UInt8] {
        (0..<Int.random(in: 0...limit, using: &generator)).map { _ in .random(in: .min ... .max, using: &generator) }
    }
}
