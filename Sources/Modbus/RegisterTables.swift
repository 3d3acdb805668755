// SPDX-License-Identifier: Apache-2.0

/// The registers of one unit, and the answers a server gives from them.
public struct RegisterTables: Hashable, Sendable {
    /// Read and written with functions 3, 6 and 16.
    public var holding: RegisterTable
    /// Read with function 4.
    public var input: RegisterTable

    /// Creates the tables of a unit.
    public init(holding: RegisterTable = RegisterTable(), input: RegisterTable = RegisterTable()) {
        self.holding = holding
        self.input = input
    }

    /// Carries out a request and says what to answer.
    ///
    /// The first check that fails decides: function (1), then quantity (3), then address (2), as the standard orders
    /// them (9.1, 9.2). A refused request changes nothing.
    public mutating func respond(to request: Request) -> Response {
        let function = request.function
        return switch request {
        case .readHoldingRegisters(let address, let count):
            read(holding, address, count, function, answer: Response.readHoldingRegisters)
        case .readInputRegisters(let address, let count):
            read(input, address, count, function, answer: Response.readInputRegisters)
        case .writeSingleRegister(let address, let value):
            write([value], at: address, function) ?? .writeSingleRegister(address: address, value: value)
        case .writeMultipleRegisters(let address, let values):
            write(values, at: address, function)
                ?? .writeMultipleRegisters(address: address, count: UInt16(truncatingIfNeeded: values.count))
        case .other:
            .exception(function, .illegalFunction)
        }
    }

    private func read(
        _ table: RegisterTable,
        _ address: UInt16,
        _ count: UInt16,
        _ function: FunctionCode,
        answer: ([UInt16]) -> Response
    ) -> Response {
        guard (1...Limits.readRegisters).contains(Int(count)) else { return .exception(function, .illegalDataValue) }
        guard let values = table.read(address: address, count: Int(count)) else {
            return .exception(function, .illegalDataAddress)
        }
        return answer(values)
    }

    /// The exception when the write is refused.
    private mutating func write(_ values: [UInt16], at address: UInt16, _ function: FunctionCode) -> Response? {
        guard (1...Limits.writeRegisters).contains(values.count) else {
            return .exception(function, .illegalDataValue)
        }
        guard holding.isWritable(address: address, count: values.count) else {
            return .exception(function, .illegalDataAddress)
        }
        holding.set(values, at: address)
        return nil
    }
}
