// SPDX-License-Identifier: Apache-2.0
import Emulation
import Modbus
import ModbusNIO
import Quantities
import Simulation
import Synchronization

/// A virtual station on the wire that remembers every setpoint it was sent.
final class RecordingStation: ModbusResponder {
    /// A setpoint that arrived.
    struct Setpoint: Sendable, Equatable {
        var at: Instant
        var unit: UInt8
        var current: Amperes
        var isRefused: Bool
    }

    /// The register that takes setpoints.
    static let setpointRegister: UInt16 = 1210

    let station: VirtualAlfen
    private let timekeeper: Timekeeper
    private let received = Mutex<[Setpoint]>([])
    private let exception = Mutex<ExceptionCode?>(nil)
    private let unanswered = Mutex(0)
    private let isGone = Mutex(false)

    init(_ station: VirtualAlfen, _ timekeeper: Timekeeper) {
        self.station = station
        self.timekeeper = timekeeper
    }

    /// The setpoints that arrived, in order.
    var setpoints: [Setpoint] { received.withLock { $0 } }

    /// The currents that arrived for one socket, in order.
    func currents(unit: UInt8) -> [Amperes] { setpoints.filter { $0.unit == unit }.map(\.current) }

    /// What register 1210 holds, read as any client would.
    func register(unit: UInt8) -> Double? {
        let read = Request.readHoldingRegisters(address: RecordingStation.setpointRegister, count: 2)
        guard case .now(.readHoldingRegisters(let words)) = station.respond(to: read, unit: unit) else { return nil }
        return RegisterType.f32.decode(words, order: .highWordFirst)?.double
    }

    /// Writes a setpoint as an earlier controller did.
    func write(_ current: Double, unit: UInt8) {
        guard let words = RegisterType.f32.encode(current, order: .highWordFirst) else { return }
        _ = station.respond(
            to: .writeMultipleRegisters(address: RecordingStation.setpointRegister, values: words),
            unit: unit
        )
    }

    /// Answers setpoints with an exception from now on; `nil` ends that.
    func answerSetpoints(with code: ExceptionCode?) { exception.withLock { $0 = code } }

    /// Whether it hangs up on whoever asks, as a machine does whose program has ended; the power side lives on.
    ///
    /// Nobody has to wait for that, unlike for silence.
    var hangsUp: Bool {
        get { isGone.withLock { $0 } }
        set { isGone.withLock { $0 = newValue } }
    }

    /// Ends the connection at each of the next setpoints, without taking them.
    func loseSetpoints(_ count: Int) { unanswered.withLock { $0 = count } }

    /// Answers like the station, and keeps setpoints.
    func respond(to request: Request, unit: UInt8) -> ServerReply {
        if hangsUp { return .closeConnection }
        guard case .writeMultipleRegisters(RecordingStation.setpointRegister, let values) = request else {
            return station.respond(to: request, unit: unit)
        }
        let isLost = unanswered.withLock { left in
            guard left > 0 else { return false }
            left -= 1
            return true
        }
        if isLost { return .closeConnection }
        if let code = exception.withLock({ $0 }) { return .now(.exception(request.function, code)) }
        let reply = station.respond(to: request, unit: unit)
        let amperes = RegisterType.f32.decode(values, order: .highWordFirst)?.double ?? -1
        let isRefused = if case .now(.exception) = reply { true } else { false }
        let setpoint = Setpoint(
            at: timekeeper.now,
            unit: unit,
            current: Amperes(milliamperes: Int((amperes * 1000).rounded())),
            isRefused: isRefused
        )
        received.withLock { $0.append(setpoint) }
        return reply
    }
}

/// A virtual grid meter on the wire that measures house and cars at the very moment it is asked.
final class LiveMeter: ModbusResponder {
    let meter: VirtualCountis
    private let stations: [VirtualAlfen]
    private let timekeeper: Timekeeper
    private let state: Mutex<(house: PerPhase<Amperes>, closesNext: Bool)>

    init(_ meter: VirtualCountis, _ stations: [VirtualAlfen], house: Amperes, _ timekeeper: Timekeeper) {
        self.meter = meter
        self.stations = stations
        self.timekeeper = timekeeper
        state = Mutex((PerPhase(repeating: house), false))
    }

    /// What the house takes per phase.
    var house: PerPhase<Amperes> {
        get { state.withLock { $0.house } }
        set { state.withLock { $0.house = newValue } }
    }

    /// What flows at the grid connection now.
    var grid: PerPhase<Amperes> {
        let now = timekeeper.now
        // No real house draws the same for two seconds, and a meter that shows so counts as frozen.
        let flicker = Amperes(milliamperes: Int(now.sinceStart.seconds) % 7 * 5)
        return stations.reduce(house.map { $0 + flicker }) { sum, station in
            station.advance(to: now)
            return station.station.sockets.reduce(sum) { $0 + $1.currents }
        }
    }

    /// Ends the connection at the next request, as when somebody exchanges the device.
    func closeConnection() { state.withLock { $0.closesNext = true } }

    /// Measures, then answers like the meter.
    func respond(to request: Request, unit: UInt8) -> ServerReply {
        let closes = state.withLock { state in
            defer { state.closesNext = false }
            return state.closesNext
        }
        if closes { return .closeConnection }
        meter.measure(Supply(currents: grid), at: timekeeper.now)
        return meter.respond(to: request, unit: unit)
    }
}
