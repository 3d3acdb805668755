// SPDX-License-Identifier: Apache-2.0
import Balancing
import Devices
import Documents
import Quantities

// The parts of a site file as far as they could be read. What could not is `nil`; everything else is checked all the
// same, so that all mistakes show at once.

/// A circuit of a site file.
struct CircuitEntry {
    var reader: MappingReader
    var id: CircuitID?
    var parent: CircuitID
    var limit: PerPhase<Amperes>?
    var otherLoad: PerPhase<Amperes>

    /// The circuit for the balancer, when all of it could be read.
    var circuit: Circuit? {
        guard let id, let limit else { return nil }
        return Circuit(id: id, parent: parent, limit: limit, unmeteredLoad: otherLoad)
    }
}

/// A socket of a site file.
struct SocketEntry {
    var reader: MappingReader
    var id: SocketID?
    var unit: UInt8?
    var rotation: PhaseRotation?
    var maximum: Amperes?
    var minimum: Amperes
    var chosenSafe: Amperes?

    /// The phases of the site that it hangs on; all of them while that is unknown.
    var phases: [Phase] { rotation?.phases ?? Phase.allCases }
}

/// A station of a site file.
struct StationEntry {
    var reader: MappingReader
    var id: StationID?
    var profile: ChargerProfile?
    var host: String?
    var port: Int?
    var maximum: Amperes?
    var circuit: CircuitID
    var validity: Duration
    var sockets: [SocketEntry]

    /// Whether it keeps its last setpoint for ever: then it may be drawing its maximum whenever it is silent.
    var keepsSetpoints: Bool { profile?.failSafe == ChargerProfile.FailSafe.none }

    /// The station for the balancer, when all of it could be read.
    var station: Station? {
        guard let id, let maximum else { return nil }
        return Station(id: id, circuit: circuit, maximum: maximum, validity: validity)
    }

    /// Where the station is, when all of it could be read.
    var settings: SiteFile.StationSettings? {
        guard let id, let profile, let host, let port else { return nil }
        let sockets = sockets.compactMap { socket in socket.id.flatMap { id in socket.unit.map { (id, $0) } } }
        return SiteFile.StationSettings(id: id, profile: profile, host: host, port: port, sockets: sockets)
    }

    /// A socket for the balancer, when all of it could be read.
    func socket(_ entry: SocketEntry, safeCurrent: Amperes) -> Socket? {
        guard let station = id, let profile, let id = entry.id, let maximum = entry.maximum else { return nil }
        return Socket(
            id: id,
            station: station,
            rotation: entry.rotation,
            maximum: maximum,
            minimum: entry.minimum,
            safeCurrent: safeCurrent,
            resolution: profile.setpoint.resolution
        )
    }
}
