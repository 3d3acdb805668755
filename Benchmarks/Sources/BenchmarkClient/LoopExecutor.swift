// SPDX-License-Identifier: Apache-2.0
import NIOCore

/// Runs tasks that prefer it on an event loop, so that they meet a client that lives there without changing threads.
final class LoopExecutor: TaskExecutor {
    private let loop: any EventLoop

    init(_ loop: any EventLoop) { self.loop = loop }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        loop.execute { unsafe job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}

/// Runs callers on an event loop in another way: as methods of an actor that lives there.
actor LoopCaller {
    private let loop: any EventLoop

    init(_ loop: any EventLoop) { self.loop = loop }

    nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe loop.executor.asUnownedSerialExecutor() }

    func run(_ body: @Sendable () async throws -> Measurement) async throws -> Measurement { try await body() }
}
