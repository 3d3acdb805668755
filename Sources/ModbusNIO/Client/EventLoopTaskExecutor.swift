// SPDX-License-Identifier: Apache-2.0

import NIOCore

/// Runs tasks on an event loop.
final class EventLoopTaskExecutor: TaskExecutor {
    private let loop: any EventLoop
    private let box: NIOLoopBoundBox<DeliveryJobs>

    init(_ loop: any EventLoop) {
        self.loop = loop
        box = NIOLoopBoundBox.makeBoxSendingValue(DeliveryJobs(), eventLoop: loop)
    }

    /// What becomes ready during a delivery; for use on the event loop.
    var jobs: DeliveryJobs { box.value }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        if loop.inEventLoop, jobs.isDelivering {
            jobs.add(job)
        } else {
            loop.execute { unsafe job.runSynchronously(on: self.asUnownedTaskExecutor()) }
        }
    }
}
