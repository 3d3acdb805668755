// SPDX-License-Identifier: Apache-2.0

/// The name of a part of the site, as written in the site file.
public protocol SiteIdentifier: Hashable, Comparable, Sendable, Codable, CustomStringConvertible,
    ExpressibleByStringLiteral
{
    /// The text of the name.
    var text: String { get }
    /// Creates a name from its text.
    init(_ text: String)
}

extension SiteIdentifier {
    /// The text of the name.
    public var description: String { text }

    /// Creates a name from a literal.
    public init(stringLiteral value: String) { self.init(value) }

    /// Orders names as text, so that results do not depend on the order of a file.
    public static func < (left: Self, right: Self) -> Bool { left.text < right.text }

    /// Reads the text.
    public init(from decoder: any Decoder) throws {
        self.init(try decoder.singleValueContainer().decode(String.self))
    }

    /// Writes the text.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }
}

/// The name of one socket.
public struct SocketID: SiteIdentifier {
    /// The text of the name.
    public let text: String
    /// Creates a name from its text.
    public init(_ text: String) { self.text = text }
}

/// The name of one charging station.
public struct StationID: SiteIdentifier {
    /// The text of the name.
    public let text: String
    /// Creates a name from its text.
    public init(_ text: String) { self.text = text }
}

/// The name of one circuit.
public struct CircuitID: SiteIdentifier {
    /// The text of the name.
    public let text: String
    /// Creates a name from its text.
    public init(_ text: String) { self.text = text }
}
