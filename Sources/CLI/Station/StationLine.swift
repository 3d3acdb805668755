// SPDX-License-Identifier: Apache-2.0
import Devices
import Quantities

/// What a station says about itself, for output.
struct StationLine: Encodable {
    var device: [String: String]
    var uptimeS: Double?
    var sockets: [SocketLine]

    enum CodingKeys: String, CodingKey {
        case device, sockets
        case uptimeS = "uptime_s"
    }

    init(_ identity: DeviceIdentity, _ status: ChargerStatus) {
        device = identity.answers
        uptimeS = status.uptime?.rounded
        sockets = status.sockets.map(SocketLine.init)
    }

    /// One line for the station, and a table of its sockets.
    var lines: [String] {
        var table = TextTable([
            ("unit", .right), ("state", .left), ("applied", .right), ("setpoint", .right), ("counts", .left),
            ("valid for", .right), ("safe current", .right), ("draws L1 / L2 / L3", .left),
        ])
        for socket in sockets { table.add(socket.cells) }
        return (uptimeS.map { ["running for \(StationLine.time($0))"] } ?? []) + [""] + table.lines
    }

    /// A time for people: "2 d 3 h 12 min", "43 s".
    static func time(_ seconds: Double) -> String {
        let whole = Int(seconds)
        let parts = [(whole / 86_400, "d"), (whole / 3600 % 24, "h"), (whole / 60 % 60, "min"), (whole % 60, "s")]
        let shown = parts.drop { $0.0 == 0 }.prefix(2)
        return shown.isEmpty ? "0 s" : shown.map { "\($0.0) \($0.1)" }.joined(separator: " ")
    }
}

/// What a station says about one socket.
struct SocketLine: Encodable {
    var unit: Int
    var state: String?
    var appliedA: Amperes?
    var setpointA: Amperes?
    var counts: Bool?
    var validForS: Double?
    var safeCurrentA: Amperes?
    var currentsA: PerPhase<Amperes>?

    enum CodingKeys: String, CodingKey {
        case unit, state, counts
        case appliedA = "applied_a"
        case setpointA = "setpoint_a"
        case validForS = "valid_for_s"
        case safeCurrentA = "safe_current_a"
        case currentsA = "currents_a"
    }

    init(_ reading: SocketReading) {
        unit = Int(reading.unit)
        state = reading.mode3?.rawValue
        appliedA = reading.applied
        setpointA = reading.setpoint
        counts = reading.accountedFor
        validForS = reading.validityRemaining?.rounded
        safeCurrentA = reading.safeCurrent
        currentsA = reading.currents
    }

    /// The cells of the table.
    fileprivate var cells: [String] {
        let draws = currentsA.map { $0.values.map { $0.amperes.fixed(1) }.joined(separator: " / ") + " A" }
        return [
            "\(unit)", stateText, SocketLine.text(appliedA), SocketLine.text(setpointA),
            counts.map { $0 ? "yes" : "no" } ?? "-", validForS.map { "\($0.fixed(0)) s" } ?? "-",
            SocketLine.text(safeCurrentA), draws ?? "-",
        ]
    }

    private var stateText: String {
        guard let state, let known = Mode3State(rawValue: state) else { return "?" }
        let meaning =
            switch known {
            case .a: "free"
            case .b1, .b2: "car, not charging"
            case .c1, .d1: "car waits"
            case .c2, .d2: "charging"
            case .e: "no power"
            case .f: "out of order"
            }
        return "\(state) \(meaning)"
    }

    private static func text(_ current: Amperes?) -> String { current.map { "\($0.amperes.fixed(1)) A" } ?? "-" }
}
