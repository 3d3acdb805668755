// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOPosix
import Synchronization
import Testing

@testable import ModbusNIO

@Suite("Client, where callers run", .timeLimit(.minutes(1)))
struct ClientExecutorTests {
    /// An event loop's executor that counts what it is given.
    private final class CountingExecutor: SerialExecutor {
        private let loop: any EventLoop
        private let jobs = Atomic(0)

        init(_ loop: any EventLoop) { self.loop = loop }

        var count: Int { jobs.load(ordering: .relaxed) }

        func enqueue(_ job: consuming ExecutorJob) {
            jobs.add(1, ordering: .relaxed)
            let job = UnownedJob(job)
            loop.execute {
                unsafe job.runSynchronously(on: self.asUnownedSerialExecutor())
            }
        }
    }

    private actor Caller {
        private let executor: CountingExecutor

        init(_ executor: CountingExecutor) { self.executor = executor }

        nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe executor.asUnownedSerialExecutor() }

        /// How often requests that fail at once have this actor resumed.
        func read(_ client: ModbusClient, times: Int) async -> Int {
            let before = executor.count
            for _ in 0..<times { _ = try? await client.readHoldingRegisters(address: 0, count: 1) }
            return executor.count - before
        }
    }

    @Test("A caller in an actor on the client's event loop hands its request over without leaving the loop")
    func actor() async {
        let client = ModbusClient(ModbusClientConfiguration(host: "127.0.0.1"))
        await client.close()
        let caller = Caller(CountingExecutor(client.eventLoop))
        #expect(await caller.read(client, times: 100) == 0)
    }
}
