// SPDX-License-Identifier: Apache-2.0

/// One thing that is wrong in a text file: where it is, what it is, and what would be right.
public struct Fault: Error, Hashable, Sendable {
    /// The name of the file, as the reader of the message knows it.
    public let file: String
    /// The line, counted from 1; `nil` when the fault belongs to the file as a whole.
    public let line: Int?
    /// The column, counted from 1.
    public let column: Int?
    /// The way to the value: "stations[1].max_current"; empty for the whole document.
    public let keyPath: String
    /// The value as it was written, where naming it helps.
    public let value: String?
    /// What is wrong, as the end of a sentence that starts with the value or the key: "is above the highest …".
    public let message: String
    /// What to write instead.
    public let remedy: String?

    /// Creates a fault.
    public init(
        file: String,
        line: Int? = nil,
        column: Int? = nil,
        keyPath: String = "",
        value: String? = nil,
        message: String,
        remedy: String? = nil
    ) {
        self.file = file
        self.line = line
        self.column = column
        self.keyPath = keyPath
        self.value = value
        self.message = message
        self.remedy = remedy
    }
}

extension Fault: CustomStringConvertible {
    /// The fault in one line: "site.yaml:12: stations[1].max_current: 64 is above …; write …".
    public var description: String {
        let place = line.map { "\(file):\($0): " } ?? "\(file): "
        let key = keyPath.isEmpty ? "" : keyPath + ": "
        let subject = value.map { $0 + " " } ?? ""
        return place + key + subject + message + (remedy.map { "; " + $0 } ?? "")
    }
}

/// Every fault of a file that was refused; there is at least one.
public struct DocumentError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The faults in the order of the file.
    public let faults: [Fault]

    /// Creates an error from the faults that were found.
    public init(_ faults: [Fault]) { self.faults = faults }

    /// One fault a line.
    public var description: String { faults.map(\.description).joined(separator: "\n") }
}

/// Collects the faults of one file, so that its author sees all of them at once.
public final class FaultCollector {
    /// How many faults are kept; nobody reads more, and a file of a million faults shall not fill the memory.
    public static let limit = 100

    /// The name of the file.
    public let file: String
    private var kept: [Fault] = []
    private var dropped = 0

    /// Creates an empty collection for a file.
    public init(file: String) { self.file = file }

    /// Whether nothing was found.
    public var isEmpty: Bool { kept.isEmpty }

    /// What was found, in the order of the file; the last one says how many more there were.
    public var faults: [Fault] {
        let sorted = kept.enumerated().sorted { left, right in
            (left.element.line ?? 0, left.offset) < (right.element.line ?? 0, right.offset)
        }.map(\.element)
        guard dropped > 0 else { return sorted }
        return sorted + [Fault(file: file, message: "\(dropped) more faults are not shown; mend these first")]
    }

    /// Adds a fault.
    public func add(_ fault: Fault) {
        guard kept.count < FaultCollector.limit else {
            dropped += 1
            return
        }
        kept.append(fault)
    }

    /// Adds a fault at a node; `value` is the text of the scalar when the message is about what was written there.
    public func report(_ node: Node, value: String? = nil, _ message: String, remedy: String? = nil) {
        add(
            Fault(
                file: file,
                line: node.line,
                column: node.column,
                keyPath: node.keyPath,
                value: value,
                message: message,
                remedy: remedy
            )
        )
    }

    /// Throws everything that was found; returns when that is nothing.
    public func throwIfAny() throws(DocumentError) {
        guard isEmpty else { throw DocumentError(faults) }
    }
}
