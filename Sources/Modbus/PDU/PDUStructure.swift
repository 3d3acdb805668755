// SPDX-License-Identifier: Apache-2.0

/// A run of items in a table that does not pass address 65535.
public struct ItemRange: Hashable, Sendable {
    /// The first item, 0 to 65535.
    public let address: UInt16
    /// How many items, at least 1.
    public let count: Int

    /// Creates a range.
    ///
    /// - Returns: `nil` when it is empty or passes address 65535 (1.8).
    public init?(address: UInt16, count: Int) {
        guard count > 0, count <= Limits.tableCount - Int(address) else { return nil }
        self.address = address
        self.count = count
    }

    /// The addresses as numbers.
    public var addresses: Range<Int> { Int(address)..<Int(address) + count }

    /// Whether all of the items are among these addresses.
    public func isWithin(_ addresses: ClosedRange<UInt16>) -> Bool {
        addresses.lowerBound <= address && self.addresses.upperBound - 1 <= Int(addresses.upperBound)
    }
}

/// The rules that length, quantity and byte count of a request follow (section 8 of the checklist, 3.9, 9.9).
///
/// The one place for them: decoding a request and answering its bytes directly both ask here.
enum PDUStructure {
    /// An address and a quantity.
    struct Items {
        let address: UInt16
        let count: Int

        /// Throws when the items pass the end of every table.
        func range() throws(ExceptionCode) -> ItemRange {
            guard let range = ItemRange(address: address, count: count) else { throw .illegalDataAddress }
            return range
        }
    }

    /// The items of functions 1 to 4; `nil` when the structure is wrong.
    static func read(_ pdu: Span<UInt8>, limit: Int) -> Items? {
        guard pdu.count == 5 else { return nil }
        return items(pdu, at: 1, limit: limit)
    }

    /// The address and the value of function 5.
    static func writeCoil(_ pdu: Span<UInt8>) -> (address: UInt16, value: Bool)? {
        guard pdu.count == 5 else { return nil }
        switch pdu.word(at: 3) {
        case coil(true): return (pdu.word(at: 1), true)
        case coil(false): return (pdu.word(at: 1), false)
        default: return nil
        }
    }

    /// The items of functions 15 and 16 whose values begin at byte 6.
    static func write(_ pdu: Span<UInt8>, limit: Int, bitsPerItem: Int) -> Items? {
        guard pdu.count >= 6, let items = items(pdu, at: 1, limit: limit) else { return nil }
        let bytes = (items.count * bitsPerItem + 7) / 8
        return Int(pdu[5]) == bytes && pdu.count == 6 + bytes ? items : nil
    }

    /// Both ranges of function 23, whose values begin at byte 10.
    static func readWrite(_ pdu: Span<UInt8>) -> (read: Items, write: Items)? {
        guard pdu.count >= 10, let read = items(pdu, at: 1, limit: Limits.readRegisters),
            let write = items(pdu, at: 5, limit: Limits.readWriteRegisters),
            Int(pdu[9]) == 2 * write.count, pdu.count == 10 + 2 * write.count
        else { return nil }
        return (read, write)
    }

    /// The value of function 5 for a coil.
    static func coil(_ value: Bool) -> UInt16 { value ? 0xFF00 : 0 }

    private static func items(_ pdu: Span<UInt8>, at offset: Int, limit: Int) -> Items? {
        let count = Int(pdu.word(at: offset + 2))
        return (1...limit).contains(count) ? Items(address: pdu.word(at: offset), count: count) : nil
    }
}
