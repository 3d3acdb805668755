// SPDX-License-Identifier: Apache-2.0
import Foundation
import Testing

extension Repository {
    /// All files of a folder with an extension, or the one file that is named.
    static func files(_ path: String, _ pathExtension: String) throws -> [URL] {
        guard !path.hasSuffix("." + pathExtension) else { return [root.appending(path: path)] }
        let all = try #require(
            FileManager.default.enumerator(at: root.appending(path: path), includingPropertiesForKeys: nil)
        )
        return all.compactMap { $0 as? URL }.filter { $0.pathExtension == pathExtension }
    }

    static func text(at path: String) throws -> String { try text(root.appending(path: path)) }
}

@Suite("The pages of the repository")
struct DocumentationTests {
    private static func pages() throws -> [URL] {
        try ["README.md", "CONTRIBUTING.md", "docs"].flatMap { try Repository.files($0, "md") }
    }

    @Test("Every relative link leads to a file")
    func links() throws {
        var count = 0
        for page in try Self.pages() {
            for link in try Self.prose(page).matches(of: /\]\(([^)\s]+)\)/) {
                let target = link.1.prefix { $0 != "#" }
                guard !target.isEmpty, !target.contains(":") else { continue }
                let file = page.deletingLastPathComponent().appending(path: String(target))
                let exists = FileManager.default.fileExists(atPath: file.path)
                #expect(exists, "\(Repository.name(page)) links to \(target)")
                count += 1
            }
        }
        #expect(count > 0)
    }

    /// A page without its blocks of code, where brackets mean other things.
    private static func prose(_ page: URL) throws -> String {
        let parts = try Repository.text(page).components(separatedBy: "```")
        return stride(from: 0, to: parts.count, by: 2).map { parts[$0] }.joined()
    }

    @Test("The architecture names files that exist")
    func files() throws {
        let page = try Repository.text(at: "docs/architecture.md")
        let names = page.matches(of: /`([A-Za-z]+(?:\/[A-Za-z+]+)+\.swift)`/).map { String($0.1) }
        #expect(names.count > 20)
        for name in names {
            let exists = ["", "Sources/"].contains { folder in
                FileManager.default.fileExists(atPath: Repository.root.appending(path: folder + name).path)
            }
            #expect(exists, "docs/architecture.md names \(name)")
        }
    }

    @Test("The changelog has a place for what is not released yet")
    func changelog() throws {
        #expect(try Repository.text(at: "CHANGELOG.md").components(separatedBy: "\n").contains("## Unreleased"))
    }

    @Test("The guide explains the notifications that exist, all of them and no others")
    func notifications() throws {
        let guide = try Repository.text(at: "docs/guides/texts-and-lights.md")
        let explained = Set(guide.matches(of: /\n\| `([a-z]+(?:[.-][a-z]+)+)` \|/).map { String($0.1) })
        var raised: Set<String> = []
        for file in try Repository.swiftFiles(in: "Sources/Balancing") {
            // An identifier stands first in a notification, or in the function that makes one.
            let found = try Repository.text(file).matches(of: /(?:id: |note\(\s*)"([a-z]+(?:[.-][a-z]+)+)"/)
            raised.formUnion(found.map { String($0.1) })
        }
        #expect(raised.contains("meter.warning") && raised.contains("station.obeys"))
        #expect(raised.subtracting(explained).isEmpty, "docs/guides/texts-and-lights.md does not explain these")
        #expect(explained.subtracting(raised).isEmpty, "nothing raises these")
    }
}

@Suite("The page of hazards")
struct HazardsTests {
    private static let page = "docs/hazards.md"

    @Test("Every citation of a hazard has its row, heading or rule")
    func citations() throws {
        let known = try HazardNames(Repository.text(at: Self.page))
        var count = 0
        for file in try ["Sources", "Tests"].flatMap({ try Repository.files($0, "swift") })
            + ["docs", "CONTRIBUTING.md"].flatMap({ try Repository.files($0, "md") })
        {
            for name in HazardNames.cited(in: try Repository.text(file)) {
                let isKnown = known.contains(name)
                #expect(isKnown, "\(Repository.name(file)) cites \(name)")
                count += 1
            }
        }
        #expect(count > 20)
    }

