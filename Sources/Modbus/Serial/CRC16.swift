// SPDX-License-Identifier: Apache-2.0

/// The checksum of RTU frames (serial line guide, section 2.5.1.2): all ones at the start, polynomial 0xA001, lowest
/// bit first (10.2).
///
/// Takes bytes as they come; ``checksum(of:)`` is for bytes that are all there. A frame carries the low byte first,
/// so the checksum of a good frame with its checksum is zero.
public struct CRC16: Hashable, Sendable {
    /// The checksum of the bytes so far.
    public private(set) var value: UInt16 = 0xFFFF

    /// Starts without bytes.
    public init() {}

    /// Takes one byte more.
    public mutating func update(_ byte: UInt8) {
        value = CRC16.step(value, byte, CRC16.table.span)
    }

    /// The checksum of some bytes.
    public static func checksum(of bytes: Span<UInt8>) -> UInt16 {
        let table = table.span
        var value = CRC16().value
        for index in bytes.indices { value = step(value, bytes[index], table) }
        return value
    }

    private static func step(_ value: UInt16, _ byte: UInt8, _ table: Span<UInt16>) -> UInt16 {
        value >> 8 ^ table[Int(UInt8(truncatingIfNeeded: value) ^ byte)]
    }

    /// What a byte does to the checksum, for each byte.
    private static let table: [UInt16] = (0..<256).map { (byte: UInt16) in
        (0..<8).reduce(byte) { value, _ in value & 1 == 0 ? value >> 1 : value >> 1 ^ 0xA001 }
    }
}
