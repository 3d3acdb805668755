// SPDX-License-Identifier: Apache-2.0

// From registers to numbers. Both ways in, words and the bytes of a response, end in one walk over the parts of the
// number from the highest to the lowest; nothing is allocated.

extension RegisterType {
    /// The number in some registers.
    ///
    /// - Parameters:
    ///   - words: Exactly ``registerCount`` registers in order of address.
    ///   - order: How the parts of the number lie in them.
    /// - Returns: `nil` when the number of registers differs, or when a decimal type finds what is no digit.
    public func decode(_ words: some Collection<UInt16>, order: ByteOrder) -> RegisterNumber? {
        guard words.count == registerCount else { return nil }
        return decode(order) { words[words.index(words.startIndex, offsetBy: $0)] }
    }

    /// The number in the registers of a response, read where it lies.
    ///
    /// - Parameters:
    ///   - data: Registers as they are sent, high byte first: a response without function code and byte count.
    ///   - register: The first register of the number, counted from the first register of the data.
    ///   - order: How the parts of the number lie in its registers.
    /// - Returns: `nil` when the data do not hold all registers, or when a decimal type finds what is no digit.
    public func decode(_ data: Span<UInt8>, register: Int = 0, order: ByteOrder) -> RegisterNumber? {
        let held = data.count / 2
        guard register >= 0, register <= held, held - register >= registerCount else { return nil }
        return decode(order) { data.word(at: 2 * (register + $0)) }
    }

    private func decode(_ order: ByteOrder, _ word: (Int) -> UInt16) -> RegisterNumber? {
        let count = registerCount
        func part(_ index: Int) -> UInt16 { order.ordered(word(order.index(ofPart: index, count: count))) }
        switch form {
        case .binary, .float:
            var bits: UInt64 = 0
            for index in 0..<count { bits = bits << 16 | UInt64(part(index)) }
            return number(bits)
        case .mod10:
            var value: Int64 = 0
            for index in 0..<count {
                let digits = Int64(Int16(bitPattern: part(index)))
                guard digits.magnitude <= 9999, kind == .signed || digits >= 0 else { return nil }
                value = value * 10_000 + digits
            }
            return kind == .signed ? .signed(value) : .unsigned(value.magnitude)
        case .bcd:
            var value: UInt64 = 0
            for index in 0..<count {
                guard let digits = RegisterType.binary(ofDigits: part(index)) else { return nil }
                value = value * 10_000 + digits
            }
            return .unsigned(value)
        }
    }

    private func number(_ bits: UInt64) -> RegisterNumber {
        switch (kind, registerCount) {
        case (.unsigned, _): .unsigned(bits)
        case (.signed, 1): .signed(Int64(Int16(truncatingIfNeeded: bits)))
        case (.signed, 2): .signed(Int64(Int32(truncatingIfNeeded: bits)))
        case (.signed, _): .signed(Int64(bitPattern: bits))
        case (.float, 2): .float(Double(Float(bitPattern: UInt32(truncatingIfNeeded: bits))))
        case (.float, _): .float(Double(bitPattern: bits))
        }
    }

    /// The value of four packed digits; `nil` when one is above nine.
    private static func binary(ofDigits word: UInt16) -> UInt64? {
        var value: UInt64 = 0
        for place in 0..<4 {
            let digit = UInt64(word >> UInt16(12 - 4 * place) & 0xF)
            guard digit <= 9 else { return nil }
            value = value * 10 + digit
        }
        return value
    }
}
