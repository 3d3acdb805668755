// SPDX-License-Identifier: Apache-2.0

/// The seven bytes in front of a PDU on TCP (messaging guide, section 3.1.3).
public struct MBAPHeader: Hashable, Sendable {
    /// The bytes of a header, unit identifier included.
    public static let count = 7
    /// The valid values of the length field: unit identifier plus a PDU of 1 to 253 bytes (2.2).
    public static let lengths: ClosedRange<UInt16> = 2...254

    /// Pairs an answer with its request; means nothing to the server (2.8).
    public var transaction: UInt16
    /// Zero for Modbus (2.3).
    public var protocolIdentifier: UInt16
    /// The device behind a gateway; 255 or 0 for the addressed server itself.
    public var unit: UInt8
    /// The bytes of the PDU that follows, 1 to 253.
    public var pduCount: Int

    /// Creates a header.
    public init(transaction: UInt16, protocolIdentifier: UInt16 = 0, unit: UInt8, pduCount: Int) {
        self.transaction = transaction
        self.protocolIdentifier = protocolIdentifier
        self.unit = unit
        self.pduCount = pduCount
    }

    /// Appends the seven bytes, high bytes first.
    public func encode(into bytes: inout [UInt8]) {
        bytes.append(addingCapacity: MBAPHeader.count) { (output: inout OutputSpan<UInt8>) in
            output.append(word: transaction)
            output.append(word: protocolIdentifier)
            output.append(word: UInt16(truncatingIfNeeded: pduCount + 1))
            output.append(unit)
        }
    }
}
