// SPDX-License-Identifier: Apache-2.0
public import Modbus
public import ModbusNIO
public import Quantities
internal import Synchronization

/// A Socomec Countis E27 in software: its Modbus map, its settings, and faults to order.
///
/// ```swift
/// let meter = VirtualCountis()
/// meter.measure(Supply(currents: PerPhase(Amperes(12), Amperes(3), Amperes(-4))), at: .start)
/// let server = try await ModbusServer.start(meter.serverConfiguration(port: 0), responder: meter)
/// ```
public final class VirtualCountis: GridMeter {
    /// The device bears no more TCP clients.
    public static let mostClients = 4

    private let state: Mutex<CountisState>

    /// Creates a meter through which nothing flows.
    ///
    /// - Parameters:
    ///   - settings: How it is set up.
    ///   - countedImport: What it counted in its life before.
    public init(settings: CountisSettings = CountisSettings(), countedImport: WattHours = WattHours(milliwattHours: 0))
    {
        let total = MeterModel.Energies(activeImport: countedImport.wattHours, apparent: countedImport.wattHours)
        state = Mutex(CountisState(settings: settings, meter: MeterModel(total: total)))
    }

    /// How it is set up.
    public var settings: CountisSettings { state.withLock { $0.settings } }

    /// What is wrong with it.
    public var faults: MeterFaults {
        get { state.withLock { $0.meter.faults } }
        set {
            state.withLock { state in
                guard newValue != state.meter.faults else { return }
                state.meter.faults = newValue
                state.meter.show()
                state.table = nil
            }
        }
    }

    /// Where and how its server listens: at most four clients.
    public func serverConfiguration(port: Int) -> ModbusServerConfiguration {
        var configuration = ModbusServerConfiguration(port: port)
        configuration.maximumConnections = VirtualCountis.mostClients
        return configuration
    }

    /// Takes what flows from an instant on; energies count what flowed until then.
    public func measure(_ supply: Supply, at instant: Instant) {
        state.withLock { state in
            state.meter.measure(supply, at: instant)
            state.table = nil
        }
    }

    /// Restarts; all measured values are zero for a while after it.
    public func reboot(zerosFor duration: Duration) {
        state.withLock { state in
            state.meter.reboot(zerosFor: duration)
            state.newUnit = nil
            state.table = nil
        }
    }

    /// Answers a request for this meter's unit, as the present faults have it.
    public func respond(to request: Request, unit: UInt8) -> ServerReply {
        state.withLock { state in
            guard state.answers(unit) else { return .silence }
            switch state.meter.faults.answering {
            case .normally: return .now(state.answer(request))
            case .late(let delay): return .later(delay, state.answer(request))
            case .never: return .silence
            case .exception(let code): return .now(.exception(request.function, code))
            case .garbage: return .now(state.garbage(request))
            case .malformed: return .now(state.malformed(request))
            }
        }
    }

    /// Answers a request of the wrong shape, or not at all when it is for another unit.
    public func respond(toMalformed function: FunctionCode, unit: UInt8) -> ServerReply {
        state.withLock { state in
            guard state.answers(unit), state.meter.faults.answering != .never else { return .silence }
            return .now(.exception(function, .illegalDataValue))
        }
    }
}
