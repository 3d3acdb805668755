// SPDX-License-Identifier: Apache-2.0

/// Unpacks gzip files (RFC 1952) of deflated data (RFC 1951), with a bound on what comes out.
public enum Gzip {
    /// Why bytes are no usable gzip file.
    public enum Failure: Error, Equatable, Sendable, CustomStringConvertible {
        /// The header is not that of a gzip file.
        case header
        /// The file ends too early.
        case truncated
        /// The packed data say something impossible.
        case corrupt
        /// The checksum or length at the end is another one.
        case checksum
        /// More would come out than is permitted.
        case tooLarge(Int)

        /// What is wrong, as the end of a sentence that starts with the file.
        public var description: String {
            switch self {
            case .header: "is not a gzip file"
            case .truncated: "ends in the middle of its packed data"
            case .corrupt: "has packed data that are damaged"
            case .checksum: "does not have the checksum it names"
            case .tooLarge(let most): "unpacks to more than \(most >> 10) KiB"
            }
        }
    }

    /// Unpacks a file.
    ///
    /// - Parameters:
    ///   - bytes: The file: one or more members, one after the other.
    ///   - most: The most bytes that may come out.
    /// - Returns: What was packed.
    /// - Throws: ``Failure`` for every file that is not whole.
    public static func unpack(_ bytes: [UInt8], atMost most: Int) throws(Failure) -> [UInt8] {
        var input = BitReader(bytes)
        var output: [UInt8] = []
        repeat {
            let start = output.count
            try skipHeader(&input)
            try Inflate.run(&input, into: &output, atMost: most)
            input.alignToByte()
            let checksum = try input.number(bytes: 4)
            let length = try input.number(bytes: 4)
            guard length == (output.count - start) & 0xFFFF_FFFF, checksum == Int(crc(output[start...])) else {
                throw .checksum
            }
        } while !input.isAtEnd
        return output
    }

    private static func skipHeader(_ input: inout BitReader) throws(Failure) {
        guard try input.number(bytes: 2) == 0x8B1F, try input.number(bytes: 1) == 8 else { throw .header }
        let flags = try input.number(bytes: 1)
        guard flags & 0xE0 == 0 else { throw .header }
        _ = try input.number(bytes: 6)
        if flags & 4 != 0 {
            let length = try input.number(bytes: 2)
            for _ in 0..<length { _ = try input.number(bytes: 1) }
        }
        // A name and a comment, each up to a zero byte.
        for flag in [8, 16] where flags & flag != 0 {
            while try input.number(bytes: 1) != 0 {}
        }
        if flags & 2 != 0 { _ = try input.number(bytes: 2) }
    }

    private static let crcTable: [UInt32] = (0..<256).map { index in
        (0..<8).reduce(UInt32(index)) { value, _ in value & 1 == 0 ? value >> 1 : (value >> 1) ^ 0xEDB8_8320 }
    }

    /// The checksum of ISO 3309, as gzip uses it.
    static func crc(_ bytes: some Sequence<UInt8>) -> UInt32 {
        ~bytes.reduce(~UInt32(0)) { crcTable[Int(UInt8(truncatingIfNeeded: $0) ^ $1)] ^ ($0 >> 8) }
    }
}

/// Bits from the lowest of each byte to the highest.
struct BitReader {
    private let bytes: [UInt8]
    private var position = 0
    private var held: UInt32 = 0
    private var count = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    var isAtEnd: Bool { position >= bytes.count && count < 8 }

    mutating func bit() throws(Gzip.Failure) -> Int { try bits(1) }

    mutating func bits(_ wanted: Int) throws(Gzip.Failure) -> Int {
        while count < wanted {
            guard position < bytes.count else { throw .truncated }
            held |= UInt32(bytes[position]) << UInt32(count)
            position += 1
            count += 8
        }
        let value = Int(held & ((1 << UInt32(wanted)) - 1))
        held >>= UInt32(wanted)
        count -= wanted
        return value
    }

    mutating func alignToByte() {
        held >>= UInt32(count % 8)
        count -= count % 8
    }

    /// A number of so many whole bytes, the lowest first.
    mutating func number(bytes: Int) throws(Gzip.Failure) -> Int {
        var value = 0
        for place in 0..<bytes { value |= try bits(8) << (8 * place) }
        return value
    }
}
