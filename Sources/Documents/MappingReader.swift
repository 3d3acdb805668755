// SPDX-License-Identifier: Apache-2.0

/// Reads the keys of one group, reports what is wrong with their values, and at the end the keys nobody asked for.
///
/// Every function returns `nil` when the key is missing or its value is wrong; the second is always reported, the
/// first only where `required` says so. Ask for every key the group may have, then call ``finish()``.
public final class MappingReader {
    /// The longest text of a value, in characters, unless the caller says otherwise.
    public static let maximumTextLength = 200

    /// The group that is read.
    public let node: Node
    /// Where findings go.
    public let faults: FaultCollector
    private let entries: [Node.Entry]
    private var known: [String] = []
    private var below: [MappingReader] = []

    /// Starts reading a group; reports and returns `nil` when the node is something else.
    public init?(_ node: Node, faults: FaultCollector) {
        guard case .mapping(let entries) = node.content else {
            faults.report(node, "must be a group of keys, not \(node.kind)", remedy: "write one \"key: value\" a line")
            return nil
        }
        self.node = node
        self.faults = faults
        self.entries = entries
    }

    /// The way to this group: "stations[1]".
    public var keyPath: String { node.keyPath }

    /// The keys that are written in the group, in their order.
    public var keys: [String] { entries.map(\.key) }

    /// Whether a key is written and has a value.
    public func has(_ key: String) -> Bool { value(of: key) != nil }

    /// The value of a key as it stands in the file.
    public func value(of key: String, required: Bool = false) -> Node? {
        if !known.contains(key) { known.append(key) }
        guard let entry = entries.first(where: { $0.key == key }) else {
            if required { reportMissing(key) }
            return nil
        }
        if case .null = entry.value.content {
            if required { faults.report(entry.value, "has no value") }
            return nil
        }
        return entry.value
    }

    /// Reports a finding about a key, at the place of its value, or of the group when the key is missing.
    public func report(_ key: String, _ message: String, remedy: String? = nil) {
        guard let entry = entries.first(where: { $0.key == key }) else {
            faults.add(
                Fault(
                    file: faults.file,
                    line: node.line,
                    column: node.column,
                    keyPath: Node.path(keyPath, key: key),
                    message: message,
                    remedy: remedy
                )
            )
            return
        }
        faults.report(entry.value, value: text(entry.value), message, remedy: remedy)
    }

    /// The text of a key: one line without control characters.
    public func text(
        _ key: String,
        required: Bool = false,
        maximumLength: Int = MappingReader.maximumTextLength
    ) -> String? {
        value(of: key, required: required).flatMap {
            ValueReading.text($0, maximumLength: maximumLength, faults: faults)
        }
    }

    /// The number of a key, within a range; the unit is for messages: "A".
    public func number(
        _ key: String,
        in range: ClosedRange<Double>,
        unit: String = "",
        required: Bool = false
    ) -> Double? {
        value(of: key, required: required).flatMap {
            ValueReading.number($0, in: range, unit: unit, faults: faults)
        }
    }

    /// The whole number of a key.
    public func integer(
        _ key: String,
        in range: ClosedRange<Int>,
        unit: String = "",
        required: Bool = false
    ) -> Int? {
        value(of: key, required: required).flatMap {
            ValueReading.integer($0, in: range, unit: unit, faults: faults)
        }
    }

    /// The duration of a key, written as a number of seconds.
    public func seconds(_ key: String, in range: ClosedRange<Double>, required: Bool = false) -> Duration? {
        number(key, in: range, unit: "s", required: required).map { .seconds($0) }
    }

    /// The truth value of a key: `true` or `false`.
    public func boolean(_ key: String, required: Bool = false) -> Bool? {
        value(of: key, required: required).flatMap { ValueReading.boolean($0, faults: faults) }
    }

    /// One of the words of an enumeration.
    public func choice<Choice: RawRepresentable & CaseIterable>(
        _ key: String,
        of type: Choice.Type = Choice.self,
        required: Bool = false
    ) -> Choice? where Choice.RawValue == String {
        value(of: key, required: required).flatMap { ValueReading.choice($0, of: type, faults: faults) }
    }

    /// The group below a key; its unknown keys are reported by ``finish()`` of this one.
    public func group(_ key: String, required: Bool = false) -> MappingReader? {
        value(of: key, required: required).flatMap(child)
    }

    /// The elements of the list below a key; a value that is not a list is reported.
    public func list(_ key: String, required: Bool = false, atMost maximum: Int = 1000) -> [Node]? {
        value(of: key, required: required).flatMap {
            ValueReading.list($0, atMost: maximum, faults: faults)
        }
    }

    /// The groups of the list below a key; elements that are no groups are reported and left out.
    public func groups(_ key: String, required: Bool = false, atMost maximum: Int = 1000) -> [MappingReader]? {
        list(key, required: required, atMost: maximum)?.compactMap(child)
    }

    /// Reads an element of a list as a group that is finished with this one.
    public func child(_ node: Node) -> MappingReader? {
        // Whoever asks twice gets the same reader, so that the keys read through either are known to both.
        if let reader = below.first(where: { $0.keyPath == node.keyPath }) { return reader }
        guard let reader = MappingReader(node, faults: faults) else { return nil }
        below.append(reader)
        return reader
    }

    /// Reports the keys that nobody asked for, here and in the groups below.
    public func finish() {
        for entry in entries where !known.contains(entry.key) {
            let nearest = Spelling.nearest(to: entry.key, among: known)
            faults.add(
                Fault(
                    file: faults.file,
                    line: entry.line,
                    column: entry.column,
                    keyPath: entry.value.keyPath,
                    message: "is not a known key",
                    remedy: nearest.map { "did you mean \"\($0)\"?" } ?? knownKeys
                )
            )
        }
        below.forEach { $0.finish() }
        below = []
    }

    private var knownKeys: String? {
        known.isEmpty ? nil : "known here: " + known.sorted().joined(separator: ", ")
    }

    private func reportMissing(_ key: String) {
        faults.add(
            Fault(
                file: faults.file,
                line: node.line,
                column: node.column,
                keyPath: Node.path(keyPath, key: key),
                message: "is missing"
            )
        )
    }

    private func text(_ node: Node) -> String? {
        guard case .scalar(let scalar) = node.content else { return nil }
        return Node.shortened(scalar.text)
    }
}
