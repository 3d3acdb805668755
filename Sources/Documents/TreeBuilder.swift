// SPDX-License-Identifier: Apache-2.0
internal import Yams

/// Turns the parser's tree into ours: bounded, located, with duplicate keys as findings instead of a full stop.
struct TreeBuilder {
    /// How many duplicate keys are looked for before giving up; each costs one more pass over the text.
    static let maximumDuplicates = 20
    /// Duplicates are hidden from the parser behind a character from here on, which no file for people contains.
    private static let privateUse: ClosedRange<UInt32> = 0xE000...0xF8FF

    /// A key that the parser found twice.
    private struct HiddenKey {
        let name: String
        let line: Int
    }

    private let file: String
    private let hidden: [HiddenKey]
    private var count = 0
    private var duplicates: [Fault] = []

    private init(file: String, hidden: [HiddenKey]) {
        self.file = file
        self.hidden = hidden
    }

    /// Reads a text into a tree.
    static func build(_ text: String, file: String) throws(DocumentError) -> (root: Node, duplicates: [Fault]) {
        var lines = lines(of: text)
        if let fault = refusal(lines.joined(separator: "\n"), file: file) { throw DocumentError([fault]) }
        var hidden: [HiddenKey] = []
        while true {
            do throws(ParseFailure) {
                let root = try parse(lines.joined(separator: "\n"))
                var builder = TreeBuilder(file: file, hidden: hidden)
                let node = try builder.node(root, path: "", depth: 1)
                return (node, builder.duplicates)
            } catch {
                guard case .duplicate(let name, let line, let column) = error,
                    hidden.count < maximumDuplicates,
                    hide(name, in: &lines, line: line, column: column, number: hidden.count)
                else { throw DocumentError([error.fault(file: file)]) }
                hidden.append(HiddenKey(name: name, line: line))
            }
        }
    }

    /// The lines of a text, whatever system wrote it; `Character` would take the pair of CR and LF as one.
    private static func lines(of text: String) -> [String] {
        var lines: [String] = []
        var line = String.UnicodeScalarView()
        var previous: Unicode.Scalar?
        for scalar in text.unicodeScalars {
            defer { previous = scalar }
            if scalar == "\n", previous == "\r" { continue }
            if scalar == "\n" || scalar == "\r" {
                lines.append(String(line))
                line = String.UnicodeScalarView()
            } else {
                line.append(scalar)
            }
        }
        return lines + [String(line)]
    }

    /// Aliases make a small file unfold into an endless one, even before we see its tree; so they never reach the parser.
    private static func refusal(_ text: String, file: String) -> Fault? {
        var anchor = false
        var aliasLine: Int?
        var line = 1
        var previous: Unicode.Scalar = "\n"
        var beforeThat: Unicode.Scalar = "\n"
        for scalar in text.unicodeScalars {
            if privateUse.contains(scalar.value) {
                return Fault(file: file, line: line, message: "contains a character without meaning (private use)")
            }
            let startsWord = !scalar.properties.isWhitespace && " \t\r\n[{,:-?".unicodeScalars.contains(beforeThat)
            if startsWord, previous == "&" { anchor = true }
            if startsWord, previous == "*", aliasLine == nil { aliasLine = line }
            if scalar == "\n" { line += 1 }
            (beforeThat, previous) = (previous, scalar)
        }
        guard anchor, let aliasLine else { return nil }
        return Fault(
            file: file,
            line: aliasLine,
            message: "uses an anchor and an alias (&name, *name), which are not supported",
            remedy: "write the value out each time"
        )
    }

