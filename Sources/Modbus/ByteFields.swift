// SPDX-License-Identifier: Apache-2.0

// Fields wider than a byte go high byte first (1.1), bits are packed lowest first (1.6). Callers check the count before
// they read.

extension Span<UInt8> {
    /// A register among the values that a ``DataModel`` is given, counted from 0.
    public func register(at place: Int) -> UInt16 { word(at: 2 * place) }

    /// A bit among the values that a ``DataModel`` is given, counted from 0.
    public func bit(at place: Int) -> Bool { self[place / 8] >> UInt8(place % 8) & 1 == 1 }

    /// The two bytes at an offset as one number.
    func word(at offset: Int) -> UInt16 {
        UInt16(self[offset]) << 8 | UInt16(self[offset + 1])
    }

    /// The bytes from an offset to the end as 16-bit words; a lone last byte is left out.
    func words(from offset: Int) -> [UInt16] {
        let count = (self.count - offset) / 2
        return [UInt16](counted: count) { self.word(at: offset + 2 * $0) }
    }

    /// The bytes from an offset to the end.
    func bytes(from offset: Int) -> [UInt8] {
        [UInt8](counted: count - offset) { self[offset + $0] }
    }

    /// The first bits of what begins at an offset; bits that pad the last byte are not looked at (1.7).
    func bits(from offset: Int, count: Int) -> [Bool] {
        [Bool](counted: count) { self[offset + $0 / 8] >> UInt8($0 % 8) & 1 == 1 }
    }
}

extension Array {
    /// Creates an array of a known count element by element, without growing.
    fileprivate init(counted count: Int, element: (Int) -> Element) {
        self.init(capacity: count) { (output: inout OutputSpan<Element>) in
            for index in 0..<count { output.append(element(index)) }
        }
    }
}

extension OutputSpan<UInt8> {
    /// Appends a number, high byte first.
    mutating func append(word: UInt16) {
        append(UInt8(truncatingIfNeeded: word >> 8))
        append(UInt8(truncatingIfNeeded: word))
    }
}

extension [UInt8] {
    /// Appends a register the way a ``DataModel`` gives it.
    public mutating func append(register: UInt16) { append(word: register) }

    /// Appends a number, high byte first.
    mutating func append(word: UInt16) {
        append(UInt8(truncatingIfNeeded: word >> 8))
        append(UInt8(truncatingIfNeeded: word))
    }

    /// Appends numbers, each high byte first.
    mutating func append(words: some RandomAccessCollection<UInt16>) {
        append(addingCapacity: 2 * words.count) { (output: inout OutputSpan<UInt8>) in
            for word in words { output.append(word: word) }
        }
    }

    /// Appends bits the way a ``DataModel`` gives them: eight to a byte, lowest first, padded with zeros.
    public mutating func append(bits: some RandomAccessCollection<Bool>) {
        append(addingCapacity: (bits.count + 7) / 8) { (output: inout OutputSpan<UInt8>) in
            var byte: UInt8 = 0
            var place: UInt8 = 1
            for bit in bits {
                byte |= bit ? place : 0
                place &<<= 1
                if place == 0 {
                    output.append(byte)
                    byte = 0
                    place = 1
                }
            }
            if place > 1 { output.append(byte) }
        }
    }
}
