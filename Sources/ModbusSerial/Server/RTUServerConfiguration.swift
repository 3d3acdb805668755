// SPDX-License-Identifier: Apache-2.0

public import Modbus

/// A serial line and the units that a server is on it.
public struct RTUServerConfiguration: Hashable, Sendable {
    /// The addresses that a single device may have (serial line guide, section 2.2).
    public static let unitRange: ClosedRange<UInt8> = 1...247

    /// The port.
    public var port: SerialConfiguration
    /// How frames are told apart; text frames usually go with seven data bits.
    public var framing = SerialFraming.rtu
    /// The units the server answers as; those outside ``unitRange`` are left out.
    public var units: Set<UInt8>
    /// How long the bytes of a frame may be apart beyond t3.5, as drivers hand bytes over in lumps (10.9).
    public var allowance: Duration = .milliseconds(30)
    /// After this time a request whose answer is awaited gets `ExceptionCode.serverDeviceFailure` (9.18).
    public var answerTimeLimit: Duration = .seconds(1)
    /// The pause before a port that was unplugged is opened again.
    public var reopenPause: Duration = .seconds(1)
    /// Whether the server answers the counters of function 8 (codes 10 to 18 and 20) itself; only it knows them.
    ///
    /// They are those of the line, the same for all its units.
    public var answersCounters = true
    /// The lengths of the application's own functions; without one a frame ends where the line falls silent (8.40).
    public var userFunctions = UserFunctions()

    /// Describes a server.
    public init(port: SerialConfiguration, units: Set<UInt8>, framing: SerialFraming = .rtu) {
        self.port = port
        self.framing = framing
        self.units = units
    }
}
