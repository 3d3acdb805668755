// SPDX-License-Identifier: Apache-2.0
internal import Modbus
internal import Simulation

/// A Countis E27 as a value: requests in, answers out.
struct CountisState {
    var settings: CountisSettings
    var meter: MeterModel
    /// The address that is written but not yet stored.
    var newUnit: UInt8?
    /// Made when it is first asked for, dropped when something changes.
    var table: RegisterTable?
    private var answerCount: UInt64 = 0

    init(settings: CountisSettings, meter: MeterModel) {
        self.settings = settings
        self.meter = meter
    }

    func answers(_ unit: UInt8) -> Bool {
        if let moved = meter.faults.movedUnit { return unit == moved }
        return unit == settings.unit || settings.furtherUnits.contains(unit)
    }

    mutating func answer(_ request: Request) -> Response {
        answerCount += 1
        switch request {
        case .readHoldingRegisters:
            let table = self.table ?? CountisRegisters(settings: settings, unit: settings.unit, meter: meter).table
            self.table = table
            var tables = RegisterTables(holding: table)
            return tables.respond(to: request)
        case .writeSingleRegister(let address, let value):
            if let refusal = write([value], at: address) { return .exception(request.function, refusal) }
            return .writeSingleRegister(address: address, value: value)
        case .writeMultipleRegisters(let address, let values):
            if let refusal = write(values, at: address) { return .exception(request.function, refusal) }
            return .writeMultipleRegisters(address: address, count: UInt16(truncatingIfNeeded: values.count))
        default:
            return .exception(request.function, .illegalFunction)
        }
    }

    /// Why a write is refused.
    ///
    /// Locked settings look as if they could not be written at all.
    private mutating func write(_ values: [UInt16], at address: UInt16) -> ExceptionCode? {
        guard values.count == 1 else { return .illegalDataAddress }
        let value = values[0]
        switch address {
        case CountisRegisters.unitAddress where settings.isUnlocked:
            guard let unit = UInt8(exactly: value), (1...247).contains(unit) else { return .illegalDataValue }
            newUnit = unit
        case CountisRegisters.actionAddress where value == CountisRegisters.store:
            settings.unit = newUnit ?? settings.unit
            newUnit = nil
        case CountisRegisters.actionAddress where value == CountisRegisters.reset:
            newUnit = nil
            meter.reboot(zerosFor: .zero)
        case CountisRegisters.actionAddress:
            return .illegalDataValue
        case CountisRegisters.partialResetAddress:
            meter.resetPartialEnergies()
        case CountisRegisters.tariffResetAddress:
            // With one tariff its energy is the total, which nobody can set back.
            break
        default:
            return .illegalDataAddress
        }
        table = nil
        return nil
    }

    /// Random numbers in the right quantity, others each time.
    mutating func garbage(_ request: Request) -> Response {
        answerCount += 1
        guard case .readHoldingRegisters(_, let count) = request else { return answer(request) }
        var generator = SplitMix64(seed: answerCount)
        let values = (0..<min(Int(count), Limits.readRegisters)).map { _ in
            UInt16.random(in: .min ... .max, using: &generator)
        }
        return .readHoldingRegisters(values)
    }

    /// An answer with one register too many.
    mutating func malformed(_ request: Request) -> Response {
        guard case .readHoldingRegisters(let values) = answer(request), values.count < Limits.readRegisters else {
            return .readHoldingRegisters([])
        }
        return .readHoldingRegisters(values + [0])
    }
}
