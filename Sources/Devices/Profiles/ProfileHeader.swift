// SPDX-License-Identifier: Apache-2.0
public import Modbus

/// The function that reads a device's registers.
public enum RegisterFunction: Int, Hashable, Sendable {
    /// Function 3.
    case holdingRegisters = 3
    /// Function 4.
    case inputRegisters = 4
}

/// How far the facts of a profile can be trusted.
public enum Confidence: String, Hashable, Sendable, CaseIterable {
    /// The maker's document, or several independent implementations that agree.
    case high
    /// One good implementation, or a document that was read second-hand.
    case medium
    /// One source, unverified.
    case low
}

/// What the profiles of all devices have in common.
public struct ProfileHeader: Hashable, Sendable {
    /// The name by which a site file refers to the profile; also the name of its file.
    public let id: String
    /// Who makes the device.
    public let vendor: String
    /// The models that the profile describes.
    public let models: [String]
    /// How the device is connected, for people.
    public let transport: String?
    /// The usual TCP port.
    public let port: Int
    /// The function that reads its registers.
    public let function: RegisterFunction
    /// Which register of a long number holds its high part.
    public let wordOrder: ByteOrder
    /// How values are put together in requests.
    public let planner: ReadPlanner
    /// How far the profile can be trusted.
    public let confidence: Confidence
    /// Where its facts come from.
    public let source: [String]
    /// What whoever installs the device should know.
    public let notes: [String]
}
