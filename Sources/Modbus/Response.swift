// SPDX-License-Identifier: Apache-2.0

/// What a server answers.
public enum Response: Hashable, Sendable {
    /// The values asked for, in order of address (function 3).
    case readHoldingRegisters([UInt16])
    /// The values asked for, in order of address (function 4).
    case readInputRegisters([UInt16])
    /// The register was set; address and value repeat the request (function 6).
    case writeSingleRegister(address: UInt16, value: UInt16)
    /// The registers were set; address and quantity repeat the request (function 16).
    case writeMultipleRegisters(address: UInt16, count: UInt16)
    /// The server refused a request of this function.
    case exception(FunctionCode, ExceptionCode)
    /// The answer to any other function, with the bytes behind the function code.
    case other(FunctionCode, [UInt8])

    /// The function of the request that this answers.
    public var function: FunctionCode {
        switch self {
        case .readHoldingRegisters: .readHoldingRegisters
        case .readInputRegisters: .readInputRegisters
        case .writeSingleRegister: .writeSingleRegister
        case .writeMultipleRegisters: .writeMultipleRegisters
        case .exception(let function, _), .other(let function, _): function
        }
    }

    /// Whether the answer can be sent: not more registers than a PDU holds.
    ///
    /// A server that is handed another one by its responder answers ``ExceptionCode/serverDeviceFailure`` instead.
    public var fits: Bool {
        switch self {
        case .readHoldingRegisters(let values), .readInputRegisters(let values):
            values.count <= Limits.readRegisters
        case .writeSingleRegister, .writeMultipleRegisters, .exception: true
        case .other(_, let data): data.count < Limits.pduCount
        }
    }
}
