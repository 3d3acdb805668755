// SPDX-License-Identifier: Apache-2.0
public import Modbus

/// Why a station did not answer as it should.
public enum ChargerError: Error, Hashable, Sendable {
    /// Nothing came; a setpoint may have arrived all the same.
    case noAnswer(String)
    /// The station refused the request.
    case exception(ExceptionCode)
    /// A value that cannot be true.
    case implausible(String)
    /// Another device answers than the profile says.
    case wrongDevice(expected: String, found: String)
    /// The setpoint cannot be written in the form the station wants.
    case unwritable(String)

    /// Whether waiting will not help: somebody has to change the settings or the device.
    public var isPermanent: Bool {
        switch self {
        case .wrongDevice, .unwritable: true
        case .exception(let code): [.illegalFunction, .illegalDataAddress, .illegalDataValue].contains(code)
        case .noAnswer, .implausible: false
        }
    }
}

extension ChargerError: CustomStringConvertible {
    /// What happened and what to look at, for an electrician.
    public var description: String {
        switch self {
        case .noAnswer(let reason):
            "the station does not answer (\(reason)); check its power, network cable, address and unit identifiers"
        case .exception(let code) where isPermanent:
            "the station refuses the request: \(code); check that energy management by Modbus, reading and writing of "
                + "maximum currents are enabled in it, and that the profile is the right one"
        case .exception(let code):
            "the station cannot answer now: \(code)"
        case .implausible(let reason):
            "the station reports what cannot be true: \(reason); check the profile and its word order"
        case .wrongDevice(let expected, let found):
            "another device answers: expected \(expected), found \(found)"
        case .unwritable(let reason):
            "the setpoint cannot be written: \(reason)"
        }
    }
}
