// SPDX-License-Identifier: Apache-2.0
import Modbus
import ModbusNIO
import Synchronization

/// Answers requests from register tables that clients may change.
final class TableResponder: ModbusResponder {
    private static let served: [FunctionCode] = [
        .readHoldingRegisters, .readInputRegisters, .writeSingleRegister, .writeMultipleRegisters,
    ]

    private let tables: Mutex<RegisterTables>
    private let unit: UInt8?
    private let logsRequests: Bool

    /// Serves tables to one unit, or to all when none is given.
    init(_ tables: RegisterTables, unit: UInt8?, logsRequests: Bool) {
        self.tables = Mutex(tables)
        self.unit = unit
        self.logsRequests = logsRequests
    }

    func respond(to request: Request, unit: UInt8) -> ServerReply {
        guard self.unit == nil || self.unit == unit else {
            log(unit) { "\(request.line): no answer, as this is unit \(self.unit ?? unit)" }
            return .silence
        }
        let response = tables.withLock { $0.respond(to: request) }
        log(unit) { "\(request.line): \(response.line)" }
        return .now(response)
    }

    func respond(toMalformed function: FunctionCode, unit: UInt8) -> ServerReply {
        guard self.unit == nil || self.unit == unit else { return .silence }
        let code = TableResponder.served.contains(function) ? ExceptionCode.illegalDataValue : .illegalFunction
        log(unit) { "\(function) of the wrong length: \(code)" }
        return .now(.exception(function, code))
    }

    private func log(_ unit: UInt8, _ text: () -> String) {
        if logsRequests { Console.talk("unit \(unit): \(text())") }
    }
}

extension Request {
    /// The request for a log: "read holding registers 100, 2 registers".
    fileprivate var line: String {
        switch self {
        case .readHoldingRegisters(let address, let count): "read \(count) holding registers from \(address)"
        case .readInputRegisters(let address, let count): "read \(count) input registers from \(address)"
        case .writeSingleRegister(let address, let value): "write register \(address) = \(value)"
        case .writeMultipleRegisters(let address, let values):
            "write \(values.count) registers from \(address) = \(values.map(String.init).joined(separator: " "))"
        case .other(let function, let bytes): "\(function) with \(bytes.count) bytes"
        }
    }
}

extension Response {
    /// The response for a log.
    fileprivate var line: String {
        switch self {
        case .readHoldingRegisters(let values), .readInputRegisters(let values):
            values.map(String.init).joined(separator: " ")
        case .writeSingleRegister, .writeMultipleRegisters, .other: "done"
        case .exception(_, let code): "\(code)"
        }
    }
}
