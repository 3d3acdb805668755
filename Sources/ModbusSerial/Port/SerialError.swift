// SPDX-License-Identifier: Apache-2.0

/// Why a serial port cannot be used; each says which port.
public enum SerialError: Error, Hashable, Sendable, CustomStringConvertible {
    /// There is no such file: the adapter is not plugged in, or has another name.
    case missing(String)
    /// Another program, or another part of this one, has the port.
    case busy(String)
    /// The user may not open it.
    case notPermitted(String)
    /// The file is no serial port.
    case notSerial(String)
    /// The file is there and the device behind it is gone.
    case unplugged(String)
    /// The port does not do this bit rate.
    case bitRate(String, Int)
    /// The port does not do this, such as a parity or the switching of RS-485 transceivers.
    case unsupported(String, String)
    /// Anything else that the system says.
    case failed(String, String)

    /// The bit rates that nearly every port does.
    public static let usualBitRates = [1200, 2400, 4800, 9600, 19200, 38400, 57600, 115_200]

    /// What happened and what to do.
    public var description: String {
        switch self {
        case .missing(let path): "\(path): there is no such port; is the adapter plugged in?"
        case .busy(let path): "\(path): another program uses the port"
        case .notPermitted(let path): "\(path): not permitted; add the user to the group of the port, often dialout"
        case .notSerial(let path): "\(path): not a serial port"
        case .unplugged(let path): "\(path): the device is gone; was the adapter unplugged?"
        case .bitRate(let path, let rate):
            "\(path): the port does not do \(rate) bit/s; usual rates are "
                + SerialError.usualBitRates.map(String.init).joined(separator: ", ")
        case .unsupported(let path, let what): "\(path): the port does not do \(what)"
        case .failed(let path, let reason): "\(path): \(reason)"
        }
    }
}
