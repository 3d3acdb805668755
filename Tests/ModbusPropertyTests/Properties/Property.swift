// SPDX-License-Identifier: Apache-2.0

/// What must hold for any bytes from outside; the fuzzer looks for bytes that break it, and the tests repeat those it
/// once found.
public enum Property: String, CaseIterable, Sendable {
    /// The stream of TCP frames is cut at the same places however it arrives.
    case frames
    /// Tables answer every request, decoding is the inverse of encoding, a refusal changes nothing.
    case requests
    /// What is taken for an answer encodes to the same again.
    case responses
    /// Serial frames are found whole or not at all, and read back as they were written.
    case serial
    /// Numbers and texts go through registers unchanged.
    case values
    /// What a request touches is what the authorisation rules were asked about.
    case rules

    /// Checks the property.
    ///
    /// - Parameter input: Any bytes; how they are understood is the property's own matter.
    /// - Throws: What does not hold.
    public func check(_ input: [UInt8]) throws(Violation) {
        var input = Input(input)
        switch self {
        case .frames: try checkFrames(&input)
        case .requests: try checkRequests(&input)
        case .responses: try checkResponses(&input)
        case .serial: try checkSerial(&input)
        case .values: try checkValues(&input)
        case .rules: try checkRules(&input)
        }
    }
}

/// What does not hold.
public struct Violation: Error, CustomStringConvertible {
    /// The rule that is broken and the bytes or values that break it.
    public let description: String
}

/// Throws when something does not hold.
func require(_ condition: Bool, _ text: @autoclosure () -> String) throws(Violation) {
    if !condition { throw Violation(description: text()) }
}

/// Bytes that are taken from the front; behind the end there are zeros.
struct Input {
    private(set) var rest: ArraySlice<UInt8>

    init(_ bytes: [UInt8]) { rest = bytes[...] }

    var isEmpty: Bool { rest.isEmpty }

    mutating func byte() -> UInt8 { rest.popFirst() ?? 0 }

    mutating func word() -> UInt16 { UInt16(byte()) << 8 | UInt16(byte()) }

    mutating func words(_ count: Int) -> [UInt16] {
        var words: [UInt16] = []
        for _ in 0..<count { words.append(word()) }
        return words
    }

    mutating func bytes(_ count: Int) -> [UInt8] {
        let taken = rest.prefix(count)
        rest = rest.dropFirst(count)
        return Array(taken)
    }

    /// As many bytes as the first one says, or what there is.
    mutating func block() -> [UInt8] {
        let count = Int(byte())
        return bytes(count)
    }

    /// Everything that is left.
    mutating func remainder() -> [UInt8] {
        defer { rest = [] }
        return Array(rest)
    }
}
