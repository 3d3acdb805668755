// SPDX-License-Identifier: Apache-2.0
internal import Modbus
internal import Quantities

/// Turns an order into registers that never mean more than the order.
struct SetpointEncoding {
    let setpoint: ChargerProfile.Setpoint
    let order: ByteOrder

    /// The current that is written for an order: rounded down to the station's step, the pause value below its minimum.
    func written(for amperes: Amperes) -> Amperes {
        let limited = min(amperes, setpoint.maximum ?? amperes)
        let rounded = limited.roundedDown(toMultipleOf: setpoint.resolution)
        return rounded < setpoint.minimum || rounded <= .zero ? setpoint.pause : rounded
    }

    /// The registers for a current that came from ``written(for:)``; `nil` when it does not fit the type.
    func registers(for written: Amperes) -> [UInt16]? {
        guard case .factor(let factor) = setpoint.field.scale, factor > 0 else { return nil }
        let raw = written.amperes / factor
        let type = setpoint.field.type
        let order = setpoint.field.order ?? order
        switch type.kind {
        case .unsigned:
            return UInt64(exactly: wholeBelow(raw)).flatMap { type.encode(.unsigned($0), order: order) }
        case .signed:
            return Int64(exactly: wholeBelow(raw)).flatMap { type.encode(.signed($0), order: order) }
        case .float where type == .f32:
            let nearest = Float(raw)
            let below = Double(nearest) > raw ? nearest.nextDown : nearest
            return type.encode(.float(Double(below)), order: order)
        case .float:
            return type.encode(.float(raw), order: order)
        }
    }

    /// The whole number that is not above a quotient; a millionth from the next one is the error of the division.
    private func wholeBelow(_ raw: Double) -> Double {
        let nearest = raw.rounded()
        return abs(nearest - raw) < 1e-6 ? nearest : raw.rounded(.down)
    }
}
