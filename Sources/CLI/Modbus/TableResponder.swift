// SPDX-License-Identifier: Apache-2.0
import Modbus
import ModbusNIO
import Synchronization

/// Answers requests from register tables that clients may change.
final class TableResponder: ModbusResponder {
    private let tables: Mutex<RegisterTables>
    /// The unit that is served; all when `nil`.
    private let unit: UInt8?
    private let logsRequests: Bool

    /// Serves tables to one unit, or to all when none is given.
    init(_ tables: RegisterTables, unit: UInt8?, logsRequests: Bool) {
        self.tables = Mutex(tables)
        self.unit = unit
        self.logsRequests = logsRequests
    }

    func answer(_ pdu: Span<UInt8>, unit: UInt8, into bytes: inout [UInt8]) -> Bool {
        // What is to be logged has to be understood first.
        guard !logsRequests else { return false }
        guard self.unit == nil || self.unit == unit else { return true }
        tables.withLock { $0.answer(pdu, into: &bytes) }
        return true
    }

    func respond(to request: Request, unit: UInt8) -> ServerReply {
        guard self.unit == nil || self.unit == unit else {
            log(unit) { "\(request.line): no answer, as this is unit \(self.unit ?? unit)" }
            return .silence
        }
        guard let response = tables.withLock({ $0.answer(request) }) else { return .silence }
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
