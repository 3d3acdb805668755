// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Devices
import Modbus
import Quantities

/// The command `headroom station show NAME`.
struct StationShowCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Show what a station's profile says: registers, setpoint, validity, sources.",
        discussion: """
              headroom station show alfen-ng9xx
              headroom station show alfen-ng9xx --json
            """
    )

    @Argument(help: "The name of the profile; see headroom station list.")
    var name: String

    @OptionGroup var profiles: ProfileOptions

    @Flag(help: "Print one JSON object.")
    var json = false

    func run() throws {
        let profile = try profiles.reading { catalogue throws(ProfileError) in try catalogue.charger(name) }
        let description = StationDescription(profile)
        if json { return try Console.printJSON(description) }
        for line in description.lines(profile) { Console.print(line) }
    }
}

/// A station's profile, for output.
private struct StationDescription: Encodable {
    struct Setpoint: Encodable {
        var resolutionA: Amperes
        var minimumA: Amperes
        var maximumA: Amperes?
        var pauseA: Amperes

        enum CodingKeys: String, CodingKey {
            case resolutionA = "resolution_a"
            case minimumA = "minimum_a"
            case maximumA = "maximum_a"
            case pauseA = "pause_a"
        }
    }

    var name: String
    var vendor: String
    var models: [String]
    var transport: String?
    var port: Int
    var stationUnit: Int
    var socketUnits: [Int]
    var wordOrder: String
    var setpoint: Setpoint
    var failSafe: String
    var validityS: Double?
    var refreshS: Double?
    var quantities: [ProfileDescription.Field]
    var identification: [ProfileDescription.Question]
    var stationReads: [ProfileDescription.Read]
    var socketReads: [ProfileDescription.Read]
    var confidence: String
    var sources: [String]
    var notes: [String]

    enum CodingKeys: String, CodingKey {
        case name, vendor, models, transport, port, setpoint, quantities, identification, confidence, sources, notes
        case stationUnit = "station_unit"
        case socketUnits = "socket_units"
        case wordOrder = "word_order"
        case failSafe = "fail_safe"
        case validityS = "validity_s"
        case refreshS = "refresh_s"
        case stationReads = "station_reads"
        case socketReads = "socket_reads"
    }

    init(_ profile: ChargerProfile) {
        let header = profile.header
        name = header.id
        vendor = header.vendor
        models = header.models
        transport = header.transport
        port = header.port
        stationUnit = Int(profile.stationUnit)
        socketUnits = profile.socketUnits.map { Int($0) }
        wordOrder = header.wordOrder.rawValue
        setpoint = Setpoint(
            resolutionA: profile.setpoint.resolution,
            minimumA: profile.setpoint.minimum,
            maximumA: profile.setpoint.maximum,
            pauseA: profile.setpoint.pause
        )
        failSafe = profile.failSafe.rawValue
        validityS = profile.validity?.usual.seconds
        refreshS = profile.validity?.refresh.seconds
        quantities = StationDescription.fields(profile)
        identification = profile.identification.map(ProfileDescription.Question.init)
        stationReads = profile.stationBlocks.map { ProfileDescription.Read($0, header.function) }
        socketReads = profile.socketBlocks.map { ProfileDescription.Read($0, header.function) }
        confidence = header.confidence.rawValue
        sources = header.source
        notes = header.notes
    }

    private static func fields(_ profile: ChargerProfile) -> [ProfileDescription.Field] {
        let socket = profile.socket
        let named: [(String, RegisterField?, String)] = [
            ("station uptime", profile.station.uptime, "s"),
            ("station sockets", profile.station.socketCount, ""),
            ("station maximum", profile.station.maximumCurrent, "A"),
            ("setpoint (written)", profile.setpoint.field, "A"),
            ("setpoint valid for", profile.validity?.remaining, "s"),
            ("applied current", socket.applied, "A"),
            ("setpoint counts", socket.accountedFor, ""),
            ("safe current", socket.safeCurrent, "A"),
            ("current L1", socket.currents?.l1, "A"),
            ("current L2", socket.currents?.l2, "A"),
            ("current L3", socket.currents?.l3, "A"),
            ("age of currents", socket.measurementAge, "s"),
        ]
        return named.compactMap { name, field, unit in
            field.map { ProfileDescription.Field(name, $0, unit: unit) }
        }
    }

    func lines(_ profile: ChargerProfile) -> [String] {
        let sockets = socketUnits.map(String.init).joined(separator: ", ")
        var lines = ProfileDescription.heading(profile.header)
        lines.append("unit identifiers: station \(stationUnit), sockets \(sockets)")
        lines.append(
            "setpoints in steps of \(setpoint.resolutionA), at least \(setpoint.minimumA); below it "
                + "\(setpoint.pauseA) is written, which pauses"
        )
        if let validityS, let refreshS {
            lines.append("a setpoint counts for \(validityS.plain) s and is written again every \(refreshS.plain) s")
        }
        lines += [""] + ProfileDescription.table(quantities) + [""] + ProfileDescription.lines(identification)
        lines += ProfileDescription.lines(stationReads, "each poll of the station")
        lines += ProfileDescription.lines(socketReads, "each poll of a socket")
        return lines + ProfileDescription.ending(profile.header)
    }
}
