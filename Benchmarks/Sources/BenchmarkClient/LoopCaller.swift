// SPDX-License-Identifier: Apache-2.0
import NIOCore

/// Runs callers on an event loop, as methods of an actor that lives there.
actor LoopCaller {
    private let loop: any EventLoop

    init(_ loop: any EventLoop) { self.loop = loop }

    nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe loop.executor.asUnownedSerialExecutor() }

    func run(_ body: @Sendable () async throws -> Measurement) async throws -> Measurement { try await body() }
}