    /// Replaces the first character of a key, so that the same text can be parsed once more with unchanged places.
    ///
    /// - Returns: Whether the key was found where the parser said; a file with exotic line breaks may differ.
    private static func hide(
        _ key: String,
        in lines: inout [String],
        line: Int,
        column: Int,
        number: Int
    ) -> Bool {
        guard lines.indices.contains(line - 1), let mark = Unicode.Scalar(privateUse.lowerBound + UInt32(number)) else {
            return false
        }
        var scalars = Array(lines[line - 1].unicodeScalars)
        var position = column - 1
        if scalars.indices.contains(position), scalars[position] == "\"" || scalars[position] == "'" { position += 1 }
        guard scalars.indices.contains(position), scalars[position] == key.unicodeScalars.first else { return false }
        scalars[position] = mark
        var changed = String.UnicodeScalarView()
        changed.append(contentsOf: scalars)
        lines[line - 1] = String(changed)
        return true
    }

    private static func parse(_ text: String) throws(ParseFailure) -> Yams.Node {
        do {
            let parser = try Parser(yaml: text, resolver: .basic, encoding: .utf8)
            guard let root = try parser.singleRoot() else { throw ParseFailure.empty }
            return root
        } catch let failure as ParseFailure {
            throw failure
        } catch {
            throw ParseFailure(error)
        }
    }

    private mutating func node(_ node: Yams.Node, path: String, depth: Int) throws(ParseFailure) -> Node {
        let line = node.mark?.line ?? 1
        let column = node.mark?.column ?? 1
        count += 1
        guard depth <= Document.maximumDepth else { throw .tooDeep(line: line) }
        guard count <= Document.maximumNodes else { throw .tooMany(line: line) }
        return Node(
            content: try content(node, path: path, depth: depth),
            line: line,
            column: column,
            keyPath: path
        )
    }

    private mutating func content(
        _ node: Yams.Node,
        path: String,
        depth: Int
    ) throws(ParseFailure) -> Node.Content {
        switch node {
        case .scalar(let scalar):
            let isQuoted = scalar.style != .plain && scalar.style != .any
            if !isQuoted, ["", "~", "null", "Null", "NULL"].contains(scalar.string) { return .null }
            return .scalar(Node.Scalar(text: scalar.string, isQuoted: isQuoted))
        case .sequence(let sequence):
            var elements: [Node] = []
            for (index, element) in sequence.enumerated() {
                elements.append(try self.node(element, path: "\(path)[\(index)]", depth: depth + 1))
            }
            return .sequence(elements)
        case .mapping(let mapping):
            return .mapping(try entries(mapping, path: path, depth: depth))
        case .alias(let alias):
            throw .syntax("uses an alias, which is not supported", line: alias.mark?.line)
        }
    }

    private mutating func entries(
        _ mapping: Yams.Node.Mapping,
        path: String,
        depth: Int
    ) throws(ParseFailure) -> [Node.Entry] {
        var entries: [Node.Entry] = []
        var places: [String: Int] = [:]
        for (key, value) in mapping {
            guard case .scalar(let scalar) = key else {
                throw .syntax("uses a list or a group as a key", line: key.mark?.line)
            }
            let line = key.mark?.line ?? 1
            if let hiddenKey = hiddenKey(scalar.string) {
                report(hiddenKey.name, first: hiddenKey.line, path: path)
                continue
            }
            let entry = Node.Entry(
                key: scalar.string,
                line: line,
                column: key.mark?.column ?? 1,
                value: try node(value, path: Node.path(path, key: scalar.string), depth: depth + 1)
            )
            if let place = places[scalar.string] {
                report(scalar.string, first: entries[place].line, path: path)
                entries[place] = entry
            } else {
                places[scalar.string] = entries.count
                entries.append(entry)
            }
        }
        return entries
    }

    private func hiddenKey(_ text: String) -> HiddenKey? {
        guard let first = text.unicodeScalars.first, TreeBuilder.privateUse.contains(first.value) else { return nil }
        let index = Int(first.value - TreeBuilder.privateUse.lowerBound)
        return hidden.indices.contains(index) ? hidden[index] : nil
    }

    private mutating func report(_ key: String, first line: Int, path: String) {
        duplicates.append(
            Fault(
                file: file,
                line: line,
                keyPath: Node.path(path, key: key),
                message: "is written twice in the same group",
                remedy: "keep one of them"
            )
        )
    }
}
