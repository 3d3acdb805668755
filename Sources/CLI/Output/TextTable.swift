// SPDX-License-Identifier: Apache-2.0

/// Columns of text under a heading.
struct TextTable {
    /// On which side the cells of a column stand.
    enum Side {
        case left
        case right
    }

    private static let gap = "  "

    private let sides: [Side]
    private var rows: [[String]]

    /// Begins a table; every row has as many cells as there are columns.
    init(_ columns: [(heading: String, side: Side)]) {
        sides = columns.map(\.side)
        rows = [columns.map(\.heading)]
    }

    /// Adds a row.
    mutating func add(_ cells: [String]) { rows.append(cells) }

    /// The lines: the heading, then the rows.
    var lines: [String] {
        let widths = sides.indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
        return rows.enumerated().map { index, row in
            let cells = zip(row, zip(widths, sides)).map { TextTable.padded($0, $1.0, $1.1) }
            let line = String(cells.joined(separator: TextTable.gap).reversed().drop { $0 == " " }.reversed())
            return index == 0 ? Console.styled(line, .bold) : line
        }
    }

    /// A text with blanks up to a width.
    static func padded(_ text: String, _ width: Int, _ side: Side) -> String {
        let blanks = String(repeating: " ", count: max(0, width - text.count))
        return side == .left ? text + blanks : blanks + text
    }
}
