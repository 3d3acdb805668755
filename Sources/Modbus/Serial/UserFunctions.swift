// SPDX-License-Identifier: Apache-2.0

/// How long the messages of user-defined functions are, for those an application has (65 to 72 and 100 to 110; 8.40).
///
/// Without a rule an RTU frame with such a function ends where the line falls silent (10.20). Modbus TCP needs none, as
/// its frames say how long they are.
public struct UserFunctions: Hashable, Sendable {
    /// What tells the length of a PDU, counted from its function code.
    public enum Length: Hashable, Sendable {
        /// It always has this many bytes, 1 to 253, the function code among them.
        case exactly(Int)
        /// The byte at this place, at least 1, says how many bytes follow it.
        case counted(at: Int)
        /// The two bytes from this place on, at least 1, say how many bytes follow them.
        case countedByWord(at: Int)
    }

    private struct Rule: Hashable {
        var request: Length
        var response: Length
    }

    private var rules: [UInt8: Rule] = [:]

    /// Starts without functions.
    public init() {}

    /// Sets the lengths of a function's messages; exception responses have theirs already.
    ///
    /// - Parameters:
    ///   - function: A user-defined function; another one is a mistake of the program.
    ///   - request: The length of its requests.
    ///   - response: The length of its responses.
    public mutating func set(_ function: FunctionCode, request: Length, response: Length) {
        precondition(function.isUserDefined, "\(function) is not user-defined; those are 65 to 72 and 100 to 110")
        precondition(request.isPossible && response.isPossible, "lengths and places of counts are at least 1")
        rules[function.rawValue] = Rule(request: request, response: response)
    }

    /// The length of a PDU of at least one byte whose function has no rule of the standard.
    func length(of pdu: Span<UInt8>, _ direction: MessageDirection) -> PDULength {
        guard !rules.isEmpty, let rule = rules[pdu[0]] else { return .untilSilence }
        switch direction == .request ? rule.request : rule.response {
        case .exactly(let count): return .exactly(count)
        case .counted(let place):
            return pdu.count <= place ? .atLeast(place + 1) : .exactly(place + 1 + Int(pdu[place]))
        case .countedByWord(let place):
            return pdu.count <= place + 1 ? .atLeast(place + 2) : .exactly(place + 2 + Int(pdu.word(at: place)))
        }
    }
}

extension UserFunctions.Length {
    fileprivate var isPossible: Bool {
        switch self {
        case .exactly(let number), .counted(let number), .countedByWord(let number): (1...Limits.pduCount) ~= number
        }
    }
}
