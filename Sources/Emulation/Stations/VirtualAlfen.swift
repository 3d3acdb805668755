// SPDX-License-Identifier: Apache-2.0
public import Modbus
public import ModbusNIO
public import Quantities
public import Simulation
internal import Synchronization

/// An Alfen station (NG9xx) in software: units 200, 1, 2, its setpoints with their countdown, and cars to plug in.
///
/// Its time is the timekeeper's: every request finds the station as it is at that moment.
public final class VirtualAlfen: ModbusResponder {
    /// The device bears no more TCP clients; when full, the quietest one gives way.
    public static let mostClients = 2
    /// The device closes links that have been quiet for so long.
    public static let idleLimit = Duration.seconds(60)

    private let state: Mutex<AlfenState>
    private let timekeeper: Timekeeper

    /// Creates a station that starts now.
    ///
    /// - Parameters:
    ///   - settings: What it says about itself.
    ///   - sockets: One or two sockets, the left one first.
    ///   - maximumCurrent: The most all sockets offer together, per conductor.
    ///   - timekeeper: Gives the time at each request.
    public init(
        settings: AlfenSettings = AlfenSettings(),
        sockets: [VirtualSocket.Settings] = [VirtualSocket.Settings()],
        maximumCurrent: Amperes = Amperes(32),
        timekeeper: Timekeeper
    ) {
        precondition((1...2).contains(sockets.count), "an Alfen station has 1 or 2 sockets, not \(sockets.count)")
        let station = VirtualStation(sockets: sockets, maximumCurrent: maximumCurrent, startedAt: timekeeper.now)
        var state = AlfenState(settings: settings, station: station)
        state.limitByNetwork()
        self.state = Mutex(state)
        self.timekeeper = timekeeper
    }

    /// Where and how its server listens.
    ///
    /// - Parameter port: The TCP port; 0 lets the system choose.
    /// - Returns: The device's limits: two clients, 60 s of silence.
    public func serverConfiguration(port: Int) -> ModbusServerConfiguration {
        var configuration = ModbusServerConfiguration(port: port)
        configuration.maximumConnections = VirtualAlfen.mostClients
        configuration.idleLimit = VirtualAlfen.idleLimit
        return configuration
    }

    /// The station as of its last advance or request.
    public var station: VirtualStation { state.withLock { $0.station } }

    /// What is wrong with it.
    public var faults: StationFaults {
        get { state.withLock { $0.station.faults } }
        set { change { if $0.faults != newValue { $0.faults = newValue } } }
    }

    /// Lives on to an instant; one of its past changes nothing.
    public func advance(to instant: Instant) {
        state.withLock { $0.advance(to: instant) }
    }

    /// Connects a car to a socket, counted from 0.
    public func plugIn(_ car: Car, socket: Int) { change { $0.plugIn(car, socket: socket) } }

    /// Disconnects the car of a socket, counted from 0.
    @discardableResult
    public func unplug(socket: Int) -> Car? { change { $0.unplug(socket: socket) } }

    /// Takes a socket, counted from 0, in or out of service.
    public func setOperative(_ isOperative: Bool, socket: Int) {
        change { $0.setOperative(isOperative, socket: socket) }
    }

    /// Restarts: setpoints are lost, and connections are closed until it is up again.
    public func reboot(downtime: Duration = .seconds(20)) {
        let now = timekeeper.now
        state.withLock { state in
            state.advance(to: now)
            state.station.reboot(downtime: downtime)
            state.network = NetworkSetpoints()
            state.limitByNetwork()
        }
    }

    /// Answers a request as the station does at this moment.
    public func respond(to request: Request, unit: UInt8) -> ServerReply {
        let now = timekeeper.now
        return state.withLock { state in
            state.advance(to: now)
            guard !state.station.faults.isAway else { return .silence }
            guard !state.station.isDown else { return .closeConnection }
            guard state.hasUnit(unit) else { return .silence }
            return .now(state.answer(request, unit: unit))
        }
    }

    /// Answers a request of the wrong shape.
    public func respond(toMalformed function: FunctionCode, unit: UInt8) -> ServerReply {
        state.withLock { state in
            guard !state.station.faults.isAway, state.hasUnit(unit) else { return .silence }
            return .now(.exception(function, .illegalDataValue))
        }
    }

    @discardableResult
    private func change<Result: Sendable>(_ body: (inout VirtualStation) -> Result) -> Result {
        let now = timekeeper.now
        return state.withLock { state in
            state.advance(to: now)
            return body(&state.station)
        }
    }
}
