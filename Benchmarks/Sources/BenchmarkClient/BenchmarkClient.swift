// SPDX-License-Identifier: Apache-2.0
import BenchmarkSupport
import Glibc
import Modbus
import ModbusNIO
import NIOCore
import NIOPosix

/// Reads registers as fast as a server answers, checks every value, and prints one line of JSON.
///
/// Options: `--port`, `--depth` (requests in flight, 1 to 16), `--registers`, `--milliseconds` or `--requests`, `--warmup`
/// (milliseconds). The callers run on the default executor, or on the client's event loop: as tasks that prefer it
/// (`--task-executor`) or in an actor that lives there (`--actor`).
@main
struct BenchmarkClient {
    /// The main thread only waits: one that serves Swift's main queue crashes valgrind 3.19.
    static func main() {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let outcome = group.next().makeFutureWithTask { try await run(Options(CommandLine.arguments), group) }
        var status: Int32 = 0
        do {
            try outcome.wait()
        } catch {
            print("BenchmarkClient: \(error)")
            status = 1
        }
        // The group stays, as the client may still be using it when it goes.
        fflush(nil)
        exit(status)
    }

    private static func run(_ options: Options, _ group: MultiThreadedEventLoopGroup) async throws {
        let depth = options.number("--depth", default: 1)
        var configuration = ModbusClientConfiguration(host: "127.0.0.1", port: options.number("--port", default: 502))
        configuration.maximumInFlight = depth
        let client = ModbusClient(configuration, group: group)
        let plan = Plan(
            depth: depth,
            registers: options.number("--registers", default: 10),
            warmup: .milliseconds(Int64(options.number("--warmup", default: 200))),
            duration: .milliseconds(Int64(options.number("--milliseconds", default: 1000))),
            requests: options.number("--requests", default: 0)
        )
        let result: Measurement
        if options.has("--task-executor") {
            result = try await withTaskExecutorPreference(client.executor) {
                try await plan.measure { try await plan.call(client, lane: $0, start: $1) }
            }
        } else if options.has("--actor") {
            let caller = LoopCaller(group.next())
            result = try await plan.measure { lane, start in
                try await caller.run { try await plan.call(client, lane: lane, start: start) }
            }
        } else {
            result = try await plan.measure { try await plan.call(client, lane: $0, start: $1) }
        }
        print(result.json)
        await client.close()
    }
}

/// What to measure.
struct Plan: Sendable {
    let depth: Int
    let registers: Int
    let warmup: TimeAmount
    let duration: TimeAmount
    /// Ends after this many requests instead of after a time, without a warm-up; 0 for the time.
    let requests: Int

    /// Runs as many callers as requests may be in flight, and adds up what they found.
    func measure(
        _ caller: @escaping @Sendable (_ lane: Int, _ start: NIODeadline) async throws -> Measurement
    ) async throws -> Measurement {
        try await withThrowingTaskGroup(of: Measurement.self) { group in
            let start = NIODeadline.now()
            for lane in 0..<depth {
                group.addTask { try await caller(lane, start) }
            }
            var total = Measurement(self)
            for try await part in group { total.add(part) }
            return total
        }
    }

    /// One caller: asks, waits for the answer, checks it, and asks again.
    func call(_ client: ModbusClient, lane: Int, start: NIODeadline) async throws -> Measurement {
        var measurement = Measurement(self)
        let begin = requests > 0 ? start : start + warmup
        let end = begin + duration
        let quota = requests / depth + (lane < requests % depth ? 1 : 0)
        var address = lane * 997
        var now = NIODeadline.now()
        var done = 0
        while requests > 0 ? done < quota : now < end {
            let first = UInt16(address)
            let values = try await client.readHoldingRegisters(address: first, count: registers, unit: 1)
            let then = NIODeadline.now()
            guard isRight(values, from: first) else { throw WrongValues(address: first, values: values) }
            if now >= begin, then <= end || requests > 0 { measurement.record(nanoseconds: (then - now).nanoseconds) }
            now = then
            done += 1
            address += 7919
            if address + registers > 65536 { address %= 65536 - registers }
        }
        return measurement
    }

    private func isRight(_ values: [UInt16], from first: UInt16) -> Bool {
        guard values.count == registers else { return false }
        var difference: UInt16 = 0
        var expected = first
        for value in values {
            difference |= value ^ expected
            expected &+= 1
        }
        return difference == 0
    }
}

/// Says that a register did not hold its number.
struct WrongValues: Error {
    let address: UInt16
    let values: [UInt16]
}
