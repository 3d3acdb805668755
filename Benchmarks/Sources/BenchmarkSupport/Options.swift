// SPDX-License-Identifier: Apache-2.0

/// The command line: `--name value` pairs and `--name` flags.
package struct Options: Sendable {
    private let words: [String]

    package init(_ words: [String]) { self.words = Array(words.dropFirst()) }

    package func has(_ word: String) -> Bool { words.contains(word) }

    package func number(_ name: String, default standard: Int) -> Int {
        guard let index = words.firstIndex(of: name), index + 1 < words.count else { return standard }
        return Int(words[index + 1]) ?? standard
    }
}
