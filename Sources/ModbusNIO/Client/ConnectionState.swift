// SPDX-License-Identifier: Apache-2.0

/// What a client's connection is doing.
///
/// Goes idle → connecting → connected → idle (ended by the device after a success) or backingOff (failure) → idle.
/// ``closed`` is final.
public enum ConnectionState: Hashable, Sendable {
    /// No connection; the next request opens one.
    case idle
    /// An attempt is under way.
    case connecting
    /// Requests go to this address.
    case connected(address: String)
    /// After a failure; requests fail until the pause is over.
    case backingOff(retryIn: Duration)
    /// ``ModbusClient/close()`` was called.
    case closed
}
