// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOEmbedded
import Testing

@testable import ModbusSerial

@Suite("Echoes of half-duplex adapters")
struct EchoFilterTests {
    /// Sends and hears some bytes; gives what the receiver gets.
    private func heard(sending: [[UInt8]], hearing: [[UInt8]]) throws -> [UInt8] {
        let channel = EmbeddedChannel(handler: EchoFilter())
        defer { _ = try? channel.finish() }
        for bytes in sending { try channel.writeOutbound(ByteBuffer(bytes: bytes)) }
        for bytes in sending { #expect(try channel.readOutbound(as: ByteBuffer.self) == ByteBuffer(bytes: bytes)) }
        var heard: [UInt8] = []
        for bytes in hearing { try channel.writeInbound(ByteBuffer(bytes: bytes)) }
        while let buffer = try channel.readInbound(as: ByteBuffer.self) { heard += buffer.readableBytesView }
        return heard
    }

    @Test("Modbus checklist 10.21: exactly the bytes sent are taken out, however they come back")
    func echo() throws {
        #expect(try heard(sending: [[1, 2, 3]], hearing: [[1, 2, 3], [1, 9]]) == [1, 9])
        #expect(try heard(sending: [[1, 2, 3]], hearing: [[1], [2, 3, 1], [9]]) == [1, 9])
        #expect(try heard(sending: [[1, 2], [3]], hearing: [[1, 2, 3, 4]]) == [4])
        #expect(try heard(sending: [], hearing: [[1, 2]]) == [1, 2])
    }

    @Test("Modbus checklist 10.21: what is no echo comes through as a whole")
    func noEcho() throws {
        #expect(try heard(sending: [[1, 2, 3]], hearing: [[1, 2], [9, 3]]) == [1, 2, 9, 3])
        #expect(try heard(sending: [[1, 2, 3], [4]], hearing: [[7, 1, 2, 3], [4]]) == [7, 1, 2, 3, 4])
        #expect(try heard(sending: [[1], [2, 3]], hearing: [[1, 2, 9]]) == [2, 9])
    }

    @Test("Modbus checklist 10.21: without any echo, what is awaited stays bounded")
    func bounded() throws {
        let writes = (0..<100).map { [UInt8($0)] }
        #expect(try heard(sending: writes, hearing: [[84, 85, 1]]) == [1])
    }
}
