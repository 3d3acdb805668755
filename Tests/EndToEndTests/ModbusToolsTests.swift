// SPDX-License-Identifier: Apache-2.0
import Foundation
import Testing

@testable import CLI

@Suite("Modbus commands, as separate processes")
struct ModbusToolsTests {
    private struct Bench: Decodable {
        var requests: Int
        var requests_per_second: Double
        var p50_us: Double?
        var p99_us: Double?
        var wrong_answers: Int
        var failures: [String: Int]
    }

    private struct Finding: Decodable {
        struct Match: Decodable {
            var name: String
            var reason: String
        }
        var unit: Int
        var profiles: [Match]
    }

    private func start(_ arguments: [String]) async throws -> (process: ChildProcess, port: String) {
        let process = try ChildProcess(ChildProcess.headroom, arguments)
        return (process, try #require(await process.nextLine()))
    }

    private func bench(_ port: String, _ more: String...) async throws -> Bench {
        let lines = try await ChildProcess.output(
            ChildProcess.headroom,
            ["modbus", "bench", "127.0.0.1", "--port", port, "--seconds", "0.5", "--warm-up", "0.1", "--json"] + more
        )
        return try JSONDecoder().decode(Bench.self, from: Data(try #require(lines.first).utf8))
    }

    @Test("bench checks every answer, and tells wrong values from right ones")
    func benchmarking() async throws {
        let (server, port) = try await start([
            "modbus", "serve", "--port", "0", "--registers", "1000", "--fill", "index",
        ])
        defer { server.kill() }
        let right = try await bench(port, "--depth", "16", "--connections", "3", "--expect", "index")
        #expect(right.requests > 100)
        #expect(right.wrong_answers == 0)
        #expect(right.failures.isEmpty)
        let (median, late) = (try #require(right.p50_us), try #require(right.p99_us))
        #expect(0 < median && median <= late)
        _ = try await ChildProcess.output(
            ChildProcess.headroom,
            ["modbus", "write", "--host", "127.0.0.1", "--port", port, "5", "6"]
        )
        let wrong = try await bench(port, "--expect", "index")
        #expect(wrong.wrong_answers == wrong.requests)
        let beyond = try await bench(port, "--address", "995")
        #expect(beyond.requests == 0)
        #expect(beyond.failures.keys.contains("exception illegal data address (2)"))
    }

    @Test("proxy shares one device: clients get its values, its refusals, and 0x0B when it is gone")
    func sharing() async throws {
        let (server, devicePort) = try await start([
            "modbus", "serve", "--port", "0", "--registers", "100", "--fill", "index",
        ])
        defer { server.kill() }
        let (proxy, port) = try await start(["modbus", "proxy", "--port", "0", "127.0.0.1:\(devicePort)"])
        defer { proxy.kill() }
        let load = try await bench(port, "--connections", "4", "--expect", "index", "--registers", "20")
        #expect(load.requests > 10)
        #expect(load.wrong_answers == 0)
        #expect(load.failures.isEmpty)
        let beyond = try await bench(port, "--address", "95", "--registers", "10")
        #expect(beyond.failures.keys.contains("exception illegal data address (2)"))
        server.kill()
        let gone = try await bench(port)
        #expect(gone.requests == 0)
        #expect(gone.failures.keys.contains { $0.contains("gateway") }, "\(gone.failures)")
    }

    @Test("serve lets in only whom --allow names")
    func accessList() async throws {
        for (prefix, isAllowed) in [("127.0.0.0/8", true), ("10.0.0.0/8", false)] {
            let (server, port) = try await start([
                "modbus", "serve", "--port", "0", "--registers", "100", "--allow", prefix,
            ])
            defer { server.kill() }
            let load = try await bench(port)
            #expect((load.requests > 0) == isAllowed, "\(prefix): \(load.failures)")
            #expect(load.failures.isEmpty == isAllowed)
        }
    }

    @Test("scan finds the unit of a meter and the profile that fits, first the one it names")
    func scanning() async throws {
        let (meter, port) = try await start([
            "meter", "simulate", "--profile", "socomec-countis-e27", "--port", "0",
        ])
        defer { meter.kill() }
        let lines = try await ChildProcess.output(
            ChildProcess.headroom,
            ["modbus", "scan", "127.0.0.1", "--port", port, "--units", "4-6", "--timeout", "0.3", "--json"]
        )
        let findings = try lines.map { try JSONDecoder().decode(Finding.self, from: Data($0.utf8)) }
        #expect(findings.map(\.unit) == [5])
        #expect(findings.first?.profiles.first?.name == "socomec-countis-e27")
        #expect(findings.first?.profiles.first?.reason == "named")
    }

    @Test(
        "A range of hosts is read as people write it",
        arguments: [
            ("192.168.0.4", ["192.168.0.4"]), ("meter.local", ["meter.local"]), ("fe80::1", ["fe80::1"]),
            ("10.0.0.0/30", ["10.0.0.1", "10.0.0.2"]), ("10.0.0.9/31", ["10.0.0.8", "10.0.0.9"]),
            ("10.0.0.9/32", ["10.0.0.9"]), ("10.0.0.254-255", ["10.0.0.254", "10.0.0.255"]),
            ("my-meter", ["my-meter"]),
        ] as [(String, [String])]
    )
    func hostRanges(text: String, hosts: [String]) throws {
        #expect(try HostRange(text).hosts == hosts)
    }

    @Test(
        "What looks like a range and is none is refused",
        arguments: ["", "10.0.0.0/33", "10.0.0/24", "10.0.0.0/8", "10.0.0.0/0", "10.0.0.9-3", "10.0.0.9-256", "x/24"]
    )
    func badHostRanges(text: String) {
        #expect(throws: HostRangeError.self) { try HostRange(text) }
    }

    @Test("Units are listed with commas and dashes")
    func unitLists() {
        #expect(UnitList(argument: "1-3,255")?.units == [1, 2, 3, 255])
        for text in ["", "1,", "3-1", "256", "-1", "1-2-3", "a"] { #expect(UnitList(argument: text) == nil) }
    }

    @Test("The histogram knows each time to one part in 64, and an hour is its end")
    func histogram() throws {
        for nanoseconds in [1, 63, 64, 999, 1_000_000, 123_456_789, 59_999_999_999] as [Int64] {
            var histogram = LatencyHistogram()
            histogram.add(.nanoseconds(nanoseconds))
            let shown = try #require(histogram.microseconds(atShare: 0.5)) * 1000
            #expect(shown >= Double(nanoseconds) && shown <= Double(nanoseconds) * 65 / 64, "\(nanoseconds)")
        }
        var histogram = LatencyHistogram()
        for time in 1...1000 { histogram.add(.microseconds(time)) }
        histogram.add(.seconds(1_000_000))
        #expect(histogram.count == 1001)
        let median = try #require(histogram.microseconds(atShare: 0.5))
        #expect((501...510).contains(median))
        #expect((3.6e9...3.7e9).contains(try #require(histogram.microseconds(atShare: 1))))
        #expect(LatencyHistogram().microseconds(atShare: 0.5) == nil)
    }
}
