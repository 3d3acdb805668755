// SPDX-License-Identifier: Apache-2.0

/// What tells whether a connection is still worth keeping.
struct ConnectionHealth {
    /// Requests without an answer since the last one with an answer.
    private(set) var timeoutsInARow = 0
    /// Answers to nothing that was asked.
    private(set) var mismatches = 0
    /// Whether a request has succeeded.
    private(set) var hasSucceeded = false

    mutating func succeeded() {
        timeoutsInARow = 0
        hasSucceeded = true
    }

    mutating func timedOut(_ count: Int) { timeoutsInARow += count }

    mutating func mismatched() { mismatches += 1 }
}
