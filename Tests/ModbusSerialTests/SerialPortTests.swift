// SPDX-License-Identifier: Apache-2.0

import Glibc
import Modbus
import NIOCore
import NIOPosix
import Testing

@testable import ModbusSerial

@Suite("Serial ports")
struct SerialPortTests {
    private let loop = MultiThreadedEventLoopGroup.singleton.next()

    private func failure(_ configuration: SerialConfiguration) async throws -> SerialError? {
        do {
            try await SerialPort.open(configuration, on: loop).get().close().get()
            return nil
        } catch {
            return try #require(error as? SerialError)
        }
    }

    @Test("Modbus checklist 10.4, 10.5: the standard's settings are the default, with two stop bits without parity")
    func defaults() {
        #expect(SerialConfiguration(path: "x").settings == "19200 8E1")
        #expect(SerialConfiguration(path: "x", parity: .none).settings == "19200 8N2")
        #expect(SerialConfiguration(path: "x", bitRate: 9600, parity: .none, stopBits: .one).settings == "9600 8N1")
        #expect(SerialConfiguration(path: "x", dataBits: .seven, parity: .odd).settings == "19200 7O1")
        #expect(SerialConfiguration(path: "x").timing == SerialTiming(bitRate: 19200))
        let short = SerialConfiguration(path: "x", bitRate: 9600, parity: .none, stopBits: .one)
        #expect(short.timing == SerialTiming(bitRate: 9600, bitsPerCharacter: 10))
    }

    @Test("Bytes of any value pass unchanged in both directions")
    func bytes() async throws {
        let cable = try await Cable.lay()
        let all = (UInt8.min ... .max).map { $0 }
        let a = try await Line(SerialConfiguration(path: cable.a))
        let b = try await Line(SerialConfiguration(path: cable.b))
        try await a.send(all)
        #expect(try await b.receive(256) == all)
        try await b.send(all.reversed())
        #expect(try await a.receive(256) == all.reversed())
        try await a.close()
        try await b.close()
        await cable.cut()
    }

    @Test("Modbus checklist 10.5: named and other bit rates are set", arguments: [1200, 9600, 19200, 115_200, 12_345])
    func bitRates(rate: Int) async throws {
        let cable = try await Cable.lay()
        let descriptor = try SerialDescriptor.open(SerialConfiguration(path: cable.a, bitRate: rate))
        #expect(descriptor.bitRate == rate)
        descriptor.close()
    }

    @Test("Modbus checklist 10.21: an adapter that echoes is heard without its echo")
    func echo() async throws {
        let cable = try await Cable.lay(echoes: true)
        let a = try await Line(SerialConfiguration(path: cable.a, stripsEcho: true))
        let b = try await Line(SerialConfiguration(path: cable.b, stripsEcho: true))
        try await a.send([1, 2, 3])
        #expect(try await b.receive(3) == [1, 2, 3])
        try await b.send([4, 5])
        #expect(try await a.receive(2) == [4, 5])
        try await a.close()
        try await b.close()
        await cable.cut()
    }

    @Test("A port that is missing, or is no port, is said to be so")
    func wrongFiles() async throws {
        #expect(try await failure(SerialConfiguration(path: "/dev/ttyNone")) == .missing("/dev/ttyNone"))
        #expect(try await failure(SerialConfiguration(path: "/dev/null")) == .notSerial("/dev/null"))
        #expect(try await failure(SerialConfiguration(path: "/tmp")) == .notSerial("/tmp"))
        let text = SerialError.missing("/dev/ttyNone").description
        #expect(text == "/dev/ttyNone: there is no such port; is the adapter plugged in?")
    }

    @Test("A port has one user at a time")
    func busy() async throws {
        let cable = try await Cable.lay()
        let configuration = SerialConfiguration(path: cable.a)
        let line = try await Line(configuration)
        #expect(try await failure(configuration) == .busy(cable.a))
        try await line.close()
        let error = try await failure(configuration)
        #expect(error == nil)
        await cable.cut()
    }

    @Test("Modbus checklist 10.22: a port that cannot switch the direction says so")
    func direction() async throws {
        let cable = try await Cable.lay()
        let configuration = SerialConfiguration(path: cable.a, directionControl: .init(delayAfterSend: 500))
        #expect(configuration.directionControl?.delayAfterSend == 100)
        guard case .unsupported(cable.a, _) = try await failure(configuration) else {
            Issue.record("a pseudo-terminal has no direction")
            await cable.cut()
            return
        }
        // Nothing stayed open.
        let error = try await failure(SerialConfiguration(path: cable.a))
        #expect(error == nil)
        await cable.cut()
    }

    @Test("A bit rate that is none is refused with the usual ones", arguments: [0, -1, Int.min, Int.max])
    func badRates(rate: Int) async throws {
        let cable = try await Cable.lay()
        let error = try await failure(SerialConfiguration(path: cable.a, bitRate: rate))
        #expect(error == .bitRate(cable.a, rate))
        #expect(error?.description.hasSuffix("9600, 19200, 38400, 57600, 115200") == true)
    }

    @Test("A port that is unplugged ends its channel")
    func unplugged() async throws {
        let cable = try await Cable.lay()
        let line = try await Line(SerialConfiguration(path: cable.a))
        await cable.cut()
        try await line.channel.closeFuture.get()
    }
}
