// SPDX-License-Identifier: Apache-2.0

/// How long a PDU is, as far as its first bytes tell.
///
/// RTU frames have no length field: function code and byte count stand in for it (10.20). The rules cover the public
/// functions 1 to 8, 11, 12, 15 to 17, 20 to 24 and 43, and exception responses; byte counts are unsigned. For
/// user-defined functions an application brings its own, see ``UserFunctions``.
public enum PDULength: Hashable, Sendable {
    /// It has this many bytes, 1 to 253.
    case exactly(Int)
    /// More bytes have to be seen first; it has at least this many.
    case atLeast(Int)
    /// No rule is known for the function; the PDU ends where the line falls silent (10.9).
    case untilSilence
    /// No PDU begins like this; it would be longer than 253 bytes, or it is a response with function code 0.
    case impossible

    /// Looks at the first bytes of a PDU; bytes behind its end do not matter.
    public init(of pdu: Span<UInt8>, _ direction: MessageDirection, user functions: UserFunctions = UserFunctions()) {
        guard pdu.count > 0 else {
            self = .atLeast(1)
            return
        }
        let length: PDULength =
            switch direction {
            case .request: .request(pdu, functions)
            case .response: .response(pdu, functions)
            }
        switch length {
        case .exactly(let count), .atLeast(let count): self = count > Limits.pduCount ? .impossible : length
        case .untilSilence, .impossible: self = length
        }
    }

    private static func request(_ pdu: Span<UInt8>, _ functions: UserFunctions) -> PDULength {
        switch pdu[0] {
        case 1...6: .exactly(5)
        case 7, 11, 12, 17: .exactly(1)
        case 8: diagnostics(pdu)
        case 15, 16: counted(pdu, at: 5)
        case 20, 21: counted(pdu, at: 1)
        case 22: .exactly(7)
        case 23: counted(pdu, at: 9)
        case 24: .exactly(3)
        case 43: encapsulated(pdu) { _ in .exactly(4) }
        default: functions.length(of: pdu, .request)
        }
    }

    private static func response(_ pdu: Span<UInt8>, _ functions: UserFunctions) -> PDULength {
        switch pdu[0] {
        case 0: .impossible
        case 1...4, 12, 17, 20, 21, 23: counted(pdu, at: 1)
        case 5, 6, 11, 15, 16: .exactly(5)
        case 7: .exactly(2)
        case 8: diagnostics(pdu)
        case 22: .exactly(7)
        // The one byte count of two bytes; it includes the FIFO count behind it.
        case 24: pdu.count < 3 ? .atLeast(3) : .exactly(3 + Int(pdu.word(at: 1)))
        case 43: encapsulated(pdu, identification)
        case 128...: .exactly(2)
        default: functions.length(of: pdu, .response)
        }
    }

    /// A PDU that ends as many bytes behind the byte count as this says.
    private static func counted(_ pdu: Span<UInt8>, at offset: Int) -> PDULength {
        pdu.count <= offset ? .atLeast(offset + 1) : .exactly(offset + 1 + Int(pdu[offset]))
    }

    /// Diagnostics carry one word, but the echo (0) any number of them, and a reserved sub-function nobody knows what.
    private static func diagnostics(_ pdu: Span<UInt8>) -> PDULength {
        guard pdu.count >= 3 else { return .atLeast(3) }
        return switch pdu.word(at: 1) {
        case 1...4, 10...18, 20: .exactly(5)
        default: .untilSilence
        }
    }

    /// Function 43 carries other protocols; only the length of device identification (14) is known.
    private static func encapsulated(_ pdu: Span<UInt8>, _ rule: (Span<UInt8>) -> PDULength) -> PDULength {
        guard pdu.count >= 2 else { return .atLeast(2) }
        return pdu[1] == 14 ? rule(pdu) : .untilSilence
    }

    /// Device identification: seven bytes, the last of which counts the objects; each has number, length and value.
    private static func identification(_ pdu: Span<UInt8>) -> PDULength {
        guard pdu.count >= 7 else { return .atLeast(7) }
        var end = 7
        for _ in 0..<pdu[6] {
            guard pdu.count >= end + 2 else { return .atLeast(end + 2) }
            end += 2 + Int(pdu[end + 1])
        }
        return .exactly(end)
    }
}
