// SPDX-License-Identifier: Apache-2.0
import Documents
import Scenarios
import Testing

@testable import ScenarioFiles

@Suite("Scenario files")
struct ScenarioFileTests {
    /// A small file; each line is one part that a test may replace.
    static let lines = [
        #"{"format": "loadbalance-scenario/1", "name": "small", "duration_s": 600,"#,
        #""circuits": [{"id": "grid", "parent": null, "limit_a": 25}],"#,
        #""background": [{"kind": "const", "amps": [1, 2, -3]}],"#,
        #""meters": [{"id": "m", "circuit": "grid"}],"#,
        #""sockets": [{"id": "s", "circuit": "grid", "max_a": 16}],"#,
        #""sessions": [{"id": "c", "socket": "s", "arrive_s": 1, "depart_s": 99, "request_kwh": 5, "phases": 3, "#
            + #""max_a": 16}],"#,
        #""controller": {"safe_current_a": 6}}"#,
    ]

    private func read(
        _ text: String,
        trace: Result<Scenario.Trace, TraceFile.Failure>? = nil
    ) throws(DocumentError)
        -> Scenario
    {
        let document = try Document(text: text, file: "small.json")
        return try ScenarioFile.read(document) { _ throws(TraceFile.Failure) in
            switch trace {
            case .success(let trace): return trace
            case .failure(let failure): throw failure
            case nil: throw TraceFile.Failure(line: nil, message: "does not exist")
            }
        }
    }

    private func read(line: Int, _ text: String) throws(DocumentError) -> Scenario {
        var lines = ScenarioFileTests.lines
        lines[line - 1] = text
        return try read(lines.joined(separator: "\n"))
    }

    @Test("What is left out has the documented default")
    func defaults() throws {
        let scenario = try read(ScenarioFileTests.lines.joined(separator: "\n"))
        var expected = Scenario(name: "small", duration: 600, circuits: [.init(id: "grid", limit: 25)])
        expected.loads = [.init(.constant(Triple(1, 2, -3)))]
        expected.meters = [.init(id: "m")]
        expected.sockets = [.init(id: "s", maximum: 16)]
        expected.visits = [
            .init(id: "c", socket: 0, arrival: 1, departure: 99, request: 5, conductors: 3, maximum: 16)
        ]
        #expect(scenario == expected)
    }

