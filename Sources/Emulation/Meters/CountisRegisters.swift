// SPDX-License-Identifier: Apache-2.0
internal import Modbus
internal import Quantities

/// The register map of the Socomec Countis E27: function 3, addresses as on the wire, high word first.
///
/// Source: the vendor's communication tables for the Countis E2x family. Where they leave a unit open (16-bit frequency
/// in 0.01 Hz, 16-bit currents in mA up to 65.535 A) the choice is ours.
struct CountisRegisters {
    var settings: CountisSettings
    var unit: UInt8
    var meter: MeterModel

    /// Everything a client can read.
    var table: RegisterTable {
        var table = RegisterTable()
        for block in identification { table.add(block) }
        for var block in [measurements, shortMeasurements] + energies + tariffs {
            if meter.faults.showsSentinels {
                block.put(Array(repeating: 0xFFFF, count: block.words.count), at: Int(block.start))
            }
            table.add(block)
        }
        table.set([UInt16(unit)], at: CountisRegisters.unitAddress)
        return table
    }

    /// The setting that holds the Modbus address (E000).
    static let unitAddress: UInt16 = 0xE000
    /// Takes `store` and `reset` (E200).
    static let actionAddress: UInt16 = 0xE200
    /// Sets partial energies to zero (E222).
    static let partialResetAddress: UInt16 = 0xE222
    /// Sets tariff energies to zero (E224).
    static let tariffResetAddress: UInt16 = 0xE224
    /// Keeps changed settings.
    static let store: UInt16 = 0xA1
    /// Restarts the meter.
    static let reset: UInt16 = 0xB2

    /// The order in which this meter sees the phases: 0 is 1-2-3, 1 is 1-3-2, 3 is not determined.
    private var phaseOrder: Double {
        guard meter.faults.missingPhases.isEmpty, !meter.showsZeros else { return 3 }
        return meter.faults.isPhaseOrderReversed ? 1 : 0
    }

    // MARK: - Identification

    private var identification: [RegisterBlock] {
        var head = RegisterBlock(start: 0xC350, count: 8, filler: 0)
        head.put("SOCO".utf8.map { UInt16($0) }, at: 0xC350)
        head.put([100, 27, 101, 110], at: 0xC354)  // Order (Countis), product, table version 1.01, software 1.10.
        var serial = RegisterBlock(start: 0xC358, count: 5, filler: 0)
        serial.put(Array(settings.serial.prefix(5)), at: 0xC358)
        var product = RegisterBlock(start: 0xC362, count: 2, filler: 0)
        product.put([1, 10], at: 0xC362)
        return [
            head, serial, product,
            text("1.10", at: 0xC36E, count: 4),
            text("SOCOMEC", at: 0xC37A, count: 8),
            text("COUNTIS", at: 0xC382, count: 8),
            text(meter.faults.foreignName ?? settings.name, at: 0xC38A, count: 8),
        ]
    }

    private func text(_ text: String, at address: UInt16, count: Int) -> RegisterBlock {
        var block = RegisterBlock(start: address, count: count, filler: 0)
        block.put(text: text, at: Int(address), count: count)
        return block
    }

    // MARK: - Measurements

    /// 62 registers of 32-bit values.
    ///
    /// Currents carry no sign; powers do.
    private var measurements: RegisterBlock {
        let supply = meter.shown
        var block = RegisterBlock(start: 0xC550, count: 62, filler: 0)
        block.put(meter.operatingTime.seconds / 36, as: .u32, at: 0xC550)
        block.put(supply.lineVoltages.map { $0 * 100 }, as: .u32, at: 0xC552)
        block.put(supply.voltages.values.map { $0.volts * 100 }, as: .u32, at: 0xC558)
        block.put(Double(supply.millihertz), as: .u32, at: 0xC55E)
        block.put(currents.map { $0 * 1000 }, as: .u32, at: 0xC560)
        block.put(supply.neutralCurrent * 1000, as: .u32, at: 0xC566)
        block.put(sum(supply.activePowers) / 10, as: .s32, at: 0xC568)
        block.put(sum(supply.reactivePowers) / 10, as: .s32, at: 0xC56A)
        block.put(sum(supply.apparentPowers) / 10, as: .u32, at: 0xC56C)
        block.put(supply.totalPowerFactor * 1000, as: .s32, at: 0xC56E)
        block.put(supply.activePowers.map { $0 / 10 }, as: .s32, at: 0xC570)
        block.put(supply.reactivePowers.map { $0 / 10 }, as: .s32, at: 0xC576)
        block.put(supply.apparentPowers.map { $0 / 10 }, as: .u32, at: 0xC57C)
        block.put(Array(repeating: supply.factor * 1000, count: 3), as: .s32, at: 0xC582)
        block.put(averages, as: .u32, at: 0xC588)
        return block
    }

