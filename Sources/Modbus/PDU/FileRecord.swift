// SPDX-License-Identifier: Apache-2.0

/// A group of registers in a file (functions 20 and 21).
public struct FileReference: Hashable, Sendable {
    /// The reference type of the standard, the only one there is.
    static let type: UInt8 = 6
    /// The bytes of one sub-request.
    static let count = 7
    /// The most groups one read carries: 245 bytes of 7 (application protocol, section 6.14).
    public static let limit = 35

    /// The file, 1 to 65535.
    public var file: UInt16
    /// The first register in it, 0 to 9999.
    public var record: UInt16
    /// How many registers.
    public var count: UInt16

    /// Creates a reference.
    public init(file: UInt16, record: UInt16, count: UInt16) {
        self.file = file
        self.record = record
        self.count = count
    }

    /// Whether file, record and length are within what a file can have (9.4).
    public var isValid: Bool {
        file > 0 && count > 0 && Int(record) + Int(count) <= Int(Limits.fileRecord) + 1
    }

    /// The bytes of an answer to these references: function, length, and per group length, type and registers.
    static func answerCount(_ references: some Sequence<FileReference>) -> Int {
        references.reduce(2) { $0 + 2 + 2 * Int($1.count) }
    }

    static func fault(_ references: [FileReference]) -> RequestFault? {
        guard (1...limit).contains(references.count) else { return .parts(references.count, limit: limit) }
        if let invalid = references.first(where: { !$0.isValid }) { return .record(invalid) }
        let answer = answerCount(references)
        return answer > Limits.pduCount ? .answerTooLong(answer) : nil
    }

    func encode(into bytes: inout [UInt8]) {
        bytes.append(FileReference.type)
        bytes.append(word: file)
        bytes.append(word: record)
        bytes.append(word: count)
    }
}

/// A group of registers in a file with its values (function 21).
public struct FileRecord: Hashable, Sendable {
    /// The valid values of the data length field (application protocol, section 6.15).
    static let dataCounts = 9...251

    /// The file, 1 to 65535.
    public var file: UInt16
    /// The first register in it, 0 to 9999.
    public var record: UInt16
    /// The registers' values.
    public var values: [UInt16]

    /// Creates a group.
    public init(file: UInt16, record: UInt16, values: [UInt16]) {
        self.file = file
        self.record = record
        self.values = values
    }

    /// The place of the group.
    public var reference: FileReference {
        FileReference(file: file, record: record, count: UInt16(truncatingIfNeeded: values.count))
    }

    static func dataCount(_ records: [FileRecord]) -> Int {
        records.reduce(0) { $0 + FileReference.count + 2 * $1.values.count }
    }

    static func fault(_ records: [FileRecord]) -> RequestFault? {
        guard !records.isEmpty else { return .parts(0, limit: dataCounts.upperBound / (FileReference.count + 2)) }
        let count = dataCount(records)
        guard count <= dataCounts.upperBound else { return .tooLong(2 + count) }
        return records.lazy.map(\.reference).first { !$0.isValid }.map { .record($0) }
    }

    /// Appends the data length and all groups; requests and answers have the same form.
    static func encode(_ records: [FileRecord], into bytes: inout [UInt8]) {
        bytes.append(UInt8(truncatingIfNeeded: dataCount(records)))
        for record in records {
            record.reference.encode(into: &bytes)
            bytes.append(words: record.values)
        }
    }
}
