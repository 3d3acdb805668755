// SPDX-License-Identifier: Apache-2.0

import Modbus
import ModbusNIO
import NIOCore
import NIOEmbedded
import Testing

@testable import ModbusSerial

@Suite("The server's end of a line with text frames", .timeLimit(.minutes(1)))
struct ASCIIServerTests {
    private let read: [UInt8] = [3, 0, 1, 0, 2]
    private let answer: [UInt8] = [3, 4, 0, 1, 0, 2]

    private func text(_ unit: UInt8, _ pdu: [UInt8]) -> [UInt8] {
        var bytes: [UInt8] = []
        ASCIIFrame.encode(unit: unit, pdu: pdu.span, into: &bytes)
        return bytes
    }

    private func channel(_ units: TestUnits, _ counters: LineCounters) throws -> EmbeddedChannel {
        let port = SerialConfiguration(path: "line", dataBits: .seven)
        let configuration = RTUServerConfiguration(port: port, units: [5, 6], framing: .ascii)
        let channel = EmbeddedChannel()
        let handler = RTUServerHandler(configuration, responder: units, counters: counters, channel: channel)
        try channel.pipeline.syncOperations.addHandler(handler)
        return channel
    }

    private func answer(of channel: EmbeddedChannel, to bytes: [UInt8]) throws -> [UInt8]? {
        try channel.writeInbound(ByteBuffer(bytes: bytes))
        channel.embeddedEventLoop.advanceTime(by: .milliseconds(100))
        return try channel.readOutbound(as: ByteBuffer.self).map { Array($0.readableBytesView) }
    }

    @Test("A request may come in lumps with pauses of any length")
    func lumps() throws {
        let channel = try channel(TestUnits(), LineCounters())
        for byte in text(5, read).dropLast() { #expect(try answer(of: channel, to: [byte]) == nil) }
        #expect(try answer(of: channel, to: [10]) == text(5, answer))
        #expect(try answer(of: channel, to: [1, 2, 3] + text(5, read).prefix(5) + text(6, read)) == text(6, answer))
    }

    @Test("Other units, their answers, broadcasts and damage get no answer")
    func silence() throws {
        let (units, counters) = (TestUnits(), LineCounters())
        let channel = try channel(units, counters)
        var damaged = text(5, read)
        damaged[4] = UInt8(ascii: "4")
        #expect(try answer(of: channel, to: text(7, read) + text(7, answer) + damaged) == nil)
        #expect(try answer(of: channel, to: text(0, [6, 0, 1, 0, 9]) + text(0, read)) == nil)
        #expect(units.asked.map(\.unit) == [5, 6], "the write to all")
        #expect(counters.values.busMessages == 4)
        #expect(counters.values.busCommunicationErrors == 1)
    }

    @Test("Our client and our server understand each other")
    func both() async throws {
        let cable = try await Cable.lay()
        let port = SerialConfiguration(path: cable.a, parity: .none)
        let configuration = RTUServerConfiguration(port: port, units: [7], framing: .ascii)
        let server = try await RTUServer.start(configuration, responder: TestUnits())
        var limits = ModbusClientConfiguration.serialLimits
        limits.requestTimeout = .seconds(20)
        let other = SerialConfiguration(path: cable.b, parity: .none)
        let client = ModbusClient.serial(other, framing: .ascii, limits: limits)
        #expect(try await client.readHoldingRegisters(address: 0, count: 100, unit: 7) == (0..<100).map { $0 })
        try await client.writeMultipleRegisters(address: 20, values: [0x3A0D, 0x0A3A], unit: 7)
        #expect(try await client.readHoldingRegisters(address: 20, count: 2, unit: 7) == [0x3A0D, 0x0A3A])
        await client.close()
        await server.stop()
        await cable.cut()
    }
}
