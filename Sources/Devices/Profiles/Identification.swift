// SPDX-License-Identifier: Apache-2.0
public import Modbus

/// A device's own word on what it is: read at every connect, so that a wrong device is never believed (M12, M14).
public struct IdentificationField: Hashable, Sendable {
    /// What the registers hold.
    public enum Content: Hashable, Sendable {
        /// Two characters a register, the first in the high byte, up to a zero or the end.
        case text(registers: Int)
        /// One character a register.
        case wideText(registers: Int)
        /// A number.
        case number(RegisterType)
    }

    /// What a device of this profile answers.
    public enum Expectation: Hashable, Sendable {
        /// Anything; the answer is shown and remembered.
        case anything
        /// A text that begins with one of these, whatever the case of the letters.
        case prefix([String])
        /// A number in this range.
        case range(ClosedRange<Int>)
    }

    /// What the field tells: "maker", "model", "serial", "firmware".
    public let name: String
    /// The zero-based address of the first register.
    public let address: Int
    /// What the registers hold.
    public let content: Content
    /// What they hold on a device of this profile.
    public let expectation: Expectation
    /// The function to read them with, where it differs from that of the measurements.
    public let function: RegisterFunction
    /// Whether a device that does not have the registers may still be the right one.
    public let isOptional: Bool

    /// How many registers to read.
    public var registerCount: Int {
        switch content {
        case .text(let count), .wideText(let count): count
        case .number(let type): type.registerCount
        }
    }

    /// The text or number in some registers, as text without blanks around it.
    public func decode(_ words: [UInt16], order: ByteOrder) -> String {
        switch content {
        case .text: RegisterText(.highByteFirst).decode(words)
        case .wideText: RegisterText(.onePerRegister).decode(words)
        case .number(let type):
            switch type.decode(words, order: order) {
            case .unsigned(let value): String(value)
            case .signed(let value): String(value)
            case .float(let value): String(value)
            case nil: ""
            }
        }
    }

    /// Whether an answer is one that a device of this profile gives.
    public func accepts(_ answer: String) -> Bool {
        switch expectation {
        case .anything: true
        case .prefix(let texts): texts.contains { answer.lowercased().hasPrefix($0.lowercased()) }
        case .range(let range): Int(answer).map(range.contains) ?? false
        }
    }

    /// What is expected, for messages.
    public var expected: String {
        switch expectation {
        case .anything: "anything"
        case .prefix(let texts): texts.map { "\"\($0)\"" }.joined(separator: " or ")
        case .range(let range):
            range.lowerBound == range.upperBound
                ? "\(range.lowerBound)" : "\(range.lowerBound) to \(range.upperBound)"
        }
    }
}

/// What a device answered when it was asked what it is.
public struct DeviceIdentity: Hashable, Sendable, CustomStringConvertible {
    /// The answers by the names of the profile: "model" to "COUNTIS E27".
    public let answers: [String: String]

    /// Creates an identity.
    public init(answers: [String: String]) { self.answers = answers }

    /// The maker's name.
    public var maker: String? { answers["maker"] }
    /// The model's name.
    public var model: String? { answers["model"] }
    /// The serial number.
    public var serial: String? { answers["serial"] }
    /// The version of the firmware.
    public var firmware: String? { answers["firmware"] }

    /// The answers in one line.
    public var description: String {
        answers.isEmpty
            ? "unknown" : answers.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: ", ")
    }
}
