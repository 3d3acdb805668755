// SPDX-License-Identifier: Apache-2.0
import Scenarios
import Testing

@testable import ScenarioFiles

@Suite("Recordings of currents")
struct TraceFileTests {
    @Test("Lines become rows, whatever the line ends")
    func rows() throws {
        let text = "t_s,i1_a,i2_a,i3_a\r\n0,1.5,2,-3\r\n\n60.5,1e1,0,+1"
        let trace = try TraceFile.parse(Array(text.utf8))
        #expect(trace.times == [0, 60.5])
        #expect(trace.currents == [Triple(1.5, 2, -3), Triple(10, 0, 1)])
    }

    @Test(
        "What is wrong is named with its line",
        arguments: [
            ("", "is empty"),
            ("t_s,i1_a,i2_a\n0,1,2", "line 1: the header is not"),
            ("t_s,i1_a,i2_a,i3_a\n", "has no line after the header"),
            ("t_s,i1_a,i2_a,i3_a\n0,1,2\n", "line 2: has 3 fields"),
            ("t_s,i1_a,i2_a,i3_a\n0,1,2,3\n1,1,2,3,4", "line 3: has 5 fields"),
            ("t_s,i1_a,i2_a,i3_a\n0,1,nan,3\n", "line 2: \"nan\" is not a decimal number"),
            ("t_s,i1_a,i2_a,i3_a\n0,1,0x2,3\n", "line 2: \"0x2\" is not a decimal number"),
            ("t_s,i1_a,i2_a,i3_a\n0,1,,3\n", "line 2: \"\" is not a decimal number"),
            ("t_s,i1_a,i2_a,i3_a\n0,1,2,3\n0,1,2,3\n", "line 3: the time 0.0 is not after"),
            ("t_s,i1_a,i2_a,i3_a\n-1,1,2,3\n", "line 2: the time -1.0 is not within"),
            ("t_s,i1_a,i2_a,i3_a\n0,1,2,1e6\n", "line 2: the current 1000000.0 is not within"),
            ("t_s,i1_a,i2_a,i3_a\n" + String(repeating: "1", count: 300), "line 2: is longer than 200 bytes"),
        ]
    )
    func faults(text: String, message: String) {
        let failure = #expect(throws: TraceFile.Failure.self) { try TraceFile.parse(Array(text.utf8)) }
        #expect(failure?.description.hasPrefix(message) == true, "\(failure?.description ?? "")")
    }

    @Test("A file that is not there, and one that is not packed, are named")
    func files() {
        #expect(throws: TraceFile.Failure(line: nil, message: "does not exist")) {
            try TraceFile.read(path: "/nonexistent/trace.csv")
        }
    }
}
