// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Modbus
import ModbusNIO

/// The four tables of a Modbus device.
enum ModbusTable: EnumerableFlag {
    case holding
    case input
    case coils
    case discreteInputs

    static func help(for table: ModbusTable) -> ArgumentHelp? {
        switch table {
        case .holding: "Holding registers (function 3)."
        case .input: "Input registers (function 4)."
        case .coils: "Coils (function 1)."
        case .discreteInputs: "Discrete inputs (function 2)."
        }
    }

    /// The name in output, as in the files of `headroom modbus serve`.
    var name: String {
        switch self {
        case .holding: "holding"
        case .input: "input"
        case .coils: "coils"
        case .discreteInputs: "discrete_inputs"
        }
    }

    /// Whether it holds bits rather than registers.
    var holdsBits: Bool { self == .coils || self == .discreteInputs }

    /// Reads registers or bits of a device, with as many requests as it takes.
    ///
    /// - Parameters:
    ///   - address: The first item.
    ///   - count: How many there are; they lie within the table.
    ///   - most: How many one request may read.
    ///   - one: Reads some with one request.
    /// - Returns: The items in their order.
    /// - Throws: Why a request failed.
    static func read<Item>(
        _ address: UInt16,
        count: Int,
        most: Int,
        one: (UInt16, Int) async throws(ModbusClientError) -> [Item]
    ) async throws(ModbusClientError) -> [Item] {
        var items: [Item] = []
        while items.count < count {
            items += try await one(UInt16(Int(address) + items.count), min(most, count - items.count))
        }
        return items
    }
}