    @Test(
        "Every fault has one message with its place",
        arguments: [
            (1, #"{"format": "x/2", "name": "small", "duration_s": 600,"#, "1: format: x/2 is another format"),
            (1, #"{"format": "loadbalance-scenario/1", "name": "n","#, "1: duration_s: is missing"),
            (
                1, #"{"format": "loadbalance-scenario/1", "name": "n", "duration_s": 6, "colour": 1,"#,
                "1: colour: is not a known key"
            ),
            (
                1, #"{"format": "loadbalance-scenario/1", "name": "n", "duration_s": "6","#,
                "1: duration_s: 6 is a text because of its quotes"
            ),
            (
                1, #"{"format": "loadbalance-scenario/1", "name": "n", "duration_s": -6,"#,
                "1: duration_s: -6 is below the lowest"
            ),
            (
                1, #"{"format": "loadbalance-scenario/1", "name": "n", "duration_s": 1e8, "dt_s": 0.001,"#,
                "1: dt_s: 0.001 makes more than"
            ),
            (2, #""circuits": [],"#, "2: circuits: is empty"),
            (
                2, #""circuits": [{"id": "grid", "parent": "grid", "limit_a": 25}],"#,
                "2: circuits[0].parent: grid is given for the first circuit"
            ),
            (
                2, #""circuits": [{"id": "grid", "limit_a": 25}, {"id": "b", "limit_a": 9}],"#,
                "2: circuits[1].parent: is missing"
            ),
            (
                2, #""circuits": [{"id": "grid", "limit_a": 25}, {"id": "b", "parent": "x", "limit_a": 9}],"#,
                "2: circuits[1].parent: x is the name of no circuit"
            ),
            (
                2, #""circuits": [{"id": "grid", "limit_a": 25}, {"id": "grid", "parent": "grid", "limit_a": 9}],"#,
                "2: circuits[1].id: grid stands twice"
            ),
            (
                2, #""circuits": [{"id": "grid", "limit_a": 25}, {"id": "b", "parent": "b", "limit_a": 9}],"#,
                "2: circuits[1].parent: b leads round in a circle"
            ),
            (
                2, #""circuits": [{"id": "grid", "limit_a": 1e12}],"#,
                "2: circuits[0].limit_a: 1e12 is above the highest"
            ),
            (
                2, #""circuits": [{"id": "grid", "limit_a": 25, "device": {"kind": "MCB-K"}}],"#,
                "2: circuits[0].device.kind: MCB-K is not one of"
            ),
            (3, #""background": [{"kind": "const", "amps": [1, 2]}],"#, "3: background[0].amps: has 2 elements"),
            (3, #""background": [{"kind": "sun"}],"#, "3: background[0].kind: sun is not one of"),
            (
                3, #""background": [{"kind": "trace", "file": "none.csv"}],"#,
                "3: background[0].file: none.csv does not exist"
            ),
            (
                3, #""background": [{"kind": "step", "t_s": 1, "duration_s": 2, "amps": [1, 2, 3], "on_s": 1}],"#,
                "3: background[0].on_s: is not a known key"
            ),
            (
                3, #""background": [{"kind": "noise", "sigma_a": 1}],"#,
                "3: background[0].corr_s: is missing"
            ),
            (4, #""meters": [{"id": "m", "circuit": "x"}],"#, "4: meters[0].circuit: x is the name of no circuit"),
            (
                4, #""meters": [{"id": "m", "circuit": "grid", "loss_p": 1.5}],"#,
                "4: meters[0].loss_p: 1.5 is above the highest"
            ),
            (
                4, #""meters": [{"id": "m", "circuit": "grid", "dropouts": [[5, 2]]}],"#,
                "4: meters[0].dropouts[0]: is no range of time"
            ),
            (
                5, #""sockets": [{"id": "s", "circuit": "grid", "max_a": 16, "phases": [1, 1]}],"#,
                "5: sockets[0].phases: must name one to three phases"
            ),
            (
                5, #""sockets": [{"id": "s", "circuit": "grid", "max_a": 16, "meter": true}],"#,
                "5: sockets[0].meter: true is neither a group of keys nor false"
            ),
            (
                6,
                #""sessions": [{"id": "c", "socket": "s", "arrive_s": 9, "depart_s": 9, "request_kwh": 5, "#
                    + #""phases": 3, "max_a": 16}],"#,
                "6: sessions[0].depart_s: 9 is not after arrive_s"
            ),
            (
                6,
                #""sessions": [{"id": "c", "socket": "x", "arrive_s": 1, "depart_s": 9, "request_kwh": 5, "#
                    + #""phases": 4, "max_a": 16}],"#,
                "6: sessions[0].socket: x is the name of no socket"
            ),
            (
                6,
                #""sessions": [{"id": "c", "socket": "s", "arrive_s": 1, "depart_s": 9, "request_kwh": 5, "phases": 3,"#
                    + #""max_a": 16}, {"id": "d", "socket": "s", "arrive_s": 8, "depart_s": 19, "request_kwh": 5, "#
                    + #""phases": 3, "max_a": 16}],"#,
                "6: sessions[1].arrive_s: 8 is before the departure of c"
            ),
            (7, #""controller": {"period_s": 1}}"#, "7: controller.safe_current_a: is missing"),
            (
                7, #""controller": {"safe_current_a": 6, "return_step_s": 0}}"#,
                "7: controller.return_step_s: 0 is below the lowest"
            ),
            (
                7, #""controller": {"safe_current_a": 6}, "dt_s": 0.01, "kpi": {"restore_events": [], "x": 1}}"#,
                "7: kpi.x: is not a known key"
            ),
            (
                5, #""dt_s": 0.01, "sockets": [{"id": "s", "circuit": "grid", "max_a": 16, "cmd_latency_s": 101}],"#,
                "5: sockets[0].cmd_latency_s: 101 is more than 10000 steps of dt_s"
            ),
            (
                7, #""controller": {"safe_current_a": 6}, "kpi": {"restore_events": [{"t_s": 5, "ref_s": [4, 9]}]}}"#,
                "7: kpi.restore_events[0].ref_s: ends after t_s"
            ),
        ]
    )
    func faults(line: Int, text: String, message: String) {
        let error = #expect(throws: DocumentError.self) { try read(line: line, text) }
        let messages = error?.faults.map(\.description) ?? []
        #expect(messages.contains { $0.hasPrefix("small.json:" + message) }, "\(messages)")
    }

    @Test("Several faults are told at once, and a fault of a recording with its line")
    func several() throws {
        let text = ScenarioFileTests.lines.joined(separator: "\n")
            .replacing("\"max_a\": 16}],\n\"sessions", with: "\"max_a\": 1}],\n\"sessions")
            .replacing(
                "{\"kind\": \"const\", \"amps\": [1, 2, -3]}",
                with: "{\"kind\": \"trace\", \"file\": \"t.csv\"}"
            )
        let error = #expect(throws: DocumentError.self) {
            try read(text, trace: .failure(TraceFile.Failure(line: 7, message: "has 3 fields")))
        }
        #expect(
            error?.faults.map(\.description) == [
                "small.json:3: background[0].file: t.csv line 7: has 3 fields",
                "small.json:5: sockets[0].max_a: 1 is below the lowest permitted 6 A; write a number from 6 to 1000",
            ]
        )
    }

    @Test("Whatever is cut out of a file is refused or read, and never ends the program")
    func cut() {
        let text = ScenarioFileTests.lines.joined(separator: "\n")
        for length in 0..<text.count {
            let start = text.index(text.startIndex, offsetBy: length)
            _ = try? read(String(text[..<start]))
            var shorter = text
            shorter.remove(at: start)
            _ = try? read(shorter)
        }
    }
}
