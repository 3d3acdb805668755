// SPDX-License-Identifier: Apache-2.0
import UnixSignals

/// Ends long-running commands: on ctrl-C, on SIGTERM, and when their time is up.
///
/// Make one before the command says that it is ready, so that a signal that follows at once is not missed.
struct Ending {
    private let signals: UnixSignalsSequence

    /// Begins to catch signals; they have their usual effect again when the value is gone.
    init() async { signals = await UnixSignalsSequence(trapping: .sigint, .sigterm) }

    /// Works until the work is done, a signal comes, or the time is up; the work is cancelled then.
    ///
    /// - Parameters:
    ///   - seconds: The most it may take; no limit when left out.
    ///   - work: Returns soon once its task is cancelled.
    /// - Returns: What the work returned.
    /// - Throws: What the work threw.
    func after<Value: Sendable>(
        seconds: Double? = nil,
        of work: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        try await withThrowingTaskGroup(of: Value?.self) { group in
            group.addTask {
                for await _ in signals { break }
                return nil
            }
            if let seconds {
                group.addTask {
                    // Throws only when the work has ended before.
                    try? await Task.sleep(for: .seconds(seconds))
                    return nil
                }
            }
            group.addTask { try await work() }
            var result: Value?
            while let value = try await group.next() {
                result = value ?? result
                group.cancelAll()
            }
            guard let result else { throw CancellationError() }
            return result
        }
    }
}
