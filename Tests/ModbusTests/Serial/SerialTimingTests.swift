// SPDX-License-Identifier: Apache-2.0

import Modbus
import Testing

@Suite("Silences of the serial line")
struct SerialTimingTests {
    @Test("Modbus checklist 10.8: up to 19200 bit/s the silences follow from the character, above they are fixed")
    func silences() {
        let slow = SerialTiming(bitRate: 9600)
        #expect(slow.insideFrame == .nanoseconds(1_718_750))
        #expect(slow.betweenFrames == .nanoseconds(4_010_417))
        #expect(SerialTiming(bitRate: 19200).betweenFrames == .nanoseconds(2_005_209))
        for bitRate in [19201, 38400, 115_200, Int.max] {
            #expect(SerialTiming(bitRate: bitRate).insideFrame == .microseconds(750))
            #expect(SerialTiming(bitRate: bitRate).betweenFrames == .microseconds(1750))
        }
    }

    @Test("Modbus checklist 10.4: a character has 11 bits unless said otherwise")
    func characters() {
        #expect(SerialTiming(bitRate: 1100).character == .milliseconds(10))
        #expect(SerialTiming(bitRate: 1000, bitsPerCharacter: 10).character == .milliseconds(10))
        #expect(SerialTiming(bitRate: 1100).time(ofBytes: 256) == .milliseconds(2560))
    }
}
