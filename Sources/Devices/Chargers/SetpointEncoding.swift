// SPDX-License-Identifier: Apache-2.0
internal import Modbus
internal import Quantities

/// Turns an order into registers that never mean more than the order.
struct SetpointEncoding {
    let setpoint: ChargerProfile.Setpoint
    let order: WordOrder

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
        switch setpoint.field.type {
        case .u16, .u32, .u64:
            return UInt64(exactly: wholeBelow(raw)).flatMap { setpoint.field.type.encode(.unsigned($0), order: order) }
        case .s16, .s32, .s64:
            return Int64(exactly: wholeBelow(raw)).flatMap { setpoint.field.type.encode(.signed($0), order: order) }
        case .f32:
            let nearest = Float(raw)
            let below = Double(nearest) > raw ? nearest.nextDown : nearest
            return setpoint.field.type.encode(.float(Double(below)), order: order)
        case .f64:
            return setpoint.field.type.encode(.float(raw), order: order)
        }
    }

    /// The whole number that is not above a quotient; a millionth from the next one is the error of the division.
    private func wholeBelow(_ raw: Double) -> Double {
        let nearest = raw.rounded()
        return abs(nearest - raw) < 1e-6 ? nearest : raw.rounded(.down)
    }
}
