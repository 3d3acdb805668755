// SPDX-License-Identifier: Apache-2.0

/// How a text of ASCII characters lies in registers.
public struct RegisterText: Hashable, Sendable {
    /// What stands behind a text that is shorter than its registers.
    public enum Padding: UInt8, Hashable, Sendable {
        /// Zeros.
        case zeros = 0
        /// Blanks.
        case blanks = 32
    }

    /// Where the characters of a register lie.
    public enum Form: Hashable, Sendable {
        /// Two in each, the first in the high byte.
        case highByteFirst
        /// Two in each, the first in the low byte.
        case lowByteFirst
        /// One in each.
        case onePerRegister
    }

    /// Where the characters of a register lie.
    public let form: Form
    /// What is written behind a short text; when read, both are left out.
    public let padding: Padding

    /// Describes a text.
    public init(_ form: Form = .highByteFirst, padding: Padding = .zeros) {
        self.form = form
        self.padding = padding
    }

    /// The text in some registers.
    ///
    /// Ends at the first zero; blanks around it are left out, and what is no printable character becomes a question
    /// mark.
    public func decode(_ words: some Sequence<UInt16>) -> String {
        var characters: [UInt8] = []
        characters.reserveCapacity(2 * words.underestimatedCount)
        for word in words {
            let high = UInt8(truncatingIfNeeded: word >> 8)
            let low = UInt8(truncatingIfNeeded: word)
            switch form {
            case .highByteFirst: characters += [high, low]
            case .lowByteFirst: characters += [low, high]
            case .onePerRegister: characters.append(high == 0 ? low : UInt8(ascii: "?"))
            }
        }
        return RegisterText.trimmed(characters)
    }

    /// The text in the registers of a response, read where it lies.
    ///
    /// - Parameters:
    ///   - data: Registers as they are sent, high byte first: a response without function code and byte count.
    ///   - registers: The registers of the text, counted from the first register of the data.
    /// - Returns: As ``decode(_:)``; `nil` when the data do not hold all registers.
    public func decode(_ data: Span<UInt8>, registers: Range<Int>) -> String? {
        guard registers.lowerBound >= 0, registers.upperBound <= data.count / 2 else { return nil }
        var words: [UInt16] = []
        words.reserveCapacity(registers.count)
        for register in registers { words.append(data.word(at: 2 * register)) }
        return decode(words)
    }

    /// The registers for a text.
    ///
    /// - Returns: `nil` when a character is not ASCII or the text needs more registers.
    public func encode(_ text: String, registers count: Int) -> [UInt16]? {
        let perRegister = form == .onePerRegister ? 1 : 2
        guard text.utf8.allSatisfy({ $0 < 128 }), text.utf8.count <= perRegister * count else { return nil }
        let short = perRegister * count - text.utf8.count
        let characters = Array(text.utf8) + Array(repeating: padding.rawValue, count: short)
        return (0..<count).map { index in
            switch form {
            case .highByteFirst: UInt16(characters[2 * index]) << 8 | UInt16(characters[2 * index + 1])
            case .lowByteFirst: UInt16(characters[2 * index + 1]) << 8 | UInt16(characters[2 * index])
            case .onePerRegister: UInt16(characters[index])
            }
        }
    }

    private static func trimmed(_ characters: [UInt8]) -> String {
        let blank = UInt8(ascii: " ")
        let text = characters.prefix { $0 != 0 }.drop { $0 == blank }
        let end = text.lastIndex { $0 != blank }.map { $0 + 1 } ?? text.startIndex
        return String(decoding: text[..<end].map { (0x20...0x7E).contains($0) ? $0 : UInt8(ascii: "?") }, as: UTF8.self)
    }
}
