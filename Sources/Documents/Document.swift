// SPDX-License-Identifier: Apache-2.0

/// A YAML file as a tree of located values.
///
/// Refuses what a file for people does not need and what makes reading unbounded: more than ``maximumBytes`` or
/// ``maximumNodes``, nesting beyond ``maximumDepth``, aliases, several documents in one file.
public struct Document: Sendable {
    /// The largest file in bytes: a site of a thousand stations needs a fifth of it.
    public static let maximumBytes = 1 << 20
    /// The largest number of values, so that many small ones cannot fill the memory either.
    public static let maximumNodes = 100_000
    /// The deepest nesting; profiles and site files need six levels.
    public static let maximumDepth = 32

    /// The name of the file, for messages.
    public let file: String
    /// The outermost value.
    public let root: Node
    /// Keys that were written twice; the last one is in the tree.
    let duplicates: [Fault]

    /// Reads a text.
    ///
    /// Keys that occur twice do not stop the reading: they are reported by ``read(_:)`` together with what else is
    /// wrong.
    ///
    /// - Parameters:
    ///   - text: The contents.
    ///   - file: The name of the file, for messages.
    /// - Throws: ``DocumentError`` when the text is not YAML or beyond a bound.
    public init(text: String, file: String) throws(DocumentError) {
        guard text.utf8.count <= Document.maximumBytes else {
            throw DocumentError([Document.tooLarge(file)])
        }
        let tree = try TreeBuilder.build(text, file: file)
        self.file = file
        root = tree.root
        duplicates = tree.duplicates
    }

    /// Reads the contents of a file.
    ///
    /// - Parameters:
    ///   - bytes: The contents; UTF-8, with or without a byte order mark.
    ///   - file: The name of the file, for messages.
    /// - Throws: ``DocumentError`` as for ``init(text:file:)``, and for bytes that are not UTF-8.
    public init(bytes: [UInt8], file: String) throws(DocumentError) {
        guard bytes.count <= Document.maximumBytes else { throw DocumentError([Document.tooLarge(file)]) }
        let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
        let content = bytes.starts(with: mark) ? bytes[mark.count...] : bytes[...]
        guard let text = String(validating: content, as: UTF8.self) else {
            throw DocumentError([Fault(file: file, message: "is not UTF-8 text", remedy: "save it as UTF-8")])
        }
        try self.init(text: text, file: file)
    }

    /// Reads a file of the file system.
    ///
    /// - Parameters:
    ///   - path: Where the file is.
    ///   - name: What to call it in messages; the path when left out.
    /// - Throws: ``DocumentError`` as for ``init(bytes:file:)``, and when the file cannot be read.
    public init(path: String, name: String? = nil) throws(DocumentError) {
        let name = name ?? path
        let bytes: [UInt8]
        do {
            bytes = try FileContents.bytes(of: path, atMost: Document.maximumBytes)
        } catch {
            throw DocumentError([error.fault(file: name)])
        }
        try self.init(bytes: bytes, file: name)
    }

    /// Lets a function read the outermost group of keys and throws every fault that was found on the way.
    ///
    /// - Parameter body: Reads what it needs, reports what it finds wrong, and returns `nil` when it cannot make a
    ///   value; keys it did not ask for are reported as unknown.
    /// - Returns: The value of `body`.
    /// - Throws: ``DocumentError`` when anything was reported, duplicate and unknown keys included.
    public func read<Value>(_ body: (MappingReader) -> Value?) throws(DocumentError) -> Value {
        let faults = FaultCollector(file: file)
        duplicates.forEach(faults.add)
        guard let reader = MappingReader(root, faults: faults) else { throw DocumentError(faults.faults) }
        let value = body(reader)
        reader.finish()
        try faults.throwIfAny()
        guard let value else { throw DocumentError([Fault(file: file, message: "is incomplete")]) }
        return value
    }

    private static func tooLarge(_ file: String) -> Fault {
        Fault(file: file, message: "is larger than \(maximumBytes >> 10) KiB", remedy: "leave out what is not needed")
    }
}
