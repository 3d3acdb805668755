// SPDX-License-Identifier: Apache-2.0
internal import Yams

/// Why a text did not become a tree.
enum ParseFailure: Error {
    /// There is nothing in it.
    case empty
    /// It is not YAML.
    case syntax(String, line: Int?)
    /// A key occurs twice in one mapping; the place is the first occurrence.
    case duplicate(String, line: Int, column: Int)
    /// It is nested beyond ``Document/maximumDepth``.
    case tooDeep(line: Int)
    /// It has more than ``Document/maximumNodes`` values.
    case tooMany(line: Int)

    /// Translates the parser's error, whose texts speak of its own inside.
    init(_ error: any Error) {
        guard let error = error as? YamlError else {
            self = .syntax("is not valid YAML", line: nil)
            return
        }
        switch error {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
            .composer(_, let problem, let mark, _):
            self = .syntax("is not valid YAML here (\(problem))", line: mark.line)
        case .reader(let problem, let offset, _, let yaml):
            let line = offset.map { yaml.prefix($0).count(where: \.isNewline) + 1 }
            self = .syntax("is not valid YAML here (\(problem))", line: line)
        case .duplicatedKeysInMapping(let keys, let context):
            self = .duplicate(keys.first ?? "", line: context.mark.line, column: context.mark.column)
        case .no, .memory, .writer, .emitter, .representer, .dataCouldNotBeDecoded:
            self = .syntax("is not valid YAML", line: nil)
        }
    }

    /// The failure as a message for the author of the file.
    func fault(file: String) -> Fault {
        switch self {
        case .empty:
            Fault(file: file, message: "is empty")
        case .syntax(let message, let line):
            Fault(
                file: file,
                line: line,
                message: message,
                remedy: "check indentation (spaces, no tabs), quotes, brackets and the space after a colon"
            )
        case .duplicate(let key, let line, let column):
            Fault(
                file: file,
                line: line,
                column: column,
                keyPath: Node.shortened(key),
                message: "is written twice in the same group",
                remedy: "keep one of them"
            )
        case .tooDeep(let line):
            Fault(file: file, line: line, message: "is nested more than \(Document.maximumDepth) levels deep")
        case .tooMany(let line):
            Fault(file: file, line: line, message: "holds more than \(Document.maximumNodes) values")
        }
    }
}
