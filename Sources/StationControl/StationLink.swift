// SPDX-License-Identifier: Apache-2.0
import Balancing
public import Devices
public import Quantities
import Synchronization

/// The way to one charging station: its driver, its sockets, and the setpoints that wait to be written.
///
/// A setpoint that has not been written when the next one for the same socket comes is replaced by it, so at most one per
/// socket waits; one that has waited longer than ``longestWait`` is not sent any more, since its lease is counted from the
/// decision.
public final class StationLink: Sendable {
    /// The station.
    public let station: StationID
    /// The driver.
    let charger: Charger
    /// The sockets with their unit identifiers.
    let sockets: [(id: SocketID, unit: UInt8)]
    private let waiting = Mutex<[SocketID: (current: Amperes, since: Instant)]>([:])
    private let signals: AsyncStream<Void>
    private let signal: AsyncStream<Void>.Continuation

    /// Older orders are given up; the next decision makes a new one.
    static let longestWait = Duration.seconds(1)

    /// Creates a link; nothing is sent before the controller runs.
    public init(station: StationID, charger: Charger, sockets: [(id: SocketID, unit: UInt8)]) {
        self.station = station
        self.charger = charger
        self.sockets = sockets
        (signals, signal) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// Hands over a setpoint for the writer.
    func write(_ current: Amperes, to socket: SocketID, at now: Instant) {
        waiting.withLock { $0[socket] = (current, now) }
        signal.yield()
    }

    /// Writes setpoints as they come, until the task is cancelled.
    ///
    /// - Parameters:
    ///   - timekeeper: Tells how long an order has waited.
    ///   - report: Told of setpoints that were lost or refused.
    func runWriter(_ timekeeper: Timekeeper, _ report: (Event) async -> Void) async {
        for await _ in signals {
            for (socket, unit) in sockets {
                guard let order = waiting.withLock({ $0.removeValue(forKey: socket) }) else { continue }
                guard timekeeper.now - order.since <= StationLink.longestWait else {
                    await report(.setpointLost(socket))
                    continue
                }
                do {
                    try await charger.setMaximumCurrent(order.current, unit: unit)
                } catch {
                    await report(event(for: error, socket: socket))
                }
            }
        }
    }

    private func event(for error: ChargerError, socket: SocketID) -> Event {
        switch error {
        case .exception where error.isPermanent, .unwritable: .setpointRefused(socket, cause: error.description)
        // A station that is busy takes the next one (hazard M16).
        case .exception, .noAnswer, .implausible, .wrongDevice: .setpointLost(socket)
        }
    }

    /// Writes the safe current of every socket; errors are returned, since nobody is left to try again.
    func writeSafeCurrents(_ safeCurrents: [SocketID: Amperes]) async -> [(SocketID, ChargerError)] {
        var failed: [(SocketID, ChargerError)] = []
        for (socket, unit) in sockets {
            do {
                try await charger.setMaximumCurrent(safeCurrents[socket] ?? .zero, unit: unit)
            } catch {
                failed.append((socket, error))
            }
        }
        return failed
    }

    /// What one poll tells the next.
    struct PollMemory: Sendable {
        /// The uptime of the poll before; a smaller one means a restart.
        var uptime: Duration?
        /// Why the first of a row of polls failed; later ones mostly tell of its consequences, such as waiting to
        /// reconnect.
        var firstCause: String?
    }

    /// One poll of the station, as an event.
    ///
    /// - Parameter memory: Of the poll before.
    /// - Returns: The station's report, or that it was missed.
    func poll(_ memory: inout PollMemory) async -> Event {
        do {
            let status = try await charger.readStatus()
            let hasRestarted = zip(status.uptime, memory.uptime).map { $0 < $1 } ?? false
            memory = PollMemory(uptime: status.uptime ?? memory.uptime)
            return .stationReported(
                StationReport(
                    station: station,
                    hasRestarted: hasRestarted,
                    sockets: sockets.compactMap { socket in
                        status.sockets.first { $0.unit == socket.unit }
                            .map { SocketReport(socket.id, $0, readAt: status.readAt) }
                    }
                )
            )
        } catch {
            let cause = memory.firstCause ?? error.description
            memory.firstCause = cause
            return .stationMissed(station, cause: cause)
        }
    }
}

extension SocketReport {
    /// A driver's reading in the balancer's terms.
    init(_ socket: SocketID, _ reading: SocketReading, readAt: Instant) {
        self.init(
            socket: socket,
            vehicle: VehicleState(reading.mode3),
            applied: reading.applied,
            setpoint: reading.setpoint,
            validityRemaining: reading.validityRemaining,
            isAccountedFor: reading.accountedFor,
            safeCurrent: reading.safeCurrent,
            currents: reading.currents,
            measuredAt: readAt - (reading.measurementAge ?? .zero)
        )
    }
}

extension VehicleState {
    /// What a control pilot state says about the vehicle; a socket that does not tell counts as out of order.
    init(_ state: Mode3State?) {
        switch state {
        case .a: self = .absent
        case .b1, .c1, .d1: self = .waiting
        case .b2: self = .ready
        case .c2, .d2: self = .charging
        case .e, .f, nil: self = .unavailable
        }
    }
}

/// Both values, when both are there.
private func zip<Left, Right>(_ left: Left?, _ right: Right?) -> (Left, Right)? {
    guard let left, let right else { return nil }
    return (left, right)
}
