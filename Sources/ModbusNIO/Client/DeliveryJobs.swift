// SPDX-License-Identifier: Apache-2.0

/// The callers that go on when the bytes of one read have been looked at; lives on one event loop.
///
/// An event loop runs a job only in the next part of its turn, with a lock and a closure for each. Those that become
/// ready while a connection delivers answers are gathered here instead and run when it has delivered them all. Every
/// delivery ends in ``run(on:)``: when the read is complete, or with the connection.
final class DeliveryJobs {
    /// Whether jobs are gathered.
    private(set) var isDelivering = false
    /// Whether gathered jobs are being run.
    private var isRunning = false
    private var ready: [UnownedJob] = []
    private var running: [UnownedJob] = []

    /// Begins to gather, unless jobs are being run: what becomes ready then has to wait for its turn, so that a caller
    /// that never has to wait cannot hold the event loop.
    func begin() {
        if !isRunning { isDelivering = true }
    }

    func add(_ job: UnownedJob) { ready.append(job) }

    /// Runs what was gathered, once.
    func run(on executor: borrowing EventLoopTaskExecutor) {
        guard isDelivering else { return }
        isDelivering = false
        guard !ready.isEmpty else { return }
        isRunning = true
        swap(&ready, &running)
        let place = unsafe executor.asUnownedTaskExecutor()
        for job in running { unsafe job.runSynchronously(on: place) }
        running.removeAll(keepingCapacity: true)
        isRunning = false
    }
}
