// SPDX-License-Identifier: Apache-2.0
import Documents
import Quantities

/// Reads the currents and phases of an allocation case.
enum CaseValues {
    /// To which side a current between two milliamperes goes: limits down, loads up.
    enum Rounding {
        case down
        case up
    }

    /// Far above any installation.
    private static let highest = 100_000.0

    /// One current.
    static func amperes(
        _ reader: MappingReader,
        _ key: String,
        _ rounding: Rounding,
        required: Bool = false
    ) -> Amperes? {
        reader.number(key, in: 0...highest, unit: "A", required: required).flatMap { current($0, rounding) }
    }

    /// One number for all phases, or a list of three.
    static func perPhase(
        _ reader: MappingReader,
        _ key: String,
        _ rounding: Rounding,
        isSigned: Bool = false
    ) -> PerPhase<Amperes>? {
        guard let node = reader.value(of: key) else { return nil }
        guard let values = currents(node, reader, rounding, isSigned: isSigned) else { return nil }
        if case .scalar = node.content { return PerPhase(repeating: values[0]) }
        guard values.count == 3 else {
            reader.report(
                key,
                "has \(values.count) numbers",
                remedy: "write one number, or one for each of three phases"
            )
            return nil
        }
        return PerPhase(values[0], values[1], values[2])
    }

    /// One number for all conductors, or a list of up to three; conductors that are left out carry nothing.
    static func conductors(_ reader: MappingReader, _ key: String) -> PerPhase<Amperes>? {
        guard let node = reader.value(of: key) else { return nil }
        guard let values = currents(node, reader, .down, isSigned: false) else { return nil }
        if case .scalar = node.content { return PerPhase(repeating: values[0]) }
        guard (1...3).contains(values.count) else {
            reader.report(key, "has \(values.count) numbers", remedy: "write one for each conductor, one to three")
            return nil
        }
        return PerPhase.each { $0.index < values.count ? values[$0.index] : .zero }
    }

    /// A list of phases, or "unknown", which gives `nil`.
    static func phases(_ reader: MappingReader, _ key: String) -> [Phase]? {
        guard let node = reader.value(of: key, required: true) else { return nil }
        if case .scalar(let scalar) = node.content, scalar.text == "unknown" { return nil }
        guard let nodes = ValueReading.list(node, atMost: 3, faults: reader.faults) else { return nil }
        let phases = nodes.compactMap { ValueReading.choice($0, of: Phase.self, faults: reader.faults) }
        if nodes.isEmpty { reader.report(key, "names no phase", remedy: "write one to three, or \"unknown\"") }
        return phases
    }

    private static func currents(
        _ node: Node,
        _ reader: MappingReader,
        _ rounding: Rounding,
        isSigned: Bool
    ) -> [Amperes]? {
        let range = (isSigned ? -highest : 0)...highest
        var nodes = [node]
        if case .sequence(let elements) = node.content { nodes = elements }
        let values = nodes.compactMap { node in
            ValueReading.number(node, in: range, unit: "A", faults: reader.faults).flatMap { current($0, rounding) }
        }
        return values.count == nodes.count ? values : nil
    }

    private static func current(_ number: Double, _ rounding: Rounding) -> Amperes? {
        rounding == .down ? Amperes(roundingDown: number) : Amperes(roundingUp: number)
    }
}
