// SPDX-License-Identifier: Apache-2.0
import Daemon
import Devices
import Documents
import Foundation
import Testing

/// What people copy must work as it stands.
@Suite("The site files that people copy")
struct GuideTests {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    /// The blocks of a guide that are whole site files.
    private static func siteBlocks(_ guide: String) throws -> [String] {
        let text = try String(contentsOf: root.appending(path: guide), encoding: .utf8)
        return text.components(separatedBy: "```yaml\n").dropFirst()
            .compactMap { $0.components(separatedBy: "\n```").first }.filter { $0.hasPrefix("site:") }
    }

    @Test(
        "in the guides are accepted without a remark",
        arguments: ["docs/guides/site-file.md", "docs/guides/connecting-a-meter.md"]
    )
    func guides(_ guide: String) throws {
        let blocks = try Self.siteBlocks(guide)
        #expect(!blocks.isEmpty)
        for block in blocks {
            do {
                let file = try SiteFile(text: block, file: guide, catalogue: ProfileCatalogue())
                #expect(file.warnings.isEmpty, "\(file.warnings.map(\.description))")
            } catch {
                Issue.record("\(error)\n\(block)")
            }
        }
    }

    @Test("in the folder of examples are accepted without a remark")
    func examples() throws {
        let folder = Self.root.appending(path: "examples")
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.hasSuffix(".yaml") }
        #expect(names.contains("home.yaml"))
        for name in names {
            do {
                let path = folder.appending(path: name).path
                let file = try SiteFile(path: path, catalogue: ProfileCatalogue())
                #expect(file.warnings.isEmpty, "\(file.warnings.map(\.description))")
            } catch {
                Issue.record("\(error)")
            }
        }
    }
}
