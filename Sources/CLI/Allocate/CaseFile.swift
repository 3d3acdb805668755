// SPDX-License-Identifier: Apache-2.0
import Balancing
import Documents
import Quantities

/// An allocation case as it stands in a file, so that what is wrong with it is told with line and key.
struct CaseFile {
    /// Why a case that could be read has no answer.
    struct Refusal: Error {
        var isUnsafe: Bool
        var faults: [Fault]
    }

    static let format = "headroom-allocation/1"
    /// More circuits, sockets or stations than any site has.
    private static let mostElements = 5000

    let value: AllocationCase
    private let root: MappingReader
    private let circuits: [MappingReader]
    private let sockets: [MappingReader]
    private let stations: [MappingReader]

    /// Reads a case.
    ///
    /// - Throws: `DocumentError` with everything that is wrong.
    init(_ document: Document) throws(DocumentError) {
        self = try document.read { root in CaseFile(root) }
    }

    private init?(_ root: MappingReader) {
        let format = root.text("format", required: true)
        if let format, format != CaseFile.format {
            root.report("format", "is not \(CaseFile.format)", remedy: "write \"\(CaseFile.format)\"")
        }
        let circuits = root.groups("circuits", required: true, atMost: CaseFile.mostElements) ?? []
        let sockets = root.groups("sockets", required: true, atMost: CaseFile.mostElements) ?? []
        let stations = root.groups("stations", atMost: CaseFile.mostElements) ?? []
        var value = AllocationCase(
            circuits: circuits.map { CaseFile.circuit($0) },
            sockets: sockets.map { CaseFile.socket($0) }
        )
        value.stations = stations.map { CaseFile.station($0) }
        if let voltage = root.number("voltage_v", in: 1...1000, unit: "V").flatMap(Volts.init) {
            value.voltage = voltage
        }
        value.isMeterLost = root.choice("meter", of: MeterWord.self) == .lost
        value.safeCurrent = CaseValues.perPhase(root, "safe_current_a", .down)
        self.value = value
        self.root = root
        self.circuits = circuits
        self.sockets = sockets
        self.stations = stations
    }

    /// The answer to the case.
    func answer() throws(Refusal) -> AllocationAnswer {
        do throws(AllocationRefusal) {
            return try Allocation.answer(value)
        } catch {
            let (reader, key): (MappingReader, String) =
                switch error.place {
                case .circuit(let index, let key): (circuits[index], key)
                case .socket(let index, let key): (sockets[index], key)
                case .station(let index, let key): (stations[index], key)
                case .site(let key): (root, key)
                }
            reader.report(key, error.message, remedy: error.remedy)
            throw Refusal(isUnsafe: error.kind == .unsafe, faults: reader.faults.faults)
        }
    }

    private enum MeterWord: String, CaseIterable {
        case ok
        case lost
    }

    private static func circuit(_ reader: MappingReader) -> AllocationCase.Circuit {
        var circuit = AllocationCase.Circuit(
            id: CircuitID(reader.text("id", required: true) ?? ""),
            parent: reader.text("parent").map { CircuitID($0) }
        )
        circuit.limit = CaseValues.perPhase(reader, "limit_a", .down)
        circuit.powerLimit = reader.number("limit_w", in: 0...1e9, unit: "W").flatMap(Watts.init)
        circuit.imbalance = CaseValues.amperes(reader, "imbalance_a", .down)
        circuit.isSinglePhase = reader.integer("phases", in: 1...3) == 1
        if reader.has("phases"), reader.integer("phases", in: 1...3) == 2 {
            reader.report("phases", "is neither 1 nor 3")
        }
        if let background = CaseValues.perPhase(reader, "background_a", .up, isSigned: true) {
            circuit.load = .background(background)
        }
        if let total = CaseValues.perPhase(reader, "meter_a", .up, isSigned: true) {
            if reader.has("background_a") { reader.report("meter_a", "stands beside background_a", remedy: "keep one") }
            circuit.load = .metered(total)
        }
        return circuit
    }

    private static func socket(_ reader: MappingReader) -> AllocationCase.Socket {
        var socket = AllocationCase.Socket(
            id: SocketID(reader.text("id", required: true) ?? ""),
            circuit: CircuitID(reader.text("circuit", required: true) ?? ""),
            phases: CaseValues.phases(reader, "phases"),
            maximum: CaseValues.amperes(reader, "max_a", .down, required: true) ?? .zero
        )
        socket.station = reader.text("station").map { StationID($0) }
        socket.minimum = CaseValues.amperes(reader, "min_a", .up) ?? socket.minimum
        socket.request = CaseValues.amperes(reader, "request_a", .down)
        socket.maximumPower = reader.number("max_w", in: 0...1e9, unit: "W").flatMap(Watts.init)
        socket.step = CaseValues.amperes(reader, "step_a", .up) ?? socket.step
        socket.state = reader.choice("state", required: true) ?? .unknown
        socket.priority = reader.integer("priority", in: 0...1_000_000) ?? 1
        socket.weight = reader.number("weight", in: 0.001...1000).map { Int(($0 * 1000).rounded()) } ?? 1000
        socket.waiting = reader.number("waiting_s", in: 0...1e12, unit: "s") ?? 0
        socket.draw = CaseValues.conductors(reader, "draw_a")
        socket.granted = CaseValues.amperes(reader, "granted_a", .up)
        socket.leaseRemaining = reader.number("lease_remaining_s", in: 0...1e12, unit: "s")
        socket.safeCurrent = CaseValues.amperes(reader, "safe_a", .up)
        return socket
    }

    private static func station(_ reader: MappingReader) -> AllocationCase.Station {
        AllocationCase.Station(
            id: StationID(reader.text("id", required: true) ?? ""),
            maximum: CaseValues.amperes(reader, "max_a", .down),
            safeCurrent: CaseValues.amperes(reader, "safe_a", .up)
        )
    }
}
