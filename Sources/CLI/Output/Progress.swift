// SPDX-License-Identifier: Apache-2.0

/// Tells on standard error that something takes its time.
enum Progress {
    /// Shorter waits need no explanation.
    private static let patience = Duration.seconds(2)
    /// How often it is said again.
    private static let period = Duration.seconds(5)

    /// Does something, and says what is being waited for when it takes longer than two seconds.
    static func telling<Value, Failure: Error>(
        _ what: String,
        while work: () async throws(Failure) -> Value
    ) async throws(Failure) -> Value {
        // Owned by this call, and ended by it.
        let reporter = Task {
            try await Task.sleep(for: patience)
            while true {
                Console.talk("still \(what) …")
                try await Task.sleep(for: period)
            }
        }
        defer { reporter.cancel() }
        return try await work()
    }
}
