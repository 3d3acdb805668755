// SPDX-License-Identifier: Apache-2.0
import Documents
import Testing

@Suite("Spelling")
struct SpellingTests {
    @Test(
        "The nearest word is found within one mistake for three letters",
        arguments: [
            ("unti", "unit"), ("Unit", "unit"), ("hots", "host"), ("profil", "profile"), ("max_curent", "max_current"),
            ("socomec-countis-e28", "socomec-countis-e27"), ("xyzzy", nil), ("", nil),
        ]
    )
    func nearest(word: String, expected: String?) {
        let words = ["host", "max_current", "profile", "socomec-countis-e27", "unit"]
        #expect(Spelling.nearest(to: word, among: words) == expected)
    }

    @Test("An endless word is not compared")
    func endless() {
        #expect(Spelling.nearest(to: String(repeating: "a", count: 1_000_000), among: ["a"]) == nil)
    }
}
