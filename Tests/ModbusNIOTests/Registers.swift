// SPDX-License-Identifier: Apache-2.0

import Modbus
import ModbusNIO
import Synchronization

/// A responder over one set of tables, with faults that a test may set.
final class Registers: ModbusResponder {
    private let tables: Mutex<RegisterTables>
    /// Decides before the tables do.
    private let override: @Sendable (Request, UInt8) -> ServerReply?

    init(holding: [UInt16] = [], override: @escaping @Sendable (Request, UInt8) -> ServerReply? = { _, _ in nil }) {
        var tables = RegisterTables()
        tables.holding.set(holding, at: 0)
        self.tables = Mutex(tables)
        self.override = override
    }

    func respond(to request: Request, unit: UInt8) -> ServerReply {
        override(request, unit) ?? .now(tables.withLock { $0.respond(to: request) })
    }
}
