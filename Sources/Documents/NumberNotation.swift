// SPDX-License-Identifier: Apache-2.0

/// Reads decimal numbers strictly, and knows the usual ways to write one wrongly.
enum NumberNotation {
    /// What a text means as a number.
    enum Meaning: Equatable {
        /// A finite number.
        case number(Double)
        /// Not a number that can be used; what is wrong, and what to write instead where that is clear.
        case fault(String, remedy: String?)
    }

    /// Longer texts are no numbers that a person wrote.
    private static let maximumLength = 40

    /// Reads a scalar as a decimal number: an optional sign, digits, optional decimals, optional exponent.
    static func read(_ scalar: Node.Scalar) -> Meaning {
        let text = scalar.text
        guard !scalar.isQuoted else {
            guard isDecimal(text) else { return .fault("is a text, not a number", remedy: nil) }
            return .fault("is a text because of its quotes", remedy: "write \(text) without quotes")
        }
        guard isDecimal(text) else { return .fault("is not a number", remedy: remedy(text)) }
        if hasLeadingZero(text) { return .fault("starts with a zero", remedy: "write it without leading zeros") }
        guard let number = Double(text), number.isFinite else { return .fault("is too large", remedy: nil) }
        return .number(number == 0 ? 0 : number)
    }

    /// Reads a scalar as a whole number.
    static func readInteger(_ scalar: Node.Scalar) -> Meaning {
        guard case .number(let number) = read(scalar) else { return read(scalar) }
        guard number.rounded() == number, abs(number) <= 9_007_199_254_740_991 else {
            return .fault(abs(number) > 1e15 ? "is too large" : "is not a whole number", remedy: nil)
        }
        return .number(number)
    }

    private static func remedy(_ text: String) -> String? {
        let commas = text.count { $0 == "," }
        let dotted = String(text.map { $0 == "," ? "." : $0 })
        if commas == 1, isDecimal(dotted) { return "write \(dotted) with a point" }
        if text.lowercased().hasPrefix("0x"), let number = Int(text.dropFirst(2), radix: 16) {
            return "write \(number) (decimal)"
        }
        let unsigned = text.lowercased().drop { $0 == "+" || $0 == "-" }
        if [".inf", ".nan", "inf", "nan", "infinity"].contains(unsigned) { return "write a finite number" }
        let digits = text.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
        if !digits.isEmpty, isDecimal(String(digits)) { return "write \(digits) without a unit" }
        return nil
    }

    private static func isDecimal(_ text: String) -> Bool {
        guard text.utf8.count <= maximumLength else { return false }
        var rest = Substring(text)
        if rest.first == "-" || rest.first == "+" { rest.removeFirst() }
        let parts = rest.split(separator: "e", omittingEmptySubsequences: false)
        let mantissaParts = (parts.count == 1 ? rest.split(separator: "E", omittingEmptySubsequences: false) : parts)
        guard let mantissa = mantissaParts.first, mantissaParts.count <= 2 else { return false }
        if mantissaParts.count == 2 {
            var exponent = mantissaParts[1]
            if exponent.first == "-" || exponent.first == "+" { exponent.removeFirst() }
            guard isDigits(exponent) else { return false }
        }
        let halves = mantissa.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        return halves.allSatisfy(isDigits)
    }

    private static func isDigits(_ text: Substring) -> Bool {
        !text.isEmpty && text.utf8.allSatisfy { (0x30...0x39).contains($0) }
    }

    private static func hasLeadingZero(_ text: String) -> Bool {
        let digits = text.drop { $0 == "-" || $0 == "+" }.prefix { $0.isNumber }
        return digits.count > 1 && digits.first == "0"
    }
}
