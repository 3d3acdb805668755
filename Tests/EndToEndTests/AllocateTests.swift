// SPDX-License-Identifier: Apache-2.0
import Balancing
import Documents
import Foundation
import Testing

@testable import CLI

@Suite("headroom allocate")
struct AllocateTests {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()
    private static let example = root.appending(path: "examples/allocation/home.json")

    private func lines(_ text: String) -> [String] { text.split(separator: "\n").map(String.init) }

    @Test("The guide shows what the command prints")
    func guide() throws {
        let guide = try String(
            contentsOf: AllocateTests.root.appending(path: "docs/guides/allocate.md"),
            encoding: .utf8
        )
        let blocks = guide.components(separatedBy: "```")
        let shown = try #require(blocks.first { $0.hasPrefix("\n$ headroom allocate") })
        let answer = try CaseFile(Document(path: AllocateTests.example.path)).answer()
        #expect(Array(lines(shown).dropFirst()) == AnswerTable(answer).lines.filter { !$0.isEmpty })
        let input = try #require(blocks.first { $0.hasPrefix("json\n") })
        let file = try String(contentsOf: AllocateTests.example, encoding: .utf8)
        #expect(lines(input).dropFirst().joined() == lines(file).joined())
    }

    @Test("A file and standard input give the same object, and its offers are in order")
    func processes() async throws {
        let fromFile = try await ChildProcess.output(
            ChildProcess.headroom,
            ["allocate", "--json", AllocateTests.example.path]
        )
        let object = try #require(
            try JSONSerialization.jsonObject(with: Data(fromFile.joined().utf8)) as? [String: Any]
        )
        #expect(object["format"] as? String == "headroom-allocation-answer/1")
        #expect(
            (object["offers"] as? [[String: Any]])?.map { $0["socket"] as? String } == [
                "left", "right", "street", "yard",
            ]
        )
        #expect((object["infeasible"] as? [Any])?.isEmpty == true)
        let shell = try await ChildProcess.output(
            "/bin/sh",
            ["-c", "\"$0\" allocate - --json < \"$1\"", ChildProcess.headroom, AllocateTests.example.path]
        )
        #expect(shell == fromFile)
    }

    @Test("Malformed cases end with 65, unreadable ones with 74, unsafe ones with 78")
    func exitCodes() async throws {
        func code(_ text: String) async throws -> Int32? {
            let file = FileManager.default.temporaryDirectory.appending(path: "case-\(UUID().uuidString).json")
            try Data(text.utf8).write(to: file)
            defer { try? FileManager.default.removeItem(at: file) }
            return await (try ChildProcess(ChildProcess.headroom, ["allocate", file.path])).exitCode()
        }
        let good = try String(contentsOf: AllocateTests.example, encoding: .utf8)
        #expect(try await code(good) == 0)
        #expect(try await code(good.replacing("\"limit_a\": 20", with: "\"limit_a\": -20")) == 65)
        #expect(try await code(good.replacing("\"safe_a\": 6", with: "\"safe_a\": 13")) == 78)
        let missing = try ChildProcess(ChildProcess.headroom, ["allocate", "/does/not/exist.json"])
        #expect(await missing.exitCode() == 74)
    }

    /// What is changed in the example, and a part of what is said about it.
    static let bad: [(from: String, to: String, says: String)] = [
        (
            "headroom-allocation/1", "headroom-allocation/2",
            "format: headroom-allocation/2 is not headroom-allocation/1"
        ),
        ("\"voltage_v\": 230", "\"voltage_v\": 0", "voltage_v: 0 is below the lowest permitted"),
        ("\"voltage_v\"", "\"volts\"", "volts"),
        ("\"limit_a\": 20", "\"limit_a\": -1", "circuits[1].limit_a: -1 is below the lowest permitted 0 A"),
        ("\"limit_a\": 20", "\"limit_a\": 1e400", "circuits[1].limit_a"),
        ("\"limit_a\": 20", "\"limit_a\": .nan", "circuits[1].limit_a"),
        ("\"limit_a\": 20", "\"limit_a\": .inf", "circuits[1].limit_a"),
        ("\"limit_a\": 20", "\"limit_a\": [20, 20]", "circuits[1].limit_a: has 2 numbers"),
        ("\"limit_a\": 20", "\"limit_a\": \"20 A\"", "circuits[1].limit_a"),
        ("\"limit_a\": 20", "\"limit_a\": {}", "circuits[1].limit_a: must be a number"),
        (
            "[25, 25, 25]", "25, \"limit_w\": 1000",
            "circuits[0].limit_w: 1000 is less than what the sockets fall to, 1380 W"
        ),
        ("[25, 25, 25]", "null", "circuits[0].limit_a: is missing at the root"),
        (
            "\"parent\": \"main\"", "\"parent\": \"mian\"",
            "circuits[1].parent: mian names circuit mian, which is missing"
        ),
        ("\"parent\": \"main\"", "\"parent\": null", "makes a second root"),
        ("\"parent\": null", "\"parent\": \"garage\"", "has no root"),
        ("\"parent\": null", "\"parent\": \"main\"", "has no root"),
        ("\"id\": \"garage\"", "\"id\": \"main\"", "is the name of another one as well"),
        ("\"id\": \"right\"", "\"id\": \"left\"", "is the name of another one as well"),
        ("\"id\": \"right\"", "\"id\": \"a\\nb\"", "contains a control character"),
        ("\"circuit\": \"garage\"", "\"circuit\": \"cellar\"", "sockets[0].circuit: cellar names circuit cellar"),
        ("\"station\": \"s1\"", "\"station\": \"s9\"", "sockets[0].station: s9 names station s9"),
        ("[\"L1\", \"L2\", \"L3\"]", "[\"L1\", \"L1\"]", "names a phase twice"),
        ("[\"L1\", \"L2\", \"L3\"]", "[\"L4\"]", "L4 is not one of L1, L2, L3"),
        ("[\"L1\", \"L2\", \"L3\"]", "[]", "sockets[0].phases: names no phase"),
        ("\"max_a\": 16, \"state\": \"charging\"", "\"state\": \"charging\"", "sockets[0].max_a"),
        (
            "\"max_a\": 16, \"state\": \"ready\"", "\"max_a\": 5, \"state\": \"ready\"",
            "6.0 A is above the maximum, 5.0 A"
        ),
        ("\"state\": \"ready\"", "\"state\": \"redy\"", "did you mean \"ready\"?"),
        ("\"waiting_s\": 40", "\"waiting_s\": -1", "sockets[3].waiting_s"),
        ("\"waiting_s\": 40", "\"weight\": 0", "sockets[3].weight"),
        ("\"waiting_s\": 40", "\"colour\": 1", "sockets[3].colour"),
        ("\"background_a\": [10.4, 3, 0]", "\"meter_a\": 20, \"background_a\": 0", "stands beside background_a"),
        ("\"safe_current_a\": 12", "\"meter\": \"lost\"", "safe_current_a: is missing, and the meter is lost"),
        ("\"safe_current_a\": 12", "\"safe_current_a\": 5", "is less than what the sockets on L3 fall to, 6.0 A"),
        ("\"safe_current_a\": 12", "\"safe_current_a\": 26", "is above the limit of the root, 25.0 A"),
    ]

    @Test("What is wrong with a case is told with its place", arguments: bad.indices)
    func malformed(number: Int) throws {
        let (from, to, says) = AllocateTests.bad[number]
        let good = try String(contentsOf: AllocateTests.example, encoding: .utf8)
        #expect(good.contains(from))
        var faults: [String] = []
        do {
            let text = good.replacing(from, with: to, maxReplacements: 1)
            _ = try CaseFile(Document(text: text, file: "case.json")).answer()
        } catch let error as DocumentError {
            faults = error.faults.map(\.description)
        } catch let error as CaseFile.Refusal {
            faults = error.faults.map(\.description)
        }
        #expect(faults.contains { $0.contains(says) && $0.hasPrefix("case.json:") }, "\(says): \(faults)")
    }

    @Test("A meter above a charging socket needs what that socket draws")
    func missingDraw() throws {
        var text = try String(contentsOf: AllocateTests.example, encoding: .utf8)
        text = text.replacing("background_a", with: "meter_a").replacing(
            "\"draw_a\": [15.8, 15.8, 15.8]",
            with: "\"weight\": 1"
        )
        let file = try CaseFile(Document(text: text, file: "case.json"))
        #expect(throws: CaseFile.Refusal.self) { try file.answer() }
    }

    @Test("A case that is cut off anywhere is refused")
    func truncated() throws {
        let good = Array(try String(contentsOf: AllocateTests.example, encoding: .utf8).utf8)
        for length in stride(from: 0, to: good.count - 2, by: 7) {
            #expect(throws: (any Error).self) {
                try CaseFile(Document(bytes: Array(good[..<length]), file: "case.json")).answer()
            }
        }
    }
}
