// SPDX-License-Identifier: Apache-2.0
public import Quantities

/// How a virtual Alfen station is set up.
public struct AlfenSettings: Hashable, Sendable {
    /// Its name in the identification block; at most 33 characters.
    public var name = "ALF_1000"
    /// Its firmware; at most 33 characters.
    public var firmware = "7.2.0-4300"
    /// Its serial number; at most 21 characters.
    public var serial = "ACE0123456"
    /// Its clock at ``Instant/start``, in seconds since the beginning of 1970 UTC; the beginning of 2026 unless changed.
    public var clockAtStart = 1_767_225_600
    /// How far local time is ahead of UTC.
    public var timeZoneMinutes = 60
    /// The temperature of its board in whole degrees Celsius.
    public var boardTemperature = 31
    /// Whether it is connected to its back office.
    public var isBackOfficeConnected = true
    /// Whether it has the meter of newer stations, which lacks energies per phase and apparent and reactive energy.
    public var hasNewerMeter = true
    /// The voltage of each phase.
    public var voltages = PerPhase(repeating: Volts(millivolts: 230_000))
    /// Its Smart Charging Network; `nil` for a station by itself.
    public var network: Network?

    /// A Smart Charging Network of this station alone.
    public struct Network: Hashable, Sendable {
        /// Its name; at most seven characters.
        public var name: String
        /// What all sockets together may draw while no setpoint is valid.
        public var safeCurrent: Amperes
        /// How long a setpoint is valid after each write.
        public var validity = Duration.seconds(60)

        /// Creates a network that takes setpoints over Modbus.
        public init(name: String, safeCurrent: Amperes) {
            self.name = name
            self.safeCurrent = safeCurrent
        }
    }

    /// Creates the settings of a station by itself.
    public init() {}
}
