// SPDX-License-Identifier: Apache-2.0
import Foundation
import Testing

@Suite("The demonstration")
struct DemonstrationTests {
    /// What a line of `headroom demo --json` says, as far as it is looked at here.
    private struct Line: Decodable {
        struct Truth: Decodable { var grid_a: [Double] }
        struct Event: Decodable { var time_s: Double, text: String }
        struct Socket: Decodable { var id: String, offer_a: Double, light: String, why: String }
        var time_s: Double
        var meter: String
        var truth: Truth
        var events: [Event]
        var sockets: [Socket]
    }

    @Test(
        "A minute shows the limit kept, the loss with its three texts, the ceiling and the gradual return",
        .timeLimit(.minutes(2))
    )
    func minute() async throws {
        let output = try await ChildProcess.output(ChildProcess.headroom, ["demo", "--seconds", "60", "--json"])
        let lines = try output.map { try JSONDecoder().decode(Line.self, from: Data($0.utf8)) }
        #expect(lines.count > 330, "one line a second of the site's time")

        // No phase stays over the limit for longer than cars need to follow.
        for phase in 0..<3 {
            var seconds = 0
            for line in lines {
                seconds = line.truth.grid_a[phase] > 25 ? seconds + 1 : 0
                #expect(seconds <= 10, "L\(phase + 1) at \(line.time_s)")
            }
        }

        let texts = lines.flatMap(\.events).filter { $0.text.lowercased().contains("modbus unit") }
        #expect(
            texts.map { $0.text.split(separator: " via ")[0] } == [
                "TCP MODBUS unit 5 connected", "Communication warning for modbus unit 5",
                "Communication error for modbus unit 5", "TCP MODBUS unit 5 connected",
            ]
        )
        try #require(texts.count == 4)
        #expect(
            abs(texts[2].time_s - texts[1].time_s - 118) < 6,
            "the error comes two minutes after the first failed read"
        )

        let (lost, back) = (texts[1].time_s, texts[3].time_s)
        for line in lines where line.time_s > lost + 3 && line.time_s < back {
            #expect(line.sockets.map(\.offer_a).reduce(0, +) <= 12, "at \(line.time_s)")
            #expect(line.meter == "warning" || line.meter == "error")
        }
        for line in lines where line.time_s >= back {
            for socket in line.sockets {
                #expect(socket.offer_a <= 6 + 1 + (line.time_s - back) / 5, "\(socket.id) at \(line.time_s)")
            }
        }
        let highest = lines.suffix(30).flatMap(\.sockets).map(\.offer_a).max() ?? 0
        #expect(highest > 8, "the return gets somewhere")
        #expect(lines.contains { $0.sockets.contains { $0.light == "blue interrupted" } })
    }

    @Test("Ctrl-C ends it with 0", .timeLimit(.minutes(1)))
    func interrupt() async throws {
        let demo = try ChildProcess(ChildProcess.headroom, ["demo", "--json"])
        defer { demo.kill() }
        _ = await demo.nextLine()
        demo.signal(SIGINT)
        #expect(await demo.exitCode() == 0)
    }
}
