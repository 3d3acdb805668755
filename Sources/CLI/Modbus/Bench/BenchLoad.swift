// SPDX-License-Identifier: Apache-2.0
import Modbus
import ModbusNIO
import NIOPosix

/// Keeps a server busy and looks at every answer.
struct BenchLoad {
    /// What was seen.
    struct Result {
        var latencies = LatencyHistogram()
        /// Answers with other values than were expected.
        var wrongAnswers = 0
        /// Requests without a result, by what was wrong.
        var failures: [String: Int] = [:]
        /// How long was measured.
        var elapsed = Duration.zero

        mutating func merge(_ other: Result) {
            latencies.merge(other.latencies)
            wrongAnswers += other.wrongAnswers
            failures.merge(other.failures) { $0 + $1 }
            elapsed = max(elapsed, other.elapsed)
        }
    }

    var client: ModbusClientConfiguration
    var connections: Int
    var request: Request
    var unit: UInt8
    /// The values each answer must hold; `nil` takes any.
    var expected: [UInt16]?
    var warmUp: Duration
    var duration: Duration

    /// Runs until the time is up or the task is cancelled.
    ///
    /// - Throws: Why the server cannot be reached at all.
    func run() async throws -> Result {
        let clients = (0..<connections).map { _ in ModbusClient(client) }
        // One refused connection tells more than thousands of refused requests.
        try await clients[0].connect()
        let start = ContinuousClock.now + warmUp
        let result = await withTaskGroup(of: Result.self) { group in
            for client in clients {
                for _ in 0..<self.client.maximumInFlight {
                    group.addTask(executorPreference: client.executor) { await work(client, from: start) }
                }
            }
            return await group.reduce(into: Result()) { $0.merge($1) }
        }
        for client in clients { await client.close() }
        return result
    }

    /// One request after the other; what comes before the start is not counted.
    private func work(_ client: ModbusClient, from start: ContinuousClock.Instant) async -> Result {
        var result = Result()
        let end = start + duration
        var sent = ContinuousClock.now
        while sent < end, !Task.isCancelled {
            let outcome: Swift.Result<Response, ModbusClientError>
            do throws(ModbusClientError) {
                outcome = .success(try await client.send(request, unit: unit))
            } catch {
                outcome = .failure(error)
            }
            let received = ContinuousClock.now
            if sent >= start { note(outcome, received - sent, in: &result) }
            if case .failure = outcome {
                // A server that refuses connections would be asked as fast as the machine can.
                try? await Task.sleep(for: .milliseconds(10))
            }
            sent = .now
        }
        result.elapsed = max(.zero, sent - start)
        return result
    }

    private func note(
        _ outcome: Swift.Result<Response, ModbusClientError>,
        _ time: Duration,
        in result: inout Result
    ) {
        switch outcome {
        case .success(.exception(_, let code)):
            result.failures["exception \(code)", default: 0] += 1
        case .success(let response):
            result.latencies.add(time)
            if let expected, response.registers != expected { result.wrongAnswers += 1 }
        case .failure(.backingOff):
            result.failures["not sent: waiting to connect again", default: 0] += 1
        case .failure(let error):
            result.failures["\(error)", default: 0] += 1
        }
    }
}

extension Response {
    /// The values of a read of registers.
    fileprivate var registers: [UInt16]? {
        switch self {
        case .readHoldingRegisters(let values), .readInputRegisters(let values): values
        default: nil
        }
    }
}
