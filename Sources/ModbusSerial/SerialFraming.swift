// SPDX-License-Identifier: Apache-2.0

/// How frames are told apart on a serial line; both ends have to agree.
public enum SerialFraming: String, Hashable, Sendable, CaseIterable {
    /// Bytes with a checksum: what nearly all devices speak.
    case rtu
    /// Text: a colon, hexadecimal digits and the end of a line.
    case ascii
}
