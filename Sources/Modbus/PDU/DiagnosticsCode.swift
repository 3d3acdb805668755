// SPDX-License-Identifier: Apache-2.0

/// What function 8 is asked to do (application protocol, section 6.8.1).
///
/// Codes the standard does not name are kept as numbers.
public struct DiagnosticsCode: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
    /// The number on the wire.
    public let rawValue: UInt16

    /// Holds any number.
    public init(rawValue: UInt16) { self.rawValue = rawValue }

    /// Sends back whatever data came (0).
    public static let returnQueryData = DiagnosticsCode(rawValue: 0)
    /// Restarts the port; 0xFF00 clears the event log too (1).
    public static let restartCommunications = DiagnosticsCode(rawValue: 1)
    /// Gives the device's diagnostic register (2).
    public static let returnDiagnosticRegister = DiagnosticsCode(rawValue: 2)
    /// Changes the character that ends ASCII frames (3).
    public static let changeASCIIDelimiter = DiagnosticsCode(rawValue: 3)
    /// Makes the device listen without answering until it is restarted (4).
    public static let forceListenOnly = DiagnosticsCode(rawValue: 4)
    /// Clears all counters and the diagnostic register (10).
    public static let clearCounters = DiagnosticsCode(rawValue: 10)
    /// How many frames the device saw on the line (11).
    public static let busMessageCount = DiagnosticsCode(rawValue: 11)
    /// How many frames had a wrong CRC (12).
    public static let busCommunicationErrorCount = DiagnosticsCode(rawValue: 12)
    /// How many exceptions the device answered (13).
    public static let busExceptionErrorCount = DiagnosticsCode(rawValue: 13)
    /// How many frames were for the device (14).
    public static let serverMessageCount = DiagnosticsCode(rawValue: 14)
    /// How many of them it did not answer (15).
    public static let serverNoResponseCount = DiagnosticsCode(rawValue: 15)
    /// How many negative acknowledgements it sent (16).
    public static let serverNAKCount = DiagnosticsCode(rawValue: 16)
    /// How many times it was busy (17).
    public static let serverBusyCount = DiagnosticsCode(rawValue: 17)
    /// How many frames were lost to overruns (18).
    public static let busCharacterOverrunCount = DiagnosticsCode(rawValue: 18)
    /// Clears the overrun counter (20).
    public static let clearOverrunCounter = DiagnosticsCode(rawValue: 20)

    /// Whether the answer repeats the request (6.7).
    public var isEchoed: Bool {
        [.returnQueryData, .restartCommunications, .changeASCIIDelimiter, .clearCounters, .clearOverrunCounter]
            .contains(self)
    }

    /// Whether the answer carries one word, whatever was asked (8.30).
    var givesOneWord: Bool { rawValue == 2 || (11...18).contains(rawValue) }

    /// The number, such as "sub-function 11".
    public var description: String { "sub-function \(rawValue)" }
}