    @Test("Citations are found however they are written")
    func forms() {
        let text = """
            /// Nobody watches any more (hazards A.1 rule 4, K03 and K08). The bound is that of hazards
            /// A.6 rule 2 b; a station's word counts (S12, hazard C04).
            // A hazard row may be named alone (M10), or twice (M12, M14). IEC 61851-1 A.3 is something else.
            """
        let expected = [
            "A.1", "A.1 rule 4", "A.6", "A.6 rule 2", "C04", "K03", "K08", "M10", "M12", "M14",
        ]
        #expect(HazardNames.cited(in: text).sorted() == expected)
    }

    @Test("No row stands twice")
    func rows() throws {
        let rows = HazardNames.rows(try Repository.text(at: Self.page))
        #expect(rows.count > 50)
        #expect(Set(rows).count == rows.count, "\(rows.filter { row in rows.count { $0 == row } > 1 })")
    }

    @Test("Every test that the page names exists")
    func tests() throws {
        let sources = Dictionary(
            grouping: try Repository.swiftFiles(in: "Tests"),
            by: { $0.deletingPathExtension().lastPathComponent }
        )
        var count = 0
        for cell in try Repository.text(at: Self.page).matches(of: /`([A-Za-z]+Tests)`: ("[^"]+"(?:, "[^"]+")*)/) {
            let suite = String(cell.1)
            let text = try sources[suite, default: []].map(Repository.text).joined()
            for name in cell.2.matches(of: /"[^"]+"/) {
                let exists = text.contains(name.0)
                #expect(exists, "\(suite) has no test \(name.0)")
                count += 1
            }
        }
        #expect(count > 50)
    }
}

/// The names of rows, headings and rules: "M10", "A.6", "A.6 rule 2".
private struct HazardNames {
    private let names: Set<String>

    /// Collects what a page of hazards has a place for.
    init(_ page: String) {
        var names = Set(HazardNames.rows(page))
        var heading = ""
        for line in page.components(separatedBy: "\n") {
            if line.hasPrefix("#") { heading = "" }
            if let match = line.prefixMatch(of: #/#+ ([A-Z]\.[0-9]+) /#) {
                heading = String(match.1)
                names.insert(heading)
            } else if let rule = line.prefixMatch(of: #/([0-9]+)\. /#), !heading.isEmpty {
                names.insert("\(heading) rule \(rule.1)")
            }
        }
        self.names = names
    }

    func contains(_ name: String) -> Bool { names.contains(name) }

    /// The rows of the tables that have hazards, without those that add to a row.
    static func rows(_ page: String) -> [String] {
        let tables = page.components(separatedBy: "\n| row | what goes wrong |").dropFirst()
        return tables.flatMap { table in
            let lines = table.components(separatedBy: "\n").prefix { !$0.isEmpty }
            return lines.compactMap { $0.prefixMatch(of: /\| ([A-Z][0-9]{2}) \|/).map { String($0.1) } }
        }
    }

    /// The names that a source or page cites after the word hazard, or rows alone in brackets.
    static func cited(in text: String) -> [String] {
        // A citation may go over the end of a line of comment.
        let text = text.replacing(/\n\s*(?:\/\/+ )?/, with: " ")
        let list =
            /[Hh]azards?:? [A-Z](?:\.[0-9]+|[0-9]{2})\b(?: rules? [0-9]+(?: \(?[a-c]\b\)?)?|,? (?:and )?[A-Z](?:\.[0-9]+|[0-9]{2})\b)*/
        let bare = /\([MNSCKP][0-9]{2}(?:, [MNSCKP][0-9]{2})*\)/
        var names: [String] = []
        for mention in text.matches(of: list).map(\.0) + text.matches(of: bare).map(\.0) {
            names += mention.matches(of: /\b[A-Z](?:\.[0-9]+|[0-9]{2})\b/).map { String($0.0) }
            names += mention.matches(of: /([A-Z]\.[0-9]+) rules? ([0-9]+)/).map { "\($0.1) rule \($0.2)" }
        }
        return names
    }
}
