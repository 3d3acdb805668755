// SPDX-License-Identifier: Apache-2.0

/// How a virtual Countis E27 is set up; as delivered unless changed.
public struct CountisSettings: Hashable, Sendable {
    /// Its Modbus address; requests for another one get no answer.
    public var unit: UInt8 = 5
    /// Further addresses it answers to, such as 0 and 255, which mean "the addressed server itself".
    public var furtherUnits: Set<UInt8> = []
    /// Whether its settings may be written; on the device a tick in the web page.
    public var isUnlocked = false
    /// The extended name in the identification block.
    public var name = "COUNTIS E27"
    /// The serial number: four parts as in the identification block, the last of two words.
    public var serial: [UInt16] = [1, 26, 14, 0, 4711]

    /// Creates the settings of a meter as delivered.
    public init() {}
}
