// SPDX-License-Identifier: Apache-2.0
public import Documents
internal import Quantities

extension ChargerProfile {
    private static let currentUnits = Quantity.currentUnits
    private static let timeUnits = ["s": 1, "ms": 0.001]

    /// Reads a profile file.
    ///
    /// - Parameters:
    ///   - document: The file.
    ///   - name: The name of the file without folder and extension; the profile has to carry the same.
    /// - Throws: `DocumentError` with everything that is wrong.
    public init(document: Document, name: String) throws(DocumentError) {
        self = try document.read { ChargerProfile.read($0, name: name) }
    }

    private static func read(_ reader: MappingReader, name: String) -> ChargerProfile? {
        var profile = ProfileReader(reader)
        let header = profile.header(kind: .charger, name: name)
        let units = readUnits(reader)
        let connections = reader.integer("maximum_connections", in: 1...1000)
        let idle = reader.seconds("idle_limit", in: 1...86_400)
        let period = reader.seconds("poll_period", in: 0.1...600, required: true)
        let setpoint = readSetpoint(profile)
        let failSafe = reader.choice("fail_safe", of: FailSafe.self, required: true)
        let validity = readValidity(profile)
        let station = readStation(profile)
        let socket = readSocket(profile)
        let identification = profile.identification()
        if failSafe == .lifetime, !reader.has("validity") {
            reader.report("fail_safe", "needs validity", remedy: "say how long a setpoint counts")
        }
        guard let header, let units, let period, let setpoint, let failSafe, let socket else { return nil }
        let charger = ChargerProfile(
            header: header,
            stationUnit: units.station,
            socketUnits: units.sockets,
            maximumConnections: connections,
            idleLimit: idle,
            pollPeriod: period,
            setpoint: setpoint,
            validity: validity,
            failSafe: failSafe,
            station: station,
            socket: socket,
            identification: identification
        )
        charger.checkBlocks(reader)
        return charger
    }

    private func checkBlocks(_ reader: MappingReader) {
        let fields: [RegisterField?] = [
            setpoint.field, validity?.remaining, socket.applied, socket.safeCurrent, socket.accountedFor,
            socket.measurementAge,
        ]
        let spans = (fields.compactMap(\.self) + (socket.currents?.values ?? [])).map(\.span)
        for span in spans {
            for block in header.planner.prescribed where block.range.overlaps(span) && !block.range.contains(span) {
                reader.report("blocks", "cut a value in two: a block ends inside registers \(span)")
            }
        }
    }

    private static func readUnits(_ reader: MappingReader) -> (station: UInt8, sockets: [UInt8])? {
        guard let group = reader.group("units", required: true) else { return nil }
        let station = group.integer("station", in: 0...255, required: true)
        let nodes = group.list("sockets", required: true, atMost: 16)
        let sockets = nodes?.compactMap { ValueReading.integer($0, in: 0...255, faults: group.faults) }
        if nodes?.isEmpty == true { group.report("sockets", "is an empty list") }
        if let sockets, Set(sockets).count != sockets.count { group.report("sockets", "names one unit twice") }
        guard let station, let sockets else { return nil }
        return (UInt8(station), sockets.map { UInt8($0) })
    }

    private static func readSetpoint(_ profile: ProfileReader) -> Setpoint? {
        guard let group = profile.reader.group("setpoint", required: true) else { return nil }
        let field = profile.field(group, units: currentUnits)
        let resolution = current(group, "resolution", 0.001...10, required: true)
        let minimum = current(group, "minimum", 0...80, required: true)
        let maximum = current(group, "maximum", 1...1000)
        let pause = current(group, "pause", 0...80, required: true)
        if let minimum, let pause, pause >= minimum, minimum > .zero {
            group.report("pause", "is not below the minimum, so it would not pause")
        }
        if let minimum, let maximum, maximum < minimum { group.report("maximum", "is below the minimum") }
        if let field, case .exponent = field.scale {
            group.report("scale_exponent", "cannot be used for a value that is written", remedy: "write scale")
        }
        guard let field, let resolution, let minimum, let pause else { return nil }
        return Setpoint(field: field, resolution: resolution, minimum: minimum, maximum: maximum, pause: pause)
    }

    private static func current(
        _ group: MappingReader,
        _ key: String,
        _ range: ClosedRange<Double>,
        required: Bool = false
    ) -> Amperes? {
        group.number(key, in: range, unit: "A", required: required).flatMap(Amperes.init(roundingDown:))
    }

    private static func readValidity(_ profile: ProfileReader) -> Validity? {
        guard let group = profile.reader.group("validity") else { return nil }
        let remaining = group.group("remaining").flatMap { profile.field($0, units: timeUnits) }
        let usual = group.seconds("usual", in: 1...86_400, required: true)
        let refresh = group.seconds("refresh", in: 0.5...43_200, required: true)
        guard let usual, let refresh else { return nil }
        if refresh > usual / 2 {
            group.report("refresh", "is more than half of usual", remedy: "one lost write would let the setpoint lapse")
        }
        return Validity(remaining: remaining, usual: usual, refresh: refresh)
    }

    private static func readStation(_ profile: ProfileReader) -> StationFields {
        let group = profile.reader.group("station")
        let uptime = group?.group("uptime").flatMap { profile.field($0, units: timeUnits) }
        let count = group?.group("socket_count").flatMap { profile.field($0, units: [:]) }
        let maximum = group?.group("maximum_current").flatMap { profile.field($0, units: currentUnits) }
        return StationFields(uptime: uptime, socketCount: count, maximumCurrent: maximum)
    }

    private static func readSocket(_ profile: ProfileReader) -> SocketFields? {
        guard let group = profile.reader.group("socket", required: true) else { return nil }
        let applied = group.group("applied").flatMap { profile.field($0, units: currentUnits) }
        let safe = group.group("safe_current").flatMap { profile.field($0, units: currentUnits) }
        let accounted = group.group("accounted_for").flatMap { profile.field($0, units: [:]) }
        let currents = group.group("current").flatMap { profile.fields($0, units: currentUnits) }
        let age = group.group("measurement_age").flatMap { profile.field($0, units: timeUnits) }
        return SocketFields(
            mode3: group.group("mode3").flatMap(readMode3),
            applied: applied,
            safeCurrent: safe,
            accountedFor: accounted,
            currents: currents.map { PerPhase($0[0], $0[1], $0[2]) },
            measurementAge: age
        )
    }

    private static func readMode3(_ group: MappingReader) -> ReadBlock? {
        let address = group.integer("address", in: 0...ProfileReader.lastAddress, required: true)
        let count = group.integer("registers", in: 1...16, required: true)
        guard let address, let count else { return nil }
        if address + count > ProfileReader.lastAddress + 1 {
            group.report("registers", "reach beyond the last register")
        }
        return ReadBlock(address: address, count: count)
    }
}
