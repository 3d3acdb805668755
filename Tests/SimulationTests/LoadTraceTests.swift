// SPDX-License-Identifier: Apache-2.0
import Quantities
import Simulation
import Testing

@Suite("A load trace")
struct LoadTraceTests {
    private static let text = "t_s,i1_a,i2_a,i3_a\n0,1,2,3\n10,4.5,0,-6.25\n20.5,7,8,9\n"

    private static func at(_ seconds: Double) -> Instant { Instant(sinceStart: .milliseconds(Int(seconds * 1000))) }

    @Test(
        "holds a row until the next one",
        arguments: [
            (0.0, PerPhase(1000, 2000, 3000)), (9.999, PerPhase(1000, 2000, 3000)), (10.0, PerPhase(4500, 0, -6250)),
            (20.4, PerPhase(4500, 0, -6250)), (20.5, PerPhase(7000, 8000, 9000)), (29.9, PerPhase(7000, 8000, 9000)),
        ]
    )
    func holds(seconds: Double, milliamperes: PerPhase<Int>) throws {
        let trace = try LoadTrace(csv: Self.text, span: .seconds(30))
        #expect(trace.load(at: Self.at(seconds)) == milliamperes.map { Amperes(milliamperes: $0) })
    }

    @Test("begins anew after its span, and before its beginning was its end")
    func wraps() throws {
        let trace = try LoadTrace(csv: Self.text, span: .seconds(30))
        #expect(trace.load(at: Self.at(30)) == trace.load(at: .start))
        #expect(trace.load(at: Self.at(3_000_010)) == trace.load(at: Self.at(10)))
        #expect(trace.load(at: Self.at(-1)) == trace.load(at: Self.at(29)))
    }

    @Test("begins at its start offset")
    func offset() throws {
        let trace = try LoadTrace(csv: Self.text, span: .seconds(30), startOffset: .seconds(10))
        #expect(trace.load(at: .start).l1 == Amperes(milliamperes: 4500))
        #expect(trace.load(at: Self.at(20)).l1 == Amperes(1))
    }

    @Test("takes line ends of any system and empty lines")
    func lineEnds() throws {
        let text = "t_s,i1_a,i2_a,i3_a\r\n0,1,2,3\r\n\r\n10,4,5,6"
        #expect(try LoadTrace(csv: text).load(at: Self.at(11)).l3 == Amperes(6))
    }

    @Test(
        "says what is wrong, and in which line",
        arguments: [
            ("", .header(found: "")),
            ("t,a,b,c\n0,1,2,3", .header(found: "t,a,b,c")),
            ("t_s,i1_a,i2_a,i3_a\n", .empty),
            ("t_s,i1_a,i2_a,i3_a\n0,1,2", .fieldCount(line: 2, found: 3)),
            ("t_s,i1_a,i2_a,i3_a\n0,1,2,3,4", .fieldCount(line: 2, found: 5)),
            ("t_s,i1_a,i2_a,i3_a\n0,1,2,3\n\n5,1,x,3", .number(line: 4, column: "i2_a", text: "x")),
            ("t_s,i1_a,i2_a,i3_a\n0,nan,2,3", .number(line: 2, column: "i1_a", text: "nan")),
            ("t_s,i1_a,i2_a,i3_a\n0,0x10,2,3", .number(line: 2, column: "i1_a", text: "0x10")),
            ("t_s,i1_a,i2_a,i3_a\n0,1e9,2,3", .range(line: 2, column: "i1_a", text: "1e9")),
            ("t_s,i1_a,i2_a,i3_a\n-1,1,2,3", .range(line: 2, column: "t_s", text: "-1")),
            ("t_s,i1_a,i2_a,i3_a\n5,1,2,3", .start(line: 2, time: "5")),
            ("t_s,i1_a,i2_a,i3_a\n0,1,2,3\n9,1,2,3\n9,1,2,3", .order(line: 4, time: "9")),
            ("t_s,i1_a,i2_a,i3_a\n0,1,2,3\n86400,1,2,3", .span(line: 3, seconds: "86400")),
        ] as [(String, LoadTraceError)]
    )
    func faults(text: String, error: LoadTraceError) {
        #expect(throws: error) { try LoadTrace(csv: text) }
        #expect(error.description.contains("line") && error.description.count > 20)
    }
}
