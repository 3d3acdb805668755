// SPDX-License-Identifier: Apache-2.0
import Quantities

/// What the balancer remembers of one socket between two decisions.
struct SocketControl: Sendable {
    let socket: Socket

    // What the station told last.
    var report: SocketReport?
    var hasReported: Bool { report != nil }
    var vehicle: VehicleState { report?.vehicle ?? .absent }

    // What was ordered last.
    var offer = Amperes.zero
    var lastSequence = 0
    var sentAt: Instant?
    var raisedAt: Instant?
    var mustWrite = false
    var bound = BindingLimit.notCharging
    /// The numbers behind ``offer``; `nil` before the first decision.
    var explanation: Explanation?

    // Turns.
    var servedSince: Instant?
    var waitingSince: Instant?
    var pausedAt: Instant?
    /// The row that had no room when it was last looked at for a turn.
    var blockedRow: Int?

    /// The gradual return: from this current at this instant, 1 A each step interval.
    var ceilingStart: (current: Amperes, at: Instant)?

    // What the vehicle showed.
    var demand = VehicleDemand()
    var history = DrawHistory()

    /// Higher offers that were lowered a moment ago, with the instant: a vehicle may still be following them.
    var lowered: [(current: Amperes, at: Instant)] = []
    /// Since when the socket has drawn or applied more than it was ordered.
    var disobeysSince: Instant?
    var isDisobedient = false
    /// The setpoint that the station refused; `nil` once it has shown a later one in force.
    var refusedSequence: Int?
    /// When a setpoint was last lost on the way; the station cannot account for what it never got.
    var lostAt: Instant?

    let wiring: Wiring

    init(_ socket: Socket) {
        wiring = Wiring(socket.rotation)
        var socket = socket
        // Rounded up, so that an offer of the minimum is not rounded down to less than it.
        socket.minimum = -(-socket.minimum).roundedDown(toMultipleOf: socket.resolution)
        self.socket = socket
    }

    /// Whether the vehicle is there and would take current.
    var wantsCurrent: Bool { vehicle.isConnected }

    /// The phases of the site that the vehicle loads; all connected ones while that is not known.
    var loadedPhases: [Phase] { socket.sitePhases(using: demand.used) }

    /// The measured draw of the socket moved to the phases of the site.
    ///
    /// Where the wiring is unknown, the largest conductor counts on every phase, as its offer does: on a phase that the
    /// vehicle does not load the two cancel, so that no phase gets more than its reading leaves.
    func onSite(_ conductors: PerPhase<Amperes>) -> PerPhase<Amperes> { wiring.onSite(conductors) }
}

/// A rotation without its list, for the sums of every decision.
enum Wiring: Sendable {
    case unknown
    case single(Phase)
    case three(PerPhase<Phase>)

    init(_ rotation: PhaseRotation?) {
        let phases = rotation?.phases ?? []
        self =
            switch phases.count {
            case 1: .single(phases[0])
            case 3: .three(PerPhase(phases[0], phases[1], phases[2]))
            default: .unknown
            }
    }

    /// Moves a draw to the phases of the site; see ``SocketControl/onSite(_:)``.
    func onSite(_ conductors: PerPhase<Amperes>) -> PerPhase<Amperes> {
        switch self {
        case .unknown: return PerPhase(repeating: conductors.maximum)
        case .single(let phase):
            var site = PerPhase(repeating: Amperes.zero)
            site[phase] = conductors.l1
            return site
        case .three(let phases):
            var site = PerPhase(repeating: Amperes.zero)
            site[phases.l1] = conductors.l1
            site[phases.l2] = conductors.l2
            site[phases.l3] = conductors.l3
            return site
        }
    }
}

/// Some of the three conductors of a socket.
struct Conductors: Hashable, Sendable {
    /// Bit i stands for conductor i.
    var bits: Int

    static let all = Conductors(bits: 0b111)
    /// How many sets there are.
    static let sets = 8

    func contains(_ conductor: Phase) -> Bool { bits & (1 << conductor.index) != 0 }
    mutating func insert(_ conductor: Phase) { bits |= 1 << conductor.index }
    mutating func remove(_ conductor: Phase) { bits &= ~(1 << conductor.index) }
}

extension Socket {
    /// The phases of the site that a vehicle loads when it uses some conductors; all connected ones when it uses none.
    func sitePhases(using conductors: Conductors) -> [Phase] {
        guard let rotation else { return Phase.allCases }
        let used = zip(Phase.allCases, rotation.phases).filter { conductors.contains($0.0) }.map(\.1)
        return used.isEmpty ? rotation.phases : used
    }
}
