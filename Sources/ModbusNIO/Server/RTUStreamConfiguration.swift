// SPDX-License-Identifier: Apache-2.0

public import Modbus

/// How a server finds the frames of RTU over TCP.
public struct RTUStreamConfiguration: Hashable, Sendable {
    /// Whether a wrong checksum makes the server look for the next frame that fits, among the next 256 bytes.
    ///
    /// Off, the default, it closes the connection (11.4).
    public var searchesAfterFault = false
    /// The pause that ends a frame whose function has no rule for its length (11.2).
    public var endOfFrame: Duration = .milliseconds(50)
    /// The lengths of the application's own functions, which then need no pause (8.40).
    public var userFunctions = UserFunctions()
    /// The units that carry out what is written to all; when empty, the responder gets it once, for unit 0.
    public var broadcastUnits: Set<UInt8> = []

    /// Creates a configuration with the defaults.
    public init() {}
}
