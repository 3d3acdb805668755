// SPDX-License-Identifier: Apache-2.0

/// What a client asks of a server.
///
/// A value may hold quantities outside the standard's limits, so that a server can be shown what a peer sent; see
/// ``fault``. Functions without a case of their own travel as ``other(_:_:)``.
public enum Request: Hashable, Sendable {
    /// Asks for 1 to 125 holding registers (function 3).
    case readHoldingRegisters(address: UInt16, count: UInt16)
    /// Asks for 1 to 125 input registers (function 4).
    case readInputRegisters(address: UInt16, count: UInt16)
    /// Sets one holding register (function 6).
    case writeSingleRegister(address: UInt16, value: UInt16)
    /// Sets 1 to 123 holding registers in a row (function 16).
    case writeMultipleRegisters(address: UInt16, values: [UInt16])
    /// Any other function, with the bytes behind the function code.
    case other(FunctionCode, [UInt8])

    /// The function code.
    public var function: FunctionCode {
        switch self {
        case .readHoldingRegisters: .readHoldingRegisters
        case .readInputRegisters: .readInputRegisters
        case .writeSingleRegister: .writeSingleRegister
        case .writeMultipleRegisters: .writeMultipleRegisters
        case .other(let function, _): function
        }
    }

    /// Whether the request changes nothing at the server; unknown functions count as writes.
    public var isRead: Bool {
        switch self {
        case .readHoldingRegisters, .readInputRegisters: true
        case .writeSingleRegister, .writeMultipleRegisters, .other: false
        }
    }

    /// What keeps a request from being sent, or `nil` for a good one.
    ///
    /// Checks the quantity first and then whether the range passes address 65535 (1.8, 5.1).
    public var fault: RequestFault? {
        switch self {
        case .readHoldingRegisters(let address, let count), .readInputRegisters(let address, let count):
            Request.fault(address: address, count: Int(count), limit: Limits.readRegisters)
        case .writeSingleRegister:
            nil
        case .writeMultipleRegisters(let address, let values):
            Request.fault(address: address, count: values.count, limit: Limits.writeRegisters)
        case .other(let function, let bytes):
            if function.rawValue == 0 || function.isException {
                .function(function)
            } else if bytes.count >= Limits.pduCount {
                .tooLong(bytes.count + 1)
            } else {
                nil
            }
        }
    }

    private static func fault(address: UInt16, count: Int, limit: Int) -> RequestFault? {
        guard (1...limit).contains(count) else { return .quantity(count, limit: limit) }
        guard Int(address) + count <= Limits.tableCount else { return .range(address: address, count: count) }
        return nil
    }
}

/// Why a request cannot be sent.
public enum RequestFault: Error, Hashable, Sendable, CustomStringConvertible {
    /// The quantity is zero or above the standard's limit; ask for less at a time.
    case quantity(Int, limit: Int)
    /// The range passes address 65535; there is no wrap-around.
    case range(address: UInt16, count: Int)
    /// The function code is not 1 to 127.
    case function(FunctionCode)
    /// The PDU would have more than 253 bytes; this many.
    case tooLong(Int)

    /// What is wrong and what would be right.
    public var description: String {
        switch self {
        case .quantity(let count, let limit): "\(count) registers; a request carries 1 to \(limit)"
        case .range(let address, let count): "\(count) registers from address \(address) pass address 65535"
        case .function(let function): "function code \(function.rawValue); requests use 1 to 127"
        case .tooLong(let count): "a PDU of \(count) bytes; at most \(Limits.pduCount)"
        }
    }
}
