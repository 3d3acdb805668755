// SPDX-License-Identifier: Apache-2.0
internal import Modbus
internal import Quantities
internal import Simulation

/// The register map of an Alfen station (NG9xx): holding registers, addresses as on the wire, high word first.
///
/// Source: the vendor's description of the Modbus server, version 2.3. Registers without a value hold all ones, which
/// reads as not-a-number.
struct AlfenRegisters {
    var settings: AlfenSettings
    var station: VirtualStation
    var network: NetworkSetpoints

    /// The unit of the station itself; sockets are units 1, 2, ….
    static let stationUnit: UInt8 = 200
    /// Where a socket's setpoint begins (two registers).
    static let setpointAddress: UInt16 = 1210
    /// Where a socket's number of conductors is.
    static let conductorsAddress: UInt16 = 1215
    /// Where the network's three setpoints begin (two registers each).
    static let networkSetpointAddress: UInt16 = 1417

    private static let unavailable: UInt16 = 0xFFFF

    /// Everything a client can read from a unit; `nil` for a unit that does not exist.
    func table(unit: UInt8) -> RegisterTable? {
        var table = RegisterTable()
        if unit == AlfenRegisters.stationUnit {
            for block in [identification, stationBlock, networkBlock] { table.add(block) }
        } else if (1...station.sockets.count).contains(Int(unit)) {
            let status = station.status(ofSocket: Int(unit) - 1)
            for block in [meter(status), socket(status)] { table.add(block) }
        } else {
            return nil
        }
        return table
    }

    // MARK: - Station

    private var identification: RegisterBlock {
        var block = RegisterBlock(start: 100, count: 79, filler: 0)
        block.put(text: settings.name, at: 100, count: 17)
        block.put(text: "Alfen NV", at: 117, count: 5)
        block.put(1, as: .s16, at: 122)
        block.put(text: settings.firmware, at: 123, count: 17)
        block.put(text: "NG910", at: 140, count: 17)
        block.put(text: settings.serial, at: 157, count: 11)
        let seconds = settings.clockAtStart + settings.timeZoneMinutes * 60
        let time = CivilTime(secondsSince1970: seconds + Int(station.now.sinceStart.components.seconds))
        let parts = [time.year, time.month, time.day, time.hour, time.minute, time.second]
        block.put(parts.map { Double($0) }, as: .s16, at: 168)
        block.put((station.uptime.seconds * 1000).rounded(.down), as: .u64, at: 174)
        block.put(Double(settings.timeZoneMinutes), as: .s16, at: 178)
        return block
    }

    private var stationBlock: RegisterBlock {
        var block = RegisterBlock(start: 1100, count: 6, filler: 0)
        block.put(station.maximumCurrent.amperes, as: .f32, at: 1100)
        block.put(Double(settings.boardTemperature), as: .f32, at: 1102)
        block.put(settings.isBackOfficeConnected ? 1 : 0, as: .u16, at: 1104)
        block.put(Double(station.sockets.count), as: .u16, at: 1105)
        return block
    }

    private var networkBlock: RegisterBlock {
        var block = RegisterBlock(start: 1400, count: 32, filler: 0)
        guard let settings = settings.network else {
            // What a station shows that is in no network.
            block.put([6, 6, 6], as: .f32, at: 1417)
            block.put(6, as: .f32, at: 1429)
            return block
        }
        block.put(text: String(settings.name.prefix(7)), at: 1400, count: 4)
        block.put(Double(station.sockets.count), as: .u16, at: 1404)
        let consumption = station.sockets.reduce(PerPhase<Amperes>.zero) { $0 + $1.currents }
        block.put(consumption.values.map(\.amperes), as: .f32, at: 1405)
        let inForce = network.inForce(at: station.now, safeCurrent: settings.safeCurrent).values.map(\.amperes)
        block.put(inForce, as: .f32, at: 1411)
        block.put(inForce, as: .f32, at: 1417)
        let remaining = network.remaining(at: station.now).values.map { $0.seconds.rounded(.down) }
        block.put(remaining, as: .u32, at: 1423)
        block.put(settings.safeCurrent.amperes, as: .f32, at: 1429)
        block.put(1, as: .u16, at: 1431)
        return block
    }

    // MARK: - Socket

    private func meter(_ status: VirtualStation.SocketStatus) -> RegisterBlock {
        let supply = Supply(currents: status.currents, voltages: settings.voltages)
        var block = RegisterBlock(start: 300, count: 126, filler: AlfenRegisters.unavailable)
        block.put(3, as: .u16, at: 300)  // Initialised and updated.
        block.put(meterAge, as: .u64, at: 301)
        block.put(0, as: .u16, at: 305)  // A meter on the internal bus.
        block.put(supply.voltages.values.map(\.volts), as: .f32, at: 306)
        block.put(supply.lineVoltages, as: .f32, at: 312)
        block.put(supply.neutralCurrent, as: .f32, at: 318)
        block.put(withSum(supply.currents.values.map(\.amperes)), as: .f32, at: 320)
        block.put(Array(repeating: supply.factor, count: 3) + [supply.totalPowerFactor], as: .f32, at: 328)
        block.put(Double(supply.millihertz) / 1000, as: .f32, at: 336)
        block.put(withSum(supply.activePowers), as: .f32, at: 338)
        block.put(withSum(supply.apparentPowers), as: .f32, at: 346)
        block.put(withSum(supply.reactivePowers), as: .f32, at: 354)
        putEnergies(of: status, into: &block)
        return block
    }

    private func putEnergies(of status: VirtualStation.SocketStatus, into block: inout RegisterBlock) {
        block.put(status.energy.wattHours, as: .f64, at: 374)
        block.put(0, as: .f64, at: 390)
        guard !settings.hasNewerMeter else { return }
        // The model does not keep energies per phase; with equal conductors each has its part.
        let count = max(1, status.currents.values.filter { $0 > .zero }.count)
        let parts = (0..<3).map { $0 < count ? status.energy.wattHours / Double(count) : 0 }
        block.put(parts, as: .f64, at: 362)
        block.put([0, 0, 0], as: .f64, at: 378)
        block.put(parts + [status.energy.wattHours], as: .f64, at: 394)
        block.put([0, 0, 0, 0], as: .f64, at: 410)
    }

    private func socket(_ status: VirtualStation.SocketStatus) -> RegisterBlock {
        var block = RegisterBlock(start: 1200, count: 16, filler: 0)
        block.put(status.isOperative ? 1 : 0, as: .u16, at: 1200)
        block.put(text: status.state.rawValue, at: 1201, count: 5)
        block.put(status.applied.amperes, as: .f32, at: 1206)
        block.put(status.validityRemaining.seconds.rounded(.down), as: .u32, at: 1208)
        block.put(status.setpoint.amperes, as: .f32, at: 1210)
        block.put(status.safeCurrent.amperes, as: .f32, at: 1212)
        block.put(status.isAccountedFor ? 1 : 0, as: .u16, at: 1214)
        block.put(Double(status.conductors), as: .u16, at: 1215)
        return block
    }

    /// The socket's meter is read every 300 ms; its newest value was 29 to 328 ms old in the field.
    private var meterAge: Double {
        29 + (station.now.sinceStart.seconds * 1000).truncatingRemainder(dividingBy: 300).rounded(.down)
    }

    private func withSum(_ values: [Double]) -> [Double] { values + [values.reduce(0, +)] }
}
