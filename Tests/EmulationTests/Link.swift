// SPDX-License-Identifier: Apache-2.0
import Modbus
import ModbusNIO

/// Runs a device's server and a client of it on the loopback interface for as long as a test's body.
@discardableResult
func withLink<Result>(
    to responder: any ModbusResponder,
    _ configuration: ModbusServerConfiguration,
    requestTimeout: Duration = .seconds(5),
    _ body: (ModbusClient) async throws -> Result
) async throws -> Result {
    let server = try await ModbusServer.start(configuration, responder: responder)
    let client = connect(to: server.port, requestTimeout: requestTimeout)
    do {
        let result = try await body(client)
        await client.close()
        await server.stop()
        return result
    } catch {
        await client.close()
        await server.stop()
        throw error
    }
}

func connect(to port: Int, requestTimeout: Duration = .seconds(5)) -> ModbusClient {
    var configuration = ModbusClientConfiguration(host: "127.0.0.1", port: port)
    configuration.requestTimeout = requestTimeout
    return ModbusClient(configuration)
}

/// Numbers as the devices' documents lay them out, written without the program's own codec: high word first.
struct Words {
    let address: Int
    let words: [UInt16]

    func u16(_ at: Int) -> Int { Int(words[at - address]) }
    func s16(_ at: Int) -> Int { Int(Int16(bitPattern: words[at - address])) }
    func u32(_ at: Int) -> Int { u16(at) * 65536 + u16(at + 1) }
    func s32(_ at: Int) -> Int { Int(Int32(bitPattern: UInt32(u32(at)))) }
    func u64(_ at: Int) -> Int { u32(at) << 32 + u32(at + 2) }
    func f32(_ at: Int) -> Float { Float(bitPattern: UInt32(u32(at))) }
    func f64(_ at: Int) -> Double { Double(bitPattern: UInt64(u32(at)) << 32 + UInt64(u32(at + 2))) }

    /// Two characters per register up to the first zero.
    func text(_ at: Int, count: Int) -> String {
        let bytes = words[at - address..<at - address + count].flatMap { [UInt8($0 >> 8), UInt8($0 & 255)] }
        return String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    }
}

extension ModbusClient {
    func words(_ address: Int, _ count: Int, unit: UInt8) async throws(ModbusClientError) -> Words {
        let words = try await readHoldingRegisters(address: UInt16(address), count: count, unit: unit)
        return Words(address: address, words: words)
    }

    /// Writes a single-precision number in two registers, high word first.
    func write(_ value: Float, at address: Int, unit: UInt8) async throws(ModbusClientError) {
        let bits = value.bitPattern
        let values = [UInt16(bits >> 16), UInt16(bits & 0xFFFF)]
        try await writeMultipleRegisters(address: UInt16(address), values: values, unit: unit)
    }
}
