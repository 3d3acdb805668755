// SPDX-License-Identifier: Apache-2.0
public import Quantities

/// How a site is at one instant, for people and programs that look on.
public struct SiteStatus: Sendable, Equatable, Codable {
    /// The link to the meter.
    public var meter: MeterState
    /// Age of the newest reading; `nil` before the first.
    public var readingAge: Duration?
    /// Each phase of the grid connection.
    public var phases: PerPhase<PhaseStatus>
    /// Each socket, ordered by name.
    public var sockets: [SocketStatus]
}

/// How one phase of the grid connection is.
public struct PhaseStatus: Sendable, Equatable, Codable {
    /// The limit in force for the whole connection.
    public var limit: Amperes
    /// What the meter showed last, signed; `nil` while there is no reading to trust.
    public var load: Amperes?
    /// The part of the load that is not charging; `nil` while the meter is lost.
    public var background: Amperes?
    /// What the sockets drew when they last told.
    public var charging: Amperes
    /// What charging may have, all sockets together; negative when the house alone is over the limit.
    public var headroom: Amperes?
    /// What is offered to or reserved for sockets.
    public var offered: Amperes
}

/// How one socket is.
public struct SocketStatus: Sendable, Equatable, Codable {
    /// The socket.
    public var socket: SocketID
    /// Its station.
    public var station: StationID
    /// What people see of it.
    public var activity: Activity
    /// What the vehicle does.
    public var vehicle: VehicleState
    /// What it is offered.
    public var offer: Amperes
    /// What it drew when it last told, per conductor of the socket.
    public var draw: PerPhase<Amperes>
    /// The limit that decided the offer.
    public var bound: BindingLimit
    /// One sentence with the numbers that decided the offer.
    public var why: String
    /// Place in the queue of those that wait, from 1; `nil` when it does not wait.
    public var waitingPosition: Int?
    /// What may still be in force at the socket in the worst case.
    public var reserved: Amperes

    /// What a socket does, as its light shows it.
    public enum Activity: String, Sendable, Codable {
        /// Nothing connected.
        case available
        /// A vehicle charges with all it can take.
        case charging
        /// A vehicle charges with less than it could have.
        case reduced
        /// As `reduced`, because the meter is lost.
        case reducedToSafe
        /// A vehicle waits because there is not enough, or for its turn.
        case paused
        /// A vehicle may charge and does not.
        case finished
        /// Out of order, or it does not follow its setpoint.
        case faulted
        /// The station does not answer.
        case silent
    }
}

extension Balancer {
    /// How the site is.
    ///
    /// - Parameter now: The present instant.
    /// - Returns: The whole site, with sockets ordered by name.
    /// - Complexity: O(n · d) for n sockets in d circuits each.
    public func status(at now: Instant) -> SiteStatus {
        var charging = PerPhase<Amperes>.zero
        var offered = PerPhase<Amperes>.zero
        for index in sockets.indices {
            // Of a silent socket the last report says less than what its leases still allow.
            let most = ledger.worstCase(index, at: now)
            let isHeard = stations[layout.stationOfSocket[index]].isUsable
            let draw = (sockets[index].report?.currents ?? .zero).map { isHeard ? $0 : min($0, most) }
            charging = charging + sockets[index].onSite(draw)
            for phase in sockets[index].loadedPhases {
                offered[phase] = offered[phase] + reserved(index, at: now)
            }
        }
        let positions = Dictionary(uniqueKeysWithValues: waitingOrder.enumerated().map { ($1, $0 + 1) })
        let isLost = supervisor.state.isLost
        let phases = PerPhase.each { phase in
            PhaseStatus(
                limit: site.circuits[0].limit[phase],
                load: isLost ? nil : samples.last?.currents[phase],
                background: isLost ? nil : budget.background?[phase],
                charging: charging[phase],
                headroom: budget.plan.isEmpty ? nil : budget.plan[phase.index],
                offered: offered[phase]
            )
        }
        return SiteStatus(
            meter: supervisor.state,
            readingAge: supervisor.lastGood.map { now - $0 },
            phases: phases,
            sockets: sockets.indices.map { socketStatus($0, position: positions[$0], at: now) }
        )
    }

    private func socketStatus(_ index: Int, position: Int?, at now: Instant) -> SocketStatus {
        let control = sockets[index]
        return SocketStatus(
            socket: control.socket.id,
            station: control.socket.station,
            activity: activity(index),
            vehicle: control.vehicle,
            offer: control.offer,
            draw: control.report?.currents ?? .zero,
            bound: control.bound,
            why: why(index),
            waitingPosition: position,
            reserved: ledger.worstCase(index, at: now)
        )
    }

    private func activity(_ index: Int) -> SocketStatus.Activity {
        let control = sockets[index]
        guard stations[layout.stationOfSocket[index]].isUsable else { return .silent }
        if control.isDisobedient || control.vehicle == .unavailable { return .faulted }
        guard control.wantsCurrent else { return .available }
        guard control.offer > .zero else { return .paused }
        if control.demand.isNotTaking { return .finished }
        switch control.bound {
        case .socket, .vehicle: return .charging
        default: return supervisor.state.isLost ? .reducedToSafe : .reduced
        }
    }
}
