// SPDX-License-Identifier: Apache-2.0

/// Finds the word that was probably meant.
public enum Spelling {
    /// Longer words are not compared: the cost grows with the square, and nobody mistypes a sentence.
    static let maximumLength = 64

    /// The nearest of some words, when one is near enough to be what was meant.
    ///
    /// Counts inserted, left out, replaced and exchanged letters, without regard to case; permits one for every three
    /// letters.
    ///
    /// - Returns: `nil` when none is near; the first in order among equals.
    public static func nearest(to word: String, among words: some Sequence<String>) -> String? {
        guard word.count <= maximumLength else { return nil }
        let permitted = max(1, word.count / 3)
        var best: (word: String, distance: Int)?
        for candidate in words where candidate.count <= maximumLength {
            let distance = distance(Array(word.lowercased()), Array(candidate.lowercased()))
            if distance <= permitted, distance < best?.distance ?? Int.max { best = (candidate, distance) }
        }
        return best?.word
    }

    private static func distance(_ left: [Character], _ right: [Character]) -> Int {
        var beforeLast = [Int](repeating: 0, count: right.count + 1)
        var last = Array(0...right.count)
        for row in left.indices {
            var current = [row + 1]
            for column in right.indices {
                let replacement = last[column] + (left[row] == right[column] ? 0 : 1)
                var best = min(replacement, last[column + 1] + 1, current[column] + 1)
                if row > 0, column > 0, left[row] == right[column - 1], left[row - 1] == right[column] {
                    best = min(best, beforeLast[column - 1] + 1)
                }
                current.append(best)
            }
            (beforeLast, last) = (last, current)
        }
        return last[right.count]
    }
}
