// SPDX-License-Identifier: Apache-2.0
import Documents
import TestSupport
import Testing

@Suite("Documents")
struct DocumentTests {
    /// A miniature of a site file: one of each kind of value.
    private struct Sample: Equatable {
        var name: String
        var limit: Double
        var unit: Int
        var isOn: Bool
        var mode: Mode
    }

    private enum Mode: String, CaseIterable {
        case register, power
    }

    private static func read(_ text: String) throws(DocumentError) -> Sample {
        try Document(text: text, file: "site.yaml").read { reader in
            let name = reader.text("name", required: true)
            let limit = reader.number("limit", in: 6...63, unit: "A", required: true)
            let unit = reader.integer("unit", in: 1...247) ?? 1
            let isOn = reader.boolean("on") ?? false
            let mode = reader.choice("mode", of: Mode.self) ?? .register
            guard let name, let limit else { return nil }
            return Sample(name: name, limit: limit, unit: unit, isOn: isOn, mode: mode)
        }
    }

    private static func faults(_ text: String) -> [String] {
        do {
            _ = try read(text)
            return []
        } catch {
            return error.faults.map(\.description)
        }
    }

    @Test("A correct document gives its values")
    func correct() throws {
        let sample = try Self.read("name: 12\nlimit: 16.5\nunit: 5\non: true\nmode: power\n")
        #expect(sample == Sample(name: "12", limit: 16.5, unit: 5, isOn: true, mode: .power))
    }

    @Test(
        "A wrong value is named with its line, key and remedy",
        arguments: [
            (
                "name: x\nlimit: 64",
                "site.yaml:2: limit: 64 is above the highest permitted 63 A; write a number from 6 to 63"
            ),
            (
                "name: x\nlimit: 5.9",
                "site.yaml:2: limit: 5.9 is below the lowest permitted 6 A; write a number from 6 to 63"
            ),
            (
                "name: x\nlimit: \"16\"",
                "site.yaml:2: limit: 16 is a text because of its quotes; write 16 without quotes"
            ),
            ("name: x\nlimit: 16,0", "site.yaml:2: limit: 16,0 is not a number; write 16.0 with a point"),
            ("name: x\nlimit: 0x10", "site.yaml:2: limit: 0x10 is not a number; write 16 (decimal)"),
            ("name: x\nlimit: 1e999", "site.yaml:2: limit: 1e999 is too large"),
            ("name: x\nlimit: .inf", "site.yaml:2: limit: .inf is not a number; write a finite number"),
            ("name: x\nlimit: -.NaN", "site.yaml:2: limit: -.NaN is not a number; write a finite number"),
            ("name: x\nlimit: 16 A", "site.yaml:2: limit: 16 A is not a number; write 16 without a unit"),
            ("name: x\nlimit: 016", "site.yaml:2: limit: 016 starts with a zero; write it without leading zeros"),
            (
                "name: x\nlimit: [16]", "site.yaml:2: limit: must be a number, not a list"
            ),
            ("name: x\nlimit:", "site.yaml:2: limit: has no value"),
            ("name: x", "site.yaml:1: limit: is missing"),
            (
                "name: x\nlimit: 16\nunit: 9223372036854775808",
                "site.yaml:3: unit: 9223372036854775808 is too large"
            ),
            ("name: x\nlimit: 16\nunit: 1.5", "site.yaml:3: unit: 1.5 is not a whole number"),
            ("name: x\nlimit: 16\nunti: 5", "site.yaml:3: unti: is not a known key; did you mean \"unit\"?"),
            ("name: x\nlimit: 16\non: yes", "site.yaml:3: on: yes is neither true nor false"),
            (
                "name: x\nlimit: 16\nmode: powr",
                "site.yaml:3: mode: powr is not one of register, power; did you mean \"power\"?"
            ),
            (
                "name: x\nlimit: 16\nname: y", "site.yaml:1: name: is written twice in the same group; keep one of them"
            ),
            (
                "name: \"a\\nb\"\nlimit: 16",
                "site.yaml:1: name: contains a control character or a line break; write plain text on one line"
            ),
            ("", "site.yaml: is empty"),
            ("- a", "site.yaml:1: must be a group of keys, not a list; write one \"key: value\" a line"),
        ]
    )
    func wrongValue(text: String, message: String) {
        #expect(Self.faults(text) == [message])
    }

