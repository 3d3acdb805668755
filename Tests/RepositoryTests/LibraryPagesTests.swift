// SPDX-License-Identifier: Apache-2.0
import Foundation
import Testing

/// The pages of the library's targets, `Sources/*/*.docc`.
@Suite("The pages of the library")
struct LibraryPagesTests {
    private static let targets = ["Modbus", "ModbusGateway", "ModbusNIO", "ModbusSerial", "ModbusTLS"]
    /// Pages of Modbus show servers, which live a target higher.
    private static let examples = ["Modbus": "ModbusNIO"]

    @Test("Every block of code is compiled by a test", arguments: targets)
    func blocks(target: String) throws {
        let tests = Self.examples[target] ?? target
        let compiled = Self.lines(try Repository.text(at: "Tests/\(tests)Tests/DocumentationExamples.swift"))
        var count = 0
        for page in try Repository.files("Sources/\(target)/\(target).docc", "md") {
            let parts = try Repository.text(page).components(separatedBy: "```")
            for block in stride(from: 1, to: parts.count, by: 2).map({ parts[$0] }) where block.hasPrefix("swift\n") {
                let lines = Self.lines(String(block.dropFirst("swift\n".count)))
                let isCompiled = compiled.indices.contains { compiled[$0...].starts(with: lines) }
                #expect(isCompiled, "\(Repository.name(page)): Tests/\(tests)Tests has no example \(lines.first ?? "")")
                count += 1
            }
        }
        #expect(count > 0)
    }

    @Test("Every public type has its place on the target's page", arguments: targets)
    func types(target: String) throws {
        let page = try Repository.text(at: "Sources/\(target)/\(target).docc/\(target).md")
        let topics = page.components(separatedBy: "\n## Topics\n").last ?? ""
        for file in try Repository.swiftFiles(in: "Sources/\(target)") {
            let declarations = try Repository.text(file).matches(
                of: /\npublic (?:final )?(?:struct|enum|class|actor|protocol|typealias) (\w+)/
            )
            for name in declarations.map(\.1) {
                let isListed = topics.contains("- ``\(name)``") || topics.contains("/\(name)``")
                #expect(isListed, "\(target).md does not list \(name)")
            }
        }
    }

    /// The lines without their indentation.
    private static func lines(_ text: String) -> [String] {
        text.trimmingCharacters(in: .newlines).components(separatedBy: "\n").map {
            $0.trimmingCharacters(in: .whitespaces)
        }
    }
}
