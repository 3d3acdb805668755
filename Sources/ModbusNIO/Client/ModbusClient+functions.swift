// SPDX-License-Identifier: Apache-2.0

public import Modbus

/// One method for each function on tables of data.
///
/// All throw ``ModbusClientError``, with ``ModbusClientError/exception(_:)`` when the device refuses.
/// ``ModbusClient/send(_:unit:timeout:mayRepeat:)`` explains the unit and repetition.
extension ModbusClient {
    // MARK: Bits

    /// Reads 1 to 2000 coils (function 1).
    ///
    /// - Returns: `count` states in order of address.
    public func readCoils(address: UInt16, count: Int, unit: UInt8 = 255) async throws(ModbusClientError) -> [Bool] {
        let request = Request.readCoils(address: address, count: UInt16(clamping: count))
        guard case .readCoils(let states) = try await result(of: request, unit: unit) else { throw unexpected(request) }
        return states
    }

    /// Reads 1 to 2000 discrete inputs (function 2).
    ///
    /// - Returns: `count` states in order of address.
    public func readDiscreteInputs(
        address: UInt16,
        count: Int,
        unit: UInt8 = 255
    ) async throws(ModbusClientError) -> [Bool] {
        let request = Request.readDiscreteInputs(address: address, count: UInt16(clamping: count))
        guard case .readDiscreteInputs(let states) = try await result(of: request, unit: unit) else {
            throw unexpected(request)
        }
        return states
    }

    /// Switches one coil (function 5).
    public func writeSingleCoil(
        address: UInt16,
        value: Bool,
        unit: UInt8 = 255,
        mayRepeat: Bool = false
    ) async throws(ModbusClientError) {
        let request = Request.writeSingleCoil(address: address, value: value)
        _ = try await result(of: request, unit: unit, mayRepeat: mayRepeat)
    }

    /// Switches 1 to 1968 coils in a row (function 15).
    public func writeMultipleCoils(
        address: UInt16,
        values: [Bool],
        unit: UInt8 = 255,
        mayRepeat: Bool = false
    ) async throws(ModbusClientError) {
        let request = Request.writeMultipleCoils(address: address, values: values)
        _ = try await result(of: request, unit: unit, mayRepeat: mayRepeat)
    }

    // MARK: Registers

    /// Reads 1 to 125 holding registers (function 3).
    ///
    /// - Returns: `count` values in order of address.
    public func readHoldingRegisters(
        address: UInt16,
        count: Int,
        unit: UInt8 = 255
    ) async throws(ModbusClientError) -> [UInt16] {
        let request = Request.readHoldingRegisters(address: address, count: UInt16(clamping: count))
        guard case .readHoldingRegisters(let values) = try await result(of: request, unit: unit) else {
            throw unexpected(request)
        }
        return values
    }

    /// Reads 1 to 125 input registers (function 4).
    ///
    /// - Returns: `count` values in order of address.
    public func readInputRegisters(
        address: UInt16,
        count: Int,
        unit: UInt8 = 255
    ) async throws(ModbusClientError) -> [UInt16] {
        let request = Request.readInputRegisters(address: address, count: UInt16(clamping: count))
        guard case .readInputRegisters(let values) = try await result(of: request, unit: unit) else {
            throw unexpected(request)
        }
        return values
    }

    /// Sets one holding register (function 6).
    public func writeSingleRegister(
        address: UInt16,
        value: UInt16,
        unit: UInt8 = 255,
        mayRepeat: Bool = false
    ) async throws(ModbusClientError) {
        let request = Request.writeSingleRegister(address: address, value: value)
        _ = try await result(of: request, unit: unit, mayRepeat: mayRepeat)
    }

    /// Sets 1 to 123 holding registers in a row (function 16).
    public func writeMultipleRegisters(
        address: UInt16,
        values: [UInt16],
        unit: UInt8 = 255,
        mayRepeat: Bool = false
    ) async throws(ModbusClientError) {
        let request = Request.writeMultipleRegisters(address: address, values: values)
        _ = try await result(of: request, unit: unit, mayRepeat: mayRepeat)
    }

    /// Changes single bits of a holding register (function 22): its value becomes (old and `and`) or (`or` and not `and`).
    public func maskWriteRegister(
        address: UInt16,
        and: UInt16,
        or: UInt16,
        unit: UInt8 = 255,
        mayRepeat: Bool = false
    ) async throws(ModbusClientError) {
        let request = Request.maskWriteRegister(address: address, and: and, or: or)
        _ = try await result(of: request, unit: unit, mayRepeat: mayRepeat)
    }

    /// Sets 1 to 121 holding registers, then reads 1 to 125 (function 23).
    ///
    /// - Returns: `readCount` values in order of address, read after the write.
    public func readWriteMultipleRegisters(
        readAddress: UInt16,
        readCount: Int,
        writeAddress: UInt16,
        values: [UInt16],
        unit: UInt8 = 255,
        mayRepeat: Bool = false
    ) async throws(ModbusClientError) -> [UInt16] {
        let request = Request.readWriteMultipleRegisters(
            readAddress: readAddress,
            readCount: UInt16(clamping: readCount),
            writeAddress: writeAddress,
            values: values
        )
        let response = try await result(of: request, unit: unit, mayRepeat: mayRepeat)
        guard case .readWriteMultipleRegisters(let values) = response else { throw unexpected(request) }
        return values
    }

    /// Reads a queue of up to 31 registers without emptying it (function 24).
    ///
    /// - Returns: The values, oldest first.
    public func readFIFOQueue(address: UInt16, unit: UInt8 = 255) async throws(ModbusClientError) -> [UInt16] {
        let request = Request.readFIFOQueue(address: address)
        guard case .readFIFOQueue(let values) = try await result(of: request, unit: unit) else {
            throw unexpected(request)
        }
        return values
    }

    // MARK: Files

    /// Reads groups of registers from files (function 20).
    ///
    /// - Returns: The registers of each group, in the order they were asked for.
    public func readFileRecord(
        _ references: [FileReference],
        unit: UInt8 = 255
    ) async throws(ModbusClientError) -> [[UInt16]] {
        let request = Request.readFileRecord(references)
        guard case .readFileRecord(let groups) = try await result(of: request, unit: unit) else {
            throw unexpected(request)
        }
        return groups
    }

    /// Sets groups of registers in files (function 21).
    public func writeFileRecord(
        _ records: [FileRecord],
        unit: UInt8 = 255,
        mayRepeat: Bool = false
    ) async throws(ModbusClientError) {
        _ = try await result(of: .writeFileRecord(records), unit: unit, mayRepeat: mayRepeat)
    }

    // MARK: Results

    /// Sends a request; an exception response is thrown.
    func result(
        of request: Request,
        unit: UInt8,
        mayRepeat: Bool? = nil
    ) async throws(ModbusClientError) -> Response {
        let response = try await send(request, unit: unit, mayRepeat: mayRepeat)
        if case .exception(_, let code) = response { throw .exception(code) }
        return response
    }

    /// The decoder gives an answer of the request's own kind or an exception; what else came is told, not hidden.
    func unexpected(_ request: Request) -> ModbusClientError {
        .badResponse("the answer to \(request.function) is of another kind")
    }
}