    @Test("Every fault of a file is reported at once, in the order of the lines, duplicate keys included")
    func everyFault() {
        let found = Self.faults("nam: x\nlimit: 64\nunit: 0\nunit: 0\nlimit: 70\non: 1\n")
        #expect(
            found == [
                "site.yaml:1: name: is missing",
                "site.yaml:1: nam: is not a known key; did you mean \"name\"?",
                "site.yaml:2: limit: is written twice in the same group; keep one of them",
                "site.yaml:3: unit: is written twice in the same group; keep one of them",
                "site.yaml:4: unit: 0 is below the lowest permitted 1; write a number from 1 to 247",
                "site.yaml:5: limit: 70 is above the highest permitted 63 A; write a number from 6 to 63",
                "site.yaml:6: on: 1 is neither true nor false",
            ]
        )
    }

    @Test("Lines are counted the same whatever system wrote the file")
    func lineEnds() {
        let text = "name: x\nlimit: 64\nunit: 0\nunit: 0\nlimit: 70\n"
        let expected = Self.faults(text)
        for end in ["\r\n", "\r"] {
            #expect(Self.faults(text.split(separator: "\n").joined(separator: end)) == expected)
        }
        #expect(!Self.faults("a: 1\u{2028}b: 1\nb: 2\n\"b\": 3\n").isEmpty)
    }

    @Test("Random changes to a document give values or faults", arguments: 0..<8)
    func mutations(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let alphabet = Array("{}[]:,-?&*!|>'\"%@`#\n\r\t ~abx01.\\u".unicodeScalars)
        let original = Array(
            "name: \"E\"\nlimit: 16.5 # A\nlist:\n  - [1, {a: 'b'}]\n  - ? k\n    : |\n     v\non: true\n"
                .unicodeScalars
        )
        for _ in 0..<300 {
            var scalars = original
            for _ in 0..<Int.random(in: 1...6, using: &random) {
                let position = Int.random(in: scalars.indices, using: &random)
                let scalar = alphabet.randomElement(using: &random) ?? " "
                if Bool.random(using: &random) {
                    scalars[position] = scalar
                } else {
                    scalars.insert(scalar, at: position)
                }
            }
            var text = String.UnicodeScalarView()
            text.append(contentsOf: scalars)
            Self.readAnything(Array(String(text).utf8))
        }
    }

    @Test("Paths name elements of lists and groups in them")
    func paths() throws {
        let document = try Document(text: "stations:\n  - id: a\n  - { id: b, max: 99 }\n", file: "s.yaml")
        let error = #expect(throws: DocumentError.self) {
            try document.read { reader in
                reader.groups("stations")?.map { ($0.text("id"), $0.integer("max", in: 6...63)) }
            }
        }
        #expect(error?.faults.map(\.keyPath) == ["stations[1].max"])
        #expect(error?.faults.map(\.line) == [3])
    }

    @Test(
        "Hostile notation is refused with a message, never a crash",
        arguments: [
            "a: &x 1\nb: *x", "a: *x", "&a [*a, *a]: 1", "? [a, b]\n: 1", "{", "[", "\"", "a: b: c", "\t- a",
            "%YAML 9.9\n---\na: 1",
            "--- a\n--- b", "a: \u{0}", "a: \u{FEFF}x\u{7}", "\u{E000}a: 1", "a: !!float [", "@", "`", "- - - -",
            String(repeating: "[", count: 10_000), String(repeating: "{a: ", count: 10_000),
            String(repeating: "- ", count: 10_000), String(repeating: "? ", count: 900) + "a",
            "a:\n" + String(repeating: " ", count: 5000) + "b: [",
        ]
    )
    func hostile(text: String) {
        #expect(!Self.faults(text).isEmpty)
    }

    @Test("Aliases that would unfold without end are refused before they are followed")
    func laughs() {
        var text = "a0: &a0 [x, x]\n"
        for level in 1...30 { text += "a\(level): &a\(level) [*a\(level - 1), *a\(level - 1)]\n" }
        text += "? *a30\n: 1\n"
        #expect(Self.faults(text).first?.contains("anchor and an alias") == true)
    }

    @Test("Nesting, size and number of values are bounded")
    func bounds() {
        let deep = (0..<40).map { String(repeating: " ", count: $0) + "a:" }.joined(separator: "\n")
        #expect(Self.faults(deep) == ["site.yaml:33: is nested more than 32 levels deep"])
        let large = "name: " + String(repeating: "x", count: 1 << 20)
        #expect(Self.faults(large).first?.contains("larger than 1024 KiB") == true)
        let many = "[" + String(repeating: "1,", count: 100_001) + "1]"
        #expect(Self.faults(many) == ["site.yaml:1: holds more than 100000 values"])
    }

    @Test("A document cut anywhere, or with any bit flipped, gives values or faults")
    func damaged() {
        let text = "name: \"Ex\\u00e4mple\"\nlimit: 16.5 # A\nunit: 5\nlist: [1, {a: 'b'}]\non: true\n"
        let bytes = Array(text.utf8)
        for length in 0...bytes.count { Self.readAnything(Array(bytes[..<length])) }
        for position in bytes.indices {
            for bit in 0..<8 {
                var changed = bytes
                changed[position] ^= 1 << bit
                Self.readAnything(changed)
            }
        }
    }

    private static func readAnything(_ bytes: [UInt8]) {
        do {
            let document = try Document(bytes: bytes, file: "x")
            _ = try document.read { $0.number("limit", in: 6...63) }
        } catch {
            #expect(!error.faults.isEmpty)
        }
    }

    @Test("A byte order mark is skipped and bytes that are not UTF-8 are refused")
    func encoding() throws {
        _ = try Document(bytes: [0xEF, 0xBB, 0xBF] + Array("a: 1".utf8), file: "x").read { $0.integer("a", in: 0...9) }
        #expect(throws: DocumentError([Fault(file: "x", message: "is not UTF-8 text", remedy: "save it as UTF-8")])) {
            try Document(bytes: [0x61, 0xFF], file: "x")
        }
    }

    @Test("A file that is missing, a folder or a device is refused with words")
    func files() {
        for (path, message) in [
            ("/no/such/file", "does not exist"), ("/", "is not a regular file"), ("/dev/zero", "is not a regular file"),
        ] {
            let error = #expect(throws: DocumentError.self) { try Document(path: path) }
            #expect(error?.faults.first?.message == message)
        }
    }

    @Test("More faults than anybody reads are counted, not kept")
    func manyFaults() {
        let text = (0..<300).map { "k\($0): 1" }.joined(separator: "\n")
        let found = Self.faults(text)
        #expect(found.count == FaultCollector.limit + 1)
        #expect(found.last?.contains("more faults are not shown") == true)
    }
}