    /// The same in single registers, in the same order, with total energies in MWh and the phase order at the end.
    private var shortMeasurements: RegisterBlock {
        let supply = meter.shown
        var block = RegisterBlock(start: 0xC850, count: 36, filler: 0)
        block.put(meter.operatingTime.seconds / 3600, as: .u16, at: 0xC850)
        block.put(supply.lineVoltages.map { $0 * 100 }, as: .u16, at: 0xC851)
        block.put(supply.voltages.values.map { $0.volts * 100 }, as: .u16, at: 0xC854)
        block.put(Double(supply.millihertz) / 10, as: .u16, at: 0xC857)
        block.put(currents.map { $0 * 1000 }, as: .u16, at: 0xC858)
        block.put(supply.neutralCurrent * 1000, as: .u16, at: 0xC85B)
        block.put(sum(supply.activePowers) / 10, as: .s16, at: 0xC85C)
        block.put(sum(supply.reactivePowers) / 10, as: .s16, at: 0xC85D)
        block.put(sum(supply.apparentPowers) / 10, as: .u16, at: 0xC85E)
        block.put(supply.totalPowerFactor * 1000, as: .s16, at: 0xC85F)
        block.put(supply.activePowers.map { $0 / 10 }, as: .s16, at: 0xC860)
        block.put(supply.reactivePowers.map { $0 / 10 }, as: .s16, at: 0xC863)
        block.put(supply.apparentPowers.map { $0 / 10 }, as: .u16, at: 0xC866)
        block.put(Array(repeating: supply.factor * 1000, count: 3), as: .s16, at: 0xC869)
        block.put(averages, as: .u16, at: 0xC86C)
        let total = meter.shownTotal
        let energies: [Double] = [total.activeImport, total.reactive, total.activeExport, 0]
        block.put(energies.map { ($0 / 1e6).rounded(.down) }, as: .u16, at: 0xC86F)
        block.put(phaseOrder, as: .u16, at: 0xC873)
        return block
    }

    private var currents: [Double] { meter.shown.currents.values.map { abs($0.amperes) } }

    /// The system values I, U, V: means of the phases.
    private var averages: [Double] {
        [
            sum(currents) / 3 * 1000, sum(meter.shown.lineVoltages) / 3 * 100,
            sum(meter.shown.voltages.values.map(\.volts)) / 3 * 100,
        ]
    }

    private func sum(_ values: [Double]) -> Double { values.reduce(0, +) }

    // MARK: - Energies

    /// Totals and partial counters: in kWh from C652, in 10 Wh from C702; counters round down.
    private var energies: [RegisterBlock] {
        [(UInt16(0xC652), 1000.0), (UInt16(0xC702), 10.0)].map { start, unit in
            var block = RegisterBlock(start: start, count: 20, filler: 0)
            let counters = meter.shownTotal.inOrder + meter.shownPartial.inOrder
            block.put(counters.map { ($0 / unit).rounded(.down) }, as: .u32, at: Int(start))
            return block
        }
    }

    /// One tariff, always active, so its energy is the total: in kWh at C6A0, in 10 Wh at C800.
    private var tariffs: [RegisterBlock] {
        [(UInt16(0xC6A0), 1000.0), (UInt16(0xC800), 10.0)].map { start, unit in
            var block = RegisterBlock(start: start, count: 38, filler: 0)
            block.put([1, 1], at: Int(start))
            block.put((meter.shownTotal.activeImport / unit).rounded(.down), as: .u32, at: Int(start) + 2)
            block.put(meter.operatingTime.seconds / 3600, as: .u32, at: Int(start) + 34)
            return block
        }
    }
}

extension MeterModel.Energies {
    /// Ea+, Er+, Eap, Ea-, Er-; all reactive energy of the model is inductive.
    fileprivate var inOrder: [Double] { [activeImport, reactive, apparent, activeExport, 0] }
}
