// SPDX-License-Identifier: Apache-2.0
import Foundation
import Testing

@testable import CLI

@Suite("The command simulate, as a separate process")
struct SimulateCommandTests {
    private struct Run: Decodable {
        var scenario: String
        var controller: String
        var trips: Int
        var delivered_kwh: Double
        var utilisation: Double?
        var bound_kwh: Double?
        var over_s: [String: Double]
        var restore_s: [Double?]
        var session_kwh: [Double]
        var total_s_per_sim_hour: Double
    }

    private static let scenario = #"""
        {"format": "loadbalance-scenario/1", "name": "small", "duration_s": 900,
        "circuits": [{"id": "grid", "parent": null, "limit_a": 25}],
        "background": [{"kind": "const", "amps": [1, 2, 3]}],
        "meters": [{"id": "m", "circuit": "grid"}],
        "sockets": [{"id": "s", "circuit": "grid", "max_a": 16, "fallback_a": 0}],
        "sessions": [{"id": "c", "socket": "s", "arrive_s": 1, "depart_s": 899, "request_kwh": 5, "phases": 3, "max_a": 16}],
        "controller": {"safe_current_a": 6}}
        """#

    /// Puts a text into a file for as long as something is done.
    private func withFile<Value>(_ text: String, _ body: (String) async throws -> Value) async throws -> Value {
        let folder = FileManager.default.temporaryDirectory.appending(path: "headroom-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let file = folder.appending(path: "small.json")
        try text.write(to: file, atomically: true, encoding: .utf8)
        return try await body(file.path)
    }

    @Test("One object for each run, in the order of the command line")
    func json() async throws {
        let lines = try await withFile(SimulateCommandTests.scenario) { file in
            try await ChildProcess.output(
                ChildProcess.headroom,
                ["simulate", file, "--controller", "equal", "--controller", "headroom", "--json"]
            )
        }
        let runs = try lines.map { try JSONDecoder().decode(Run.self, from: Data($0.utf8)) }
        #expect(runs.map(\.controller) == ["equal", "headroom"])
        for run in runs {
            #expect(run.scenario == "small")
            #expect(run.trips == 0)
            #expect(run.delivered_kwh > 2)
            #expect(run.session_kwh == [run.delivered_kwh])
            #expect(run.utilisation == nil)
        }
    }

    @Test("The table of steps has a line for each of them")
    func steps() async throws {
        try await withFile(SimulateCommandTests.scenario) { file in
            let table = file + ".csv"
            _ = try await ChildProcess.output(
                ChildProcess.headroom,
                ["simulate", file, "--controller", "headroom", "--csv", table]
            )
            let lines = try String(contentsOfFile: table, encoding: .utf8).split(separator: "\n")
            #expect(lines.count == 901)
            #expect(lines[0].hasPrefix("t_s,grid_l1_a,grid_l2_a,grid_l3_a,grid_background_l1_a"))
            #expect(lines[0].hasSuffix("s_setpoint_a,s_current_a"))
            #expect(lines[1].hasPrefix("0,1.000,2.000,3.000"))
        }
    }

    @Test("A file that is refused ends with 65")
    func refusal() async throws {
        let text = SimulateCommandTests.scenario.replacing("\"limit_a\": 25", with: "\"limit_a\": -25")
        let code = try await withFile(text) { file in
            let process = try ChildProcess(ChildProcess.headroom, ["simulate", file])
            return await process.exitCode()
        }
        #expect(code == 65)
    }
}
