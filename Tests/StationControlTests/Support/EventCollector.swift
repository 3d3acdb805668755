// SPDX-License-Identifier: Apache-2.0
import Balancing
import Quantities
import Synchronization

@testable import StationControl

/// Keeps what the writer of a link reports.
final class EventCollector: Sendable {
    private let kept = Mutex<[Event]>([])
    private let timekeeper: Timekeeper

    init(_ timekeeper: Timekeeper) { self.timekeeper = timekeeper }

    /// What was reported, in order.
    var all: [Event] { kept.withLock { $0 } }

    /// Runs the writer of a link for as long as a body.
    func running(_ link: StationLink, _ body: () async throws -> Void) async throws {
        let writer = Task { [timekeeper] in
            await link.runWriter(timekeeper) { event in self.kept.withLock { $0.append(event) } }
        }
        let result: Result<Void, any Error>
        do {
            try await body()
            result = .success(())
        } catch {
            result = .failure(error)
        }
        writer.cancel()
        await writer.value
        try result.get()
    }
}

/// Lets others work until something is so, or until the time limit of the test cancels it.
func eventually(_ condition: () -> Bool) async throws {
    while !condition() {
        try Task.checkCancellation()
        await Task.yield()
    }
}
