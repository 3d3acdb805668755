// SPDX-License-Identifier: Apache-2.0
import Modbus
import ModbusNIO
import Synchronization

/// Answers requests from register tables that clients may change.
final class TableResponder: ModbusResponder {
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
        let isServed = tables.withLock { $0.functions.contains(function) }
        let code = isServed ? ExceptionCode.illegalDataValue : .illegalFunction
        log(unit) { "\(function) of the wrong length: \(code)" }
        return .now(.exception(function, code))
    }

    private func log(_ unit: UInt8, _ text: () -> String) {
        if logsRequests { Console.talk("unit \(unit): \(text())") }
    }
}
