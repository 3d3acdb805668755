// SPDX-License-Identifier: Apache-2.0

/// A value of a document together with the place where it was written.
public struct Node: Sendable {
    /// A value without structure, as it was written.
    public struct Scalar: Sendable, Equatable {
        /// The text, without quotes.
        public let text: String
        /// Whether it stood in quotes, which makes it a text even when it looks like a number.
        public let isQuoted: Bool
    }

    /// A key of a mapping with its value.
    public struct Entry: Sendable {
        /// The key.
        public let key: String
        /// The line of the key, counted from 1.
        public let line: Int
        /// The column of the key, counted from 1.
        public let column: Int
        /// The value.
        public let value: Node
    }

    /// What a node holds.
    public enum Content: Sendable {
        /// Nothing: an empty value, `null` or `~`.
        case null
        /// A text, a number, a truth value.
        case scalar(Scalar)
        /// A list.
        case sequence([Node])
        /// Keys with values, in the order of the file, each key once.
        case mapping([Entry])
    }

    /// What the node holds.
    public let content: Content
    /// The line, counted from 1.
    public let line: Int
    /// The column, counted from 1.
    public let column: Int
    /// The way to the node: "stations[1].max_current"; empty for the root.
    public let keyPath: String

    /// What the node is, for messages: "a list".
    public var kind: String {
        switch content {
        case .null: "nothing"
        case .scalar(let scalar): scalar.isQuoted ? "a text" : "the value \(Node.shortened(scalar.text))"
        case .sequence: "a list"
        case .mapping: "a group of keys"
        }
    }

    /// The path of a key below a path.
    static func path(_ parent: String, key: String) -> String {
        parent.isEmpty ? shortened(key) : parent + "." + shortened(key)
    }

    /// A text cut to what fits in a message, on one line.
    static func shortened(_ text: String) -> String {
        let line = String(text.map { $0.isNewline ? " " : $0 })
        return line.count <= 60 ? line : String(line.prefix(57)) + "..."
    }
}
