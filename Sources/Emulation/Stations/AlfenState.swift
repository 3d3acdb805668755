// SPDX-License-Identifier: Apache-2.0
internal import Modbus
internal import Quantities
internal import Simulation

/// An Alfen station as a value: requests in, answers out.
struct AlfenState {
    var settings: AlfenSettings
    var station: VirtualStation
    var network = NetworkSetpoints()

    func hasUnit(_ unit: UInt8) -> Bool {
        unit == AlfenRegisters.stationUnit || (1...station.sockets.count).contains(Int(unit))
    }

    /// Stops wherever a setpoint of the network lapses.
    mutating func advance(to instant: Instant) {
        while station.now < instant {
            station.advance(to: min(instant, network.nextLapse(after: station.now) ?? instant))
            limitByNetwork()
        }
    }

    mutating func limitByNetwork() {
        // Sockets and their neighbours share conductors in order, so the tightest phase binds.
        let inForce = settings.network.map { network.inForce(at: station.now, safeCurrent: $0.safeCurrent) }
        station.networkLimit = inForce?.minimum
    }

    mutating func answer(_ request: Request, unit: UInt8) -> Response {
        switch request {
        case .readHoldingRegisters:
            let registers = AlfenRegisters(settings: settings, station: station, network: network)
            var tables = RegisterTables(holding: registers.table(unit: unit) ?? RegisterTable())
            return tables.respond(to: request)
        case .writeSingleRegister(let address, let value):
            if let refusal = write([value], at: address, unit: unit) { return .exception(request.function, refusal) }
            return .writeSingleRegister(address: address, value: value)
        case .writeMultipleRegisters(let address, let values):
            if let refusal = write(values, at: address, unit: unit) { return .exception(request.function, refusal) }
            return .writeMultipleRegisters(address: address, count: UInt16(truncatingIfNeeded: values.count))
        default:
            return .exception(request.function, .illegalFunction)
        }
    }

    /// Why a write is refused.
    private mutating func write(_ values: [UInt16], at address: UInt16, unit: UInt8) -> ExceptionCode? {
        switch (unit == AlfenRegisters.stationUnit, address) {
        case (false, AlfenRegisters.setpointAddress): writeSetpoint(values, socket: Int(unit) - 1)
        case (false, AlfenRegisters.conductorsAddress): writeConductors(values, socket: Int(unit) - 1)
        case (true, 1417), (true, 1419), (true, 1421): writeNetworkSetpoints(values, at: address)
        default: .illegalDataAddress
        }
    }

    /// A value of two registers is written whole or not at all.
    private mutating func writeSetpoint(_ values: [UInt16], socket: Int) -> ExceptionCode? {
        guard values.count == 2, let setpoint = setpoint(values) else { return .illegalDataValue }
        do {
            try station.write(setpoint: setpoint, socket: socket)
            return nil
        } catch {
            return error.exceptionCode
        }
    }

    private mutating func writeConductors(_ values: [UInt16], socket: Int) -> ExceptionCode? {
        guard values.count == 1 else { return .illegalDataAddress }
        do {
            try station.choose(conductors: Int(values[0]), socket: socket)
            return nil
        } catch {
            return error.exceptionCode
        }
    }

    /// One, two or three whole values from a phase on; without a network nobody may write them.
    private mutating func writeNetworkSetpoints(_ values: [UInt16], at address: UInt16) -> ExceptionCode? {
        guard let network = settings.network, !station.faults.refusesWrites else { return .illegalFunction }
        let first = Int(address - AlfenRegisters.networkSetpointAddress) / 2
        guard values.count % 2 == 0 else { return .illegalDataValue }
        guard first + values.count / 2 <= 3 else { return .illegalDataAddress }
        let setpoints = stride(from: 0, to: values.count, by: 2).map { setpoint(Array(values[$0..<$0 + 2])) }
        guard setpoints.allSatisfy({ $0 != nil }) else { return .illegalDataValue }
        for (phase, setpoint) in zip(Phase.allCases.dropFirst(first), setpoints.compactMap(\.self)) {
            self.network.write(setpoint, phase: phase, until: station.now + network.validity)
        }
        limitByNetwork()
        return nil
    }

    /// Not a number, infinity and negative currents are no setpoints.
    private func setpoint(_ words: [UInt16]) -> Amperes? {
        guard let number = RegisterType.f32.decode(words, order: .highWordFirst)?.double else { return nil }
        guard (0...VirtualStation.highestSetpoint.amperes).contains(number) else { return nil }
        // To the nearest: 13.7 A in single precision is a little less than 13.7 A.
        return Amperes(milliamperes: Int((number * 1000).rounded()))
    }
}

extension VirtualStation.WriteRefusal {
    /// How the device says so: 1 in a mode without writes, 3 for a value or a choice the installer did not allow.
    fileprivate var exceptionCode: ExceptionCode {
        switch self {
        case .refused: .illegalFunction
        case .value, .notAllowed: .illegalDataValue
        }
    }
}
