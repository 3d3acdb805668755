// SPDX-License-Identifier: Apache-2.0
import Devices
import Quantities

/// One reading of a meter for output, or the reason why there is none.
struct ReadingLine: Encodable {
    /// Seconds since the command started.
    var timeS: Double
    var device: [String: String]?
    var currentsA: PerPhase<Amperes>?
    var voltagesV: PerPhase<Double>?
    var powersW: PerPhase<Double>?
    var totalPowerW: Double?
    var frequencyHz: Double?
    var energyImportWh: Double?
    var energyExportWh: Double?
    var warnings: [String]?
    var fault: String?

    enum CodingKeys: String, CodingKey {
        case device, warnings, fault
        case timeS = "time_s"
        case currentsA = "currents_a"
        case voltagesV = "voltages_v"
        case powersW = "powers_w"
        case totalPowerW = "total_power_w"
        case frequencyHz = "frequency_hz"
        case energyImportWh = "energy_import_wh"
        case energyExportWh = "energy_export_wh"
    }

    init(_ reading: MeterReading, identity: DeviceIdentity? = nil, warnings: [ReadingWarning]) {
        timeS = reading.sampledAt.sinceStart.rounded
        device = identity?.answers
        currentsA = reading.currents
        voltagesV = reading.voltages?.map(\.volts)
        powersW = reading.powers?.map(\.watts)
        totalPowerW = reading.totalPower?.watts
        frequencyHz = reading.frequency
        energyImportWh = reading.energyImport?.wattHours
        energyExportWh = reading.energyExport?.wattHours
        self.warnings = warnings.map(\.description)
    }

    init(_ fault: ReadingFault, at instant: Instant) {
        timeS = instant.sinceStart.rounded
        self.fault = fault.description
    }

    /// The reading as a table of phases and a few lines.
    var lines: [String] {
        var table = TextTable([("", .left), ("current", .right), ("voltage", .right), ("power", .right)])
        for phase in Phase.allCases {
            table.add([
                phase.rawValue, ReadingLine.text(currentsA?[phase].amperes, 1, "A"),
                ReadingLine.text(voltagesV?[phase], 1, "V"), ReadingLine.text(powersW?[phase], 0, "W"),
            ])
        }
        table.add(["total", "", "", ReadingLine.text(totalPowerW, 0, "W")])
        var lines = table.lines
        if let frequencyHz { lines.append("frequency        \(ReadingLine.text(frequencyHz, 2, "Hz"))") }
        if let energyImportWh {
            lines.append("energy imported  \(ReadingLine.text(energyImportWh / 1000, 2, "kWh"))")
        }
        if let energyExportWh {
            lines.append("energy exported  \(ReadingLine.text(energyExportWh / 1000, 2, "kWh"))")
        }
        return lines + (warnings ?? []).map { Console.styled("warning: \($0)", .yellow) }
    }

    private static func text(_ value: Double?, _ decimals: Int, _ unit: String) -> String {
        value.map { $0.fixed(decimals) + " " + unit } ?? "-"
    }
}
