// SPDX-License-Identifier: Apache-2.0

/// Unpacks deflated data (RFC 1951).
enum Inflate {
    static func run(_ input: inout BitReader, into output: inout [UInt8], atMost most: Int) throws(Gzip.Failure) {
        let start = output.count
        var isLast = false
        while !isLast {
            isLast = try input.bit() == 1
            switch try input.bits(2) {
            case 0: try copyStored(&input, &output, most)
            case 1: try expand(&input, &output, most, from: start, literals: fixedLiterals, distances: fixedDistances)
            case 2:
                let (literals, distances) = try readCodes(&input)
                try expand(&input, &output, most, from: start, literals: literals, distances: distances)
            default: throw .corrupt
            }
        }
    }

    private static func copyStored(
        _ input: inout BitReader,
        _ output: inout [UInt8],
        _ most: Int
    ) throws(Gzip.Failure) {
        input.alignToByte()
        let length = try input.number(bytes: 2)
        guard try input.number(bytes: 2) == ~length & 0xFFFF else { throw .corrupt }
        guard output.count + length <= most else { throw .tooLarge(most) }
        for _ in 0..<length { output.append(UInt8(truncatingIfNeeded: try input.bits(8))) }
    }

    private static func expand(
        _ input: inout BitReader,
        _ output: inout [UInt8],
        _ most: Int,
        from start: Int,
        literals: HuffmanCode,
        distances: HuffmanCode
    ) throws(Gzip.Failure) {
        while true {
            let symbol = try literals.next(&input)
            if symbol < 256 {
                guard output.count < most else { throw .tooLarge(most) }
                output.append(UInt8(truncatingIfNeeded: symbol))
                continue
            }
            if symbol == 256 { return }
            guard symbol - 257 < lengthBases.count else { throw .corrupt }
            let length = try lengthBases[symbol - 257] + input.bits(lengthBits[symbol - 257])
            let place = try distances.next(&input)
            guard place < distanceBases.count else { throw .corrupt }
            let distance = try distanceBases[place] + input.bits(place < 2 ? 0 : place / 2 - 1)
            guard distance <= output.count - start else { throw .corrupt }
            guard output.count + length <= most else { throw .tooLarge(most) }
            // Byte by byte: what is copied may reach into what is being written.
            for _ in 0..<length { output.append(output[output.count - distance]) }
        }
    }

    private static func readCodes(
        _ input: inout BitReader
    ) throws(Gzip.Failure) -> (literals: HuffmanCode, distances: HuffmanCode) {
        let literalCount = try input.bits(5) + 257
        let distanceCount = try input.bits(5) + 1
        let lengthCount = try input.bits(4) + 4
        var lengths = Array(repeating: 0, count: 19)
        for index in 0..<lengthCount { lengths[order[index]] = try input.bits(3) }
        let code = try HuffmanCode(lengths)
        var all: [Int] = []
        while all.count < literalCount + distanceCount {
            let symbol = try code.next(&input)
            switch symbol {
            case 0..<16: all.append(symbol)
            case 16:
                guard let last = all.last else { throw .corrupt }
                all += Array(repeating: last, count: try 3 + input.bits(2))
            case 17: all += Array(repeating: 0, count: try 3 + input.bits(3))
            default: all += Array(repeating: 0, count: try 11 + input.bits(7))
            }
        }
        guard all.count == literalCount + distanceCount, all[256] > 0 else { throw .corrupt }
        return (try HuffmanCode(Array(all[..<literalCount])), try HuffmanCode(Array(all[literalCount...])))
    }

    // MARK: Tables of RFC 1951

    private static let order = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15]
    private static let lengthBases = [
        3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227,
        258,
    ]
    private static let lengthBits = [
        0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0,
    ]
    private static let distanceBases = [
        1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097,
        6145,
        8193, 12289, 16385, 24577,
    ]
    private static let fixedLiterals = HuffmanCode(
        complete: (0..<288).map { $0 < 144 ? 8 : $0 < 256 ? 9 : $0 < 280 ? 7 : 8 }
    )
    private static let fixedDistances = HuffmanCode(complete: Array(repeating: 5, count: 32))
}

/// A code of bit strings of different lengths, decoded bit by bit by the number of codes of each length.
struct HuffmanCode: Sendable {
    private static let longest = 15

    private var counts = Array(repeating: 0, count: longest + 1)
    private var symbols: [Int] = []

    /// Makes the code of a list of lengths.
    ///
    /// - Throws: `Gzip.Failure.corrupt` when there are more codes than fit.
    init(_ lengths: [Int]) throws(Gzip.Failure) {
        self.init(complete: lengths)
        var left = 1
        for length in 1...HuffmanCode.longest {
            left = left * 2 - counts[length]
            guard left >= 0 else { throw .corrupt }
        }
    }

    init(complete lengths: [Int]) {
        for length in lengths where length > 0 { counts[length] += 1 }
        for wanted in 1...HuffmanCode.longest {
            for (symbol, length) in lengths.enumerated() where length == wanted { symbols.append(symbol) }
        }
    }

    func next(_ input: inout BitReader) throws(Gzip.Failure) -> Int {
        var code = 0
        var first = 0
        var index = 0
        for length in 1...HuffmanCode.longest {
            code |= try input.bit()
            let count = counts[length]
            if code - count < first { return symbols[index + code - first] }
            index += count
            first = (first + count) << 1
            code <<= 1
        }
        throw .corrupt
    }
}
