// SPDX-License-Identifier: Apache-2.0
import ArgumentParser

/// The address of a register, as on the wire: 0 to 65535, decimal or with 0x hexadecimal.
struct RegisterAddress: ExpressibleByArgument {
    let value: UInt16

    init(_ value: UInt16) { self.value = value }

    init?(argument: String) {
        let number = RegisterAddress.wholeNumber(argument)
        guard let value = number.flatMap({ UInt16(exactly: $0) }) else { return nil }
        self.value = value
    }

    /// As in the help of an option with a default.
    var defaultValueDescription: String { "\(value)" }

    /// Reads a whole number, decimal or with 0x hexadecimal; a sign stands first.
    static func wholeNumber(_ text: some StringProtocol) -> Int? {
        let isNegative = text.hasPrefix("-")
        let digits = isNegative ? text.dropFirst() : text[...]
        let isHexadecimal = digits.lowercased().hasPrefix("0x")
        let magnitude = isHexadecimal ? digits.dropFirst(2) : digits
        // Swift's own reader would take a second sign.
        guard magnitude.first?.isHexDigit == true else { return nil }
        return Int(magnitude, radix: isHexadecimal ? 16 : 10).map { isNegative ? -$0 : $0 }
    }
}
