// SPDX-License-Identifier: Apache-2.0

import NIOCore

/// Wakes its owner at the earliest of several deadlines, on one event loop.
///
/// Deadlines that move later or vanish are not cancelled; the owner is woken once too early and arms the timer again.
/// So a request that is answered in time costs no timer operation at all.
final class DeadlineTimer {
    private let loop: any EventLoop
    private var armed: (deadline: NIODeadline, task: Scheduled<Void>)?
    private var onFire: (() -> Void)?
    private var isStopped = false

    init(loop: any EventLoop) {
        self.loop = loop
    }

    /// Sets what is done at a deadline; broken by ``stop()``.
    func whenFired(_ action: @escaping () -> Void) { onFire = action }

    /// Makes sure that the owner is woken at a deadline or before it.
    func arm(at deadline: NIODeadline) {
        guard !isStopped else { return }
        if let armed {
            guard deadline < armed.deadline else { return }
            armed.task.cancel()
        }
        let task = loop.assumeIsolated().scheduleTask(deadline: deadline) { self.fire() }
        armed = (deadline, task)
    }

    /// Ends the timer for good.
    func stop() {
        isStopped = true
        armed?.task.cancel()
        armed = nil
        onFire = nil
    }

    private func fire() {
        armed = nil
        onFire?()
    }
}
