// SPDX-License-Identifier: Apache-2.0
internal import Modbus
internal import ModbusNIO

/// One unit behind one connection, in the terms of profiles.
struct DeviceLink: Sendable {
    let client: ModbusClient
    let unit: UInt8

    /// How many connections the client has made; another number means that another device may answer now.
    var connections: Int {
        get async { await client.counters.connections }
    }

    /// Reads registers that all lie within the address space.
    func read(_ block: ReadBlock, _ function: RegisterFunction) async throws(ModbusClientError) -> [UInt16] {
        guard let address = UInt16(exactly: block.address) else {
            throw .invalidRequest("register \(block.address) does not exist")
        }
        let words =
            switch function {
            case .holdingRegisters:
                try await client.readHoldingRegisters(address: address, count: block.count, unit: unit)
            case .inputRegisters:
                try await client.readInputRegisters(address: address, count: block.count, unit: unit)
            }
        guard words.count == block.count else {
            throw .badResponse("\(words.count) registers came instead of \(block.count)")
        }
        return words
    }

    /// Asks a device what it is.
    ///
    /// - Parameters:
    ///   - fields: What to ask.
    ///   - base: What to add to their addresses.
    ///   - order: Which register of a long number holds its high part.
    ///   - expected: What the device should be, for messages.
    /// - Returns: The answers; optional ones that the device does not have are left out.
    /// - Throws: ``IdentificationFailure`` when the exchange fails or an answer differs from what is expected.
    func identify(
        _ fields: [IdentificationField],
        base: Int = 0,
        order: ByteOrder,
        expected: String
    ) async throws(IdentificationFailure) -> DeviceIdentity {
        var answers: [String: String] = [:]
        for field in fields {
            let words: [UInt16]
            let address = base + field.address
            do {
                words = try await read(ReadBlock(address: address, count: field.registerCount), field.function)
            } catch {
                guard case .exception(let code) = error, ReadingFault.exception(code).isPermanent else {
                    throw .link(error)
                }
                if field.isOptional { continue }
                throw .wrongDevice(expected: expected, found: "a device without register \(address) (\(field.name))")
            }
            let answer = field.decode(words, order: order)
            guard field.accepts(answer) else {
                throw .wrongDevice(
                    expected: "\(expected) (\(field.name) \(field.expected))",
                    found: "\(field.name) \"\(answer)\""
                )
            }
            answers[field.name] = answer
        }
        return DeviceIdentity(answers: answers)
    }
}

/// Why a device could not be identified.
enum IdentificationFailure: Error {
    /// The exchange failed.
    case link(ModbusClientError)
    /// The device says that it is something else.
    case wrongDevice(expected: String, found: String)
}
