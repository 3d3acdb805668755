// SPDX-License-Identifier: Apache-2.0

/// Why a server refused a request: the second byte of an exception response (application protocol, section 7).
///
/// Codes the standard does not name are kept as numbers.
public struct ExceptionCode: RawRepresentable, Error, Hashable, Sendable, CustomStringConvertible {
    /// The byte on the wire.
    public let rawValue: UInt8

    /// Holds any byte.
    public init(rawValue: UInt8) { self.rawValue = rawValue }

    /// The server does not have this function, or not in its present state (1).
    public static let illegalFunction = ExceptionCode(rawValue: 1)
    /// Address and length reach outside the table or into a gap (2).
    public static let illegalDataAddress = ExceptionCode(rawValue: 2)
    /// The structure of the request is wrong: quantity, byte count or length (3).
    public static let illegalDataValue = ExceptionCode(rawValue: 3)
    /// The server failed while it carried the request out (4).
    public static let serverDeviceFailure = ExceptionCode(rawValue: 4)
    /// Accepted, and will take long (5).
    public static let acknowledge = ExceptionCode(rawValue: 5)
    /// The server cannot take the request now (6).
    public static let serverDeviceBusy = ExceptionCode(rawValue: 6)
    /// Parity error in extended memory (8).
    public static let memoryParityError = ExceptionCode(rawValue: 8)
    /// A gateway has no path to the device (10).
    public static let gatewayPathUnavailable = ExceptionCode(rawValue: 10)
    /// The device behind a gateway did not answer (11).
    public static let gatewayTargetDeviceFailedToRespond = ExceptionCode(rawValue: 11)

    /// The standard's name and the number, such as "illegal data address (2)".
    public var description: String {
        switch self {
        case .illegalFunction: "illegal function (1)"
        case .illegalDataAddress: "illegal data address (2)"
        case .illegalDataValue: "illegal data value (3)"
        case .serverDeviceFailure: "server device failure (4)"
        case .acknowledge: "acknowledge (5)"
        case .serverDeviceBusy: "server device busy (6)"
        case .memoryParityError: "memory parity error (8)"
        case .gatewayPathUnavailable: "gateway path unavailable (10)"
        case .gatewayTargetDeviceFailedToRespond: "gateway target device failed to respond (11)"
        default: "exception \(rawValue)"
        }
    }
}
