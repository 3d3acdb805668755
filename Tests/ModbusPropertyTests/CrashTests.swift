// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

/// The inputs that the fuzzer starts from and those it once found, and random ones.
@Suite("Inputs of the fuzzer")
struct CrashTests {
    private static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "Fuzz/Inputs")

    private static func inputs(of property: Property) throws -> [[UInt8]] {
        let text = try String(contentsOf: folder.appending(path: "\(property.rawValue).hex"), encoding: .utf8)
        return try text.split(separator: "\n").compactMap { line in
            let digits = line.prefix { $0 != "#" }.filter { !$0.isWhitespace }
            guard !digits.isEmpty else { return nil }
            let places = stride(from: 0, to: digits.count, by: 2).map { digits.index(digits.startIndex, offsetBy: $0) }
            return try places.map { try #require(UInt8(digits[$0...].prefix(2), radix: 16), "\(line)") }
        }
    }

    @Test("Modbus checklist 18.1, 18.2, 18.4: no input of the fuzzer breaks a property", arguments: Property.allCases)
    func kept(property: Property) throws {
        let inputs = try CrashTests.inputs(of: property)
        #expect(!inputs.isEmpty)
        for input in inputs { try property.check(input) }
    }

    @Test("Modbus checklist 18.1, 18.2, 18.4: nor does one that is near to them", arguments: Property.allCases)
    func near(property: Property) throws {
        let inputs = try CrashTests.inputs(of: property)
        for seed in LongRun.seeds(usual: 4, long: 100) {
            var generator = SeededGenerator(seed: seed)
            for _ in 0..<200 {
                var input = inputs.randomElement(using: &generator) ?? []
                for _ in 0..<Int.random(in: 0...4, using: &generator) where !input.isEmpty {
                    input[Int.random(in: input.indices, using: &generator)] = UInt8.random(
                        in: 0...255,
                        using: &generator
                    )
                }
                if Bool.random(using: &generator) { input += inputs.randomElement(using: &generator) ?? [] }
                if Bool.random(using: &generator) {
                    input.removeLast(Int.random(in: 0...input.count, using: &generator))
                }
                do throws(Violation) {
                    try property.check(input)
                } catch {
                    let digits = input.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
                    Issue.record("\(property.rawValue): \(error.description) (\(digits))")
                }
            }
        }
    }

    @Test("There is a file of inputs for each property and no other")
    func files() throws {
        let files = try FileManager.default.contentsOfDirectory(atPath: CrashTests.folder.path)
        #expect(files.sorted() == Property.allCases.map { "\($0.rawValue).hex" }.sorted())
    }
}
