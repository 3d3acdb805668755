// SPDX-License-Identifier: Apache-2.0
import Foundation
import Testing

/// A test as it stands in the sources: where it is, and the rows that its name says it shows.
private struct ConformanceClaim {
    /// File and function: "RequestTests.bytes".
    let test: String
    let rows: [RowNumber]

    /// The tests of a file.
    static func all(in text: String, file: String) -> [ConformanceClaim] {
        text.matches(of: /@Test\(\s*(?:"((?:[^"\\]|\\.)*)")?/).compactMap { attribute in
            guard let function = text[attribute.range.upperBound...].firstMatch(of: /\bfunc (\w+)/) else { return nil }
            let rows = attribute.1.map { RowNumber.cited(in: String($0)) } ?? []
            return ConformanceClaim(test: "\(file).\(function.1)", rows: rows)
        }
    }
}

/// The number of a rule: "4.9".
private struct RowNumber: Hashable, CustomStringConvertible {
    let section: Int
    let row: Int

    var description: String { "\(section).\(row)" }

    /// The numbers behind the word checklist: "Modbus checklist 1.1, 8.1 to 8.20: …".
    static func cited(in name: String) -> [RowNumber] {
        guard let list = name.firstMatch(of: /checklist ([0-9., to]+):/) else { return [] }
        return list.1.matches(of: /([0-9]+)\.([0-9]+)(?: to [0-9]+\.([0-9]+))?/).flatMap { match -> [RowNumber] in
            guard let section = Int(match.1), let first = Int(match.2) else { return [] }
            let last = match.3.flatMap { Int($0) } ?? first
            return (first...max(first, last)).map { RowNumber(section: section, row: $0) }
        }
    }
}

/// A row of the page.
private struct ConformanceRow {
    let number: RowNumber
    /// What is asked.
    let rule: String
    /// Who shows it, or why nobody does.
    let shownBy: String

    /// The tests that the row names.
    var tests: [String] { shownBy.matches(of: /`(\w+Tests\.\w+)`/).map { String($0.1) } }

    static func all(on page: String) -> [ConformanceRow] {
        page.components(separatedBy: "\n").compactMap { line in
            guard let number = line.prefixMatch(of: /\| ([0-9]+)\.([0-9]+) \|/),
                let section = Int(number.1), let row = Int(number.2)
            else { return nil }
            let cells = line.components(separatedBy: "|").map { $0.trimmingCharacters(in: .whitespaces) }
            guard cells.count == 7 else { return nil }
            return ConformanceRow(number: RowNumber(section: section, row: row), rule: cells[4], shownBy: cells[5])
        }
    }
}

@Suite("The page of Modbus conformance")
struct ConformanceTests {
    private static let page = "docs/modbus-conformance.md"
    /// How many rules each section has, from section 1 on.
    private static let counts = [8, 9, 10, 14, 8, 13, 11, 40, 19, 22, 5, 20, 10, 11, 8, 24, 5, 4, 5]
    /// What the program does and not the library; its tests carry no numbers.
    private static let programSection = 15

    private static func rows() throws -> [ConformanceRow] {
        ConformanceRow.all(on: try Repository.text(at: page))
    }

    private static func claims() throws -> [ConformanceClaim] {
        try Repository.swiftFiles(in: "Tests").flatMap { file in
            ConformanceClaim.all(
                in: try Repository.text(file),
                file: file.deletingPathExtension().lastPathComponent
            )
        }
    }

    @Test("Every rule has one row, in order and without gaps")
    func numbers() throws {
        let expected = Self.counts.enumerated().flatMap { index, count in
            (1...count).map { RowNumber(section: index + 1, row: $0) }
        }
        #expect(try Self.rows().map(\.number) == expected)
    }

    @Test("Every number that a test names has its row, and the row names a test")
    func numbersOfTests() throws {
        let rows = Dictionary(try Self.rows().map { ($0.number, $0) }, uniquingKeysWith: { first, _ in first })
        var count = 0
        for claim in try Self.claims() {
            for number in claim.rows {
                let row = rows[number]
                #expect(row != nil, "\(claim.test) names \(number), which is not on \(Self.page)")
                let isShown = row?.tests.isEmpty == false
                #expect(isShown, "\(claim.test) shows \(number); name it in that row of \(Self.page)")
                count += 1
            }
        }
        #expect(count > 300)
    }

    @Test("Every test that the page names exists and names the row")
    func testsOfRows() throws {
        let claims = Dictionary(grouping: try Self.claims(), by: \.test)
        for row in try Self.rows() {
            for test in row.tests {
                let found = claims[test] ?? []
                #expect(!found.isEmpty, "\(row.number) names \(test), which does not exist")
                guard row.number.section != Self.programSection else { continue }
                let isSaid = found.contains { $0.rows.contains(row.number) }
                #expect(isSaid, "\(row.number) names \(test), whose name does not say so")
            }
        }
    }

    @Test("Every row says what is asked, and one without a test says why")
    func reasons() throws {
        for row in try Self.rows() {
            #expect(row.rule.count > 10, "\(row.number)")
            #expect(row.shownBy.count > 10, "\(row.number) neither names a test nor gives a reason")
            let isContradiction = row.shownBy.contains("not shown") && !row.tests.isEmpty
            #expect(!isContradiction, "\(row.number) names a test and says that there is none")
        }
    }

    @Test("Numbers are found however they are listed")
    func forms() {
        let rows = RowNumber.cited(in: "Modbus checklist 1.1, 8.1 to 8.3, 10.20: all of it, 4.4 too")
        #expect(rows.map(\.description) == ["1.1", "8.1", "8.2", "8.3", "10.20"])
        #expect(RowNumber.cited(in: "A request of 4.9 bytes").isEmpty)
        let text = """
            @Test(
                "Modbus checklist 2.4: foreign frames",
                arguments: [1, 2]
            )
            func foreign(_ count: Int) {}
            @Test(arguments: [1]) func other() {}
            """
        let claims = ConformanceClaim.all(in: text, file: "XTests")
        #expect(claims.map(\.test) == ["XTests.foreign", "XTests.other"])
        #expect(claims.map { $0.rows.count } == [1, 0])
    }
}
