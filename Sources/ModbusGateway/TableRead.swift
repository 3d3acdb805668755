// SPDX-License-Identifier: Apache-2.0

import Modbus

/// A read of one of the four tables, which is what a gateway can share between clients.
struct TableRead: Hashable {
    let unit: UInt8
    let table: DataTable
    var range: Range<Int>

    /// The read in a request; `nil` for all others.
    init?(_ request: Request, unit: UInt8) {
        guard request.fault == nil else { return nil }
        self.unit = unit
        switch request {
        case .readCoils(let address, let count):
            table = .coils
            range = Int(address)..<Int(address) + Int(count)
        case .readDiscreteInputs(let address, let count):
            table = .discreteInputs
            range = Int(address)..<Int(address) + Int(count)
        case .readHoldingRegisters(let address, let count):
            table = .holdingRegisters
            range = Int(address)..<Int(address) + Int(count)
        case .readInputRegisters(let address, let count):
            table = .inputRegisters
            range = Int(address)..<Int(address) + Int(count)
        default: return nil
        }
    }

    /// The request that asks for it.
    var request: Request {
        let address = UInt16(range.lowerBound)
        let count = UInt16(range.count)
        return switch table {
        case .coils: .readCoils(address: address, count: count)
        case .discreteInputs: .readDiscreteInputs(address: address, count: count)
        case .holdingRegisters: .readHoldingRegisters(address: address, count: count)
        case .inputRegisters: .readInputRegisters(address: address, count: count)
        }
    }

    /// Whether the other read asks for a part of this one.
    func covers(_ other: TableRead) -> Bool {
        unit == other.unit && table == other.table && range.lowerBound <= other.range.lowerBound
            && range.upperBound >= other.range.upperBound
    }

    /// One read for both, when they overlap or touch and one request can carry them.
    func merged(with other: TableRead) -> TableRead? {
        guard unit == other.unit, table == other.table, range.lowerBound <= other.range.upperBound,
            other.range.lowerBound <= range.upperBound
        else { return nil }
        var result = self
        result.range = min(range.lowerBound, other.range.lowerBound)..<max(range.upperBound, other.range.upperBound)
        return result.range.count <= (table.holdsBits ? Limits.readBits : Limits.readRegisters) ? result : nil
    }

    /// The part of this read's answer that answers another one.
    func answer(_ part: TableRead, from response: Response) -> Response {
        let offset = part.range.lowerBound - range.lowerBound
        let indices = offset..<offset + part.range.count
        return switch response {
        case .readCoils(let values) where indices.upperBound <= values.count: .readCoils(Array(values[indices]))
        case .readDiscreteInputs(let values) where indices.upperBound <= values.count:
            .readDiscreteInputs(Array(values[indices]))
        case .readHoldingRegisters(let values) where indices.upperBound <= values.count:
            .readHoldingRegisters(Array(values[indices]))
        case .readInputRegisters(let values) where indices.upperBound <= values.count:
            .readInputRegisters(Array(values[indices]))
        default: response
        }
    }
}
