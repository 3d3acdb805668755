// SPDX-License-Identifier: Apache-2.0

/// What a request would read or write: one range of one table.
public struct DataAccess: Hashable, Sendable {
    /// The tables of the data model, and the file records beside them.
    public enum Table: Hashable, Sendable, CaseIterable {
        /// Bits that can be read and written.
        case coils
        /// Bits that can only be read.
        case discreteInputs
        /// Registers that can be read and written.
        case holdingRegisters
        /// Registers that can only be read.
        case inputRegisters
        /// Files of records; the "addresses" are file numbers.
        case files
    }

    /// A table and the direction.
    public enum Kind: Hashable, Sendable {
        /// Something of the table is told to the peer.
        case read(Table)
        /// Something of the table is changed.
        case write(Table)
    }

    /// The table, and whether it would be changed.
    public var kind: Kind
    /// The addresses, both ends included; cut at 65535 when the request passes it.
    public var addresses: ClosedRange<UInt16>

    /// Creates an access.
    public init(_ kind: Kind, _ addresses: ClosedRange<UInt16>) {
        self.kind = kind
        self.addresses = addresses
    }
}

/// What a request would touch, found from the raw PDU before anything else of it is checked.
public enum PDUReach: Hashable, Sendable {
    /// Ranges of tables; at least one.
    case data([DataAccess])
    /// No table: diagnostics, identification, and functions whose contents the standard does not fix.
    case function
    /// The PDU ends before the fields that say which addresses of these kinds; nothing can come of it but an exception.
    case unreadable([DataAccess.Kind])
}

extension PDUReach {
    /// How many registers Read FIFO Queue can touch: the count and 31 of the queue (application protocol, section 6.18).
    private static let fifoCount: UInt16 = 32
    /// Reference type, file, record and length of a file sub-request (sections 6.14 and 6.15).
    private static let fileHeaderCount = 7

    /// Finds what a PDU would touch.
    ///
    /// Quantities are taken as they stand, also those that a server refuses; a quantity of zero counts as one.
    ///
    /// - Parameter pdu: The function code and the data, as received.
    public init(of pdu: Span<UInt8>) {
        guard pdu.count > 0 else {
            self = .unreadable([])
            return
        }
        // The numbers are function codes, as the application protocol lists them in section 6.
        self =
            switch pdu[0] {
            case 1: PDUReach.ranges(pdu, .read(.coils))
            case 2: PDUReach.ranges(pdu, .read(.discreteInputs))
            case 3: PDUReach.ranges(pdu, .read(.holdingRegisters))
            case 4: PDUReach.ranges(pdu, .read(.inputRegisters))
            case 5: PDUReach.fixed(pdu, .write(.coils), count: 1)
            case 6, 22: PDUReach.fixed(pdu, .write(.holdingRegisters), count: 1)
            case 15: PDUReach.ranges(pdu, .write(.coils))
            case 16: PDUReach.ranges(pdu, .write(.holdingRegisters))
            case 20: PDUReach.files(pdu, .read(.files))
            case 21: PDUReach.files(pdu, .write(.files))
            case 23: PDUReach.ranges(pdu, .read(.holdingRegisters), .write(.holdingRegisters))
            case 24: PDUReach.fixed(pdu, .read(.holdingRegisters), count: PDUReach.fifoCount)
            default: .function
            }
    }

    /// Pairs of address and quantity, one after the other.
    private static func ranges(_ pdu: Span<UInt8>, _ kinds: DataAccess.Kind...) -> PDUReach {
        guard pdu.count >= 1 + 4 * kinds.count else { return .unreadable(kinds) }
        return .data(
            kinds.enumerated().map { index, kind in
                DataAccess(kind, range(from: pdu.word(at: 1 + 4 * index), count: pdu.word(at: 3 + 4 * index)))
            }
        )
    }

    /// An address whose quantity the function fixes.
    private static func fixed(_ pdu: Span<UInt8>, _ kind: DataAccess.Kind, count: UInt16) -> PDUReach {
        guard pdu.count >= 3 else { return .unreadable([kind]) }
        return .data([DataAccess(kind, range(from: pdu.word(at: 1), count: count))])
    }

    /// Sub-requests behind a byte count; those of a write are followed by their data.
    private static func files(_ pdu: Span<UInt8>, _ kind: DataAccess.Kind) -> PDUReach {
        var accesses: [DataAccess] = []
        var offset = 2
        while offset + fileHeaderCount <= pdu.count {
            let number = pdu.word(at: offset + 1)
            accesses.append(DataAccess(kind, number...number))
            offset += fileHeaderCount
            if case .write = kind { offset += 2 * Int(pdu.word(at: offset - 2)) }
        }
        return accesses.isEmpty || offset != pdu.count ? .unreadable([kind]) : .data(accesses)
    }

    private static func range(from first: UInt16, count: UInt16) -> ClosedRange<UInt16> {
        first...UInt16(min(Int(first) + Int(max(1, count)), Limits.tableCount) - 1)
    }
}
