// SPDX-License-Identifier: Apache-2.0

/// Reads single values, for elements of lists and behind ``MappingReader``.
///
/// Every function returns `nil` after reporting what is wrong.
public enum ValueReading {
    /// A text of one line without control characters; a number or a word without quotes is a text as well.
    public static func text(_ node: Node, maximumLength: Int, faults: FaultCollector) -> String? {
        guard let scalar = scalar(node, expecting: "a text", faults: faults) else { return nil }
        guard scalar.text.count <= maximumLength else {
            faults.report(node, "is longer than \(maximumLength) characters")
            return nil
        }
        guard !scalar.text.isEmpty else {
            faults.report(node, "is an empty text")
            return nil
        }
        guard scalar.text.unicodeScalars.allSatisfy(isHarmless) else {
            faults.report(node, "contains a control character or a line break", remedy: "write plain text on one line")
            return nil
        }
        return scalar.text
    }

    /// A finite number within a range.
    public static func number(
        _ node: Node,
        in range: ClosedRange<Double>,
        unit: String = "",
        faults: FaultCollector
    ) -> Double? {
        guard let scalar = scalar(node, expecting: "a number", faults: faults) else { return nil }
        switch NumberNotation.read(scalar) {
        case .fault(let message, let remedy):
            faults.report(node, value: Node.shortened(scalar.text), message, remedy: remedy)
            return nil
        case .number(let number):
            return check(number, in: range, unit: unit, node, scalar, faults) ? number : nil
        }
    }

    /// A whole number within a range.
    public static func integer(
        _ node: Node,
        in range: ClosedRange<Int>,
        unit: String = "",
        faults: FaultCollector
    ) -> Int? {
        guard let scalar = scalar(node, expecting: "a whole number", faults: faults) else { return nil }
        switch NumberNotation.readInteger(scalar) {
        case .fault(let message, let remedy):
            faults.report(node, value: Node.shortened(scalar.text), message, remedy: remedy)
            return nil
        case .number(let number):
            let limits = Double(range.lowerBound)...Double(range.upperBound)
            return check(number, in: limits, unit: unit, node, scalar, faults) ? Int(number) : nil
        }
    }

    /// `true` or `false`.
    public static func boolean(_ node: Node, faults: FaultCollector) -> Bool? {
        guard let scalar = scalar(node, expecting: "true or false", faults: faults) else { return nil }
        switch (scalar.text, scalar.isQuoted) {
        case ("true", false): return true
        case ("false", false): return false
        default:
            faults.report(node, value: Node.shortened(scalar.text), "is neither true nor false")
            return nil
        }
    }

    /// One of the words of an enumeration.
    public static func choice<Choice: RawRepresentable & CaseIterable>(
        _ node: Node,
        of type: Choice.Type = Choice.self,
        faults: FaultCollector
    ) -> Choice? where Choice.RawValue == String {
        guard let scalar = scalar(node, expecting: "a word", faults: faults) else { return nil }
        if let choice = Choice(rawValue: scalar.text) { return choice }
        let words = Choice.allCases.map(\.rawValue)
        let nearest = Spelling.nearest(to: scalar.text, among: words)
        faults.report(
            node,
            value: Node.shortened(scalar.text),
            "is not one of \(words.joined(separator: ", "))",
            remedy: nearest.map { "did you mean \"\($0)\"?" }
        )
        return nil
    }

    /// The elements of a list.
    public static func list(_ node: Node, atMost maximum: Int = 1000, faults: FaultCollector) -> [Node]? {
        guard case .sequence(let elements) = node.content else {
            faults.report(node, "must be a list, not \(node.kind)", remedy: "write [a, b] or one \"- a\" a line")
            return nil
        }
        guard elements.count <= maximum else {
            faults.report(node, "has \(elements.count) elements, more than \(maximum)")
            return nil
        }
        return elements
    }

    private static func scalar(_ node: Node, expecting: String, faults: FaultCollector) -> Node.Scalar? {
        if case .scalar(let scalar) = node.content { return scalar }
        faults.report(node, "must be \(expecting), not \(node.kind)")
        return nil
    }

    private static func check(
        _ number: Double,
        in range: ClosedRange<Double>,
        unit: String,
        _ node: Node,
        _ scalar: Node.Scalar,
        _ faults: FaultCollector
    ) -> Bool {
        if range.contains(number) { return true }
        let suffix = unit.isEmpty ? "" : " " + unit
        let isAbove = number > range.upperBound
        let limit = plain(isAbove ? range.upperBound : range.lowerBound)
        faults.report(
            node,
            value: Node.shortened(scalar.text),
            "is \(isAbove ? "above the highest" : "below the lowest") permitted \(limit)\(suffix)",
            remedy: "write a number from \(plain(range.lowerBound)) to \(plain(range.upperBound))"
        )
        return false
    }

    /// A number without ".0".
    private static func plain(_ number: Double) -> String {
        abs(number) < 1e15 && number.rounded() == number ? String(Int64(number)) : String(number)
    }

    /// Control and format characters could forge lines of a log or hide what a name says.
    private static func isHarmless(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse, .unassigned: false
        default: true
        }
    }
}
