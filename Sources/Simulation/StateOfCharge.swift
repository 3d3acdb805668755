// SPDX-License-Identifier: Apache-2.0

/// How full a battery is, in thousandths: 0 is empty, 1000 is full.
public struct StateOfCharge: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// The charge in thousandths of the capacity, 0 to 1000.
    public let permille: Int

    /// A battery without charge.
    public static let empty = StateOfCharge(permille: 0)
    /// A battery that takes no more.
    public static let full = StateOfCharge(permille: 1000)

    /// Creates a state of charge from thousandths, limited to 0...1000.
    public init(permille: Int) { self.permille = min(max(permille, 0), 1000) }

    /// Creates a state of charge from per cent, limited to 0...100.
    public init(percent: Int) { self.init(permille: min(max(percent, 0), 100) * 10) }

    /// The charge as a share of one, for arithmetic inside the model.
    var fraction: Double { Double(permille) / 1000 }

    /// The per cent: "81.5 %".
    public var description: String { "\(permille / 10).\(permille % 10) %" }

    /// Whether the left battery is the emptier one.
    public static func < (left: StateOfCharge, right: StateOfCharge) -> Bool { left.permille < right.permille }
}
