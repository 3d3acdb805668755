// SPDX-License-Identifier: Apache-2.0
import Balancing
import Quantities

/// A picture of a site in the terminal: a bar for each phase, two lines for each socket, the latest events.
struct TerminalView {
    private let title: String
    private let speed: Double
    private let hasColour: Bool
    private var events: [StatusLine.EventLine] = []
    private var isFirst = true

    /// How many events are shown.
    private static let shownEvents = 6
    /// The longest bar, in characters, and what stands beside it.
    private static let longestBar = 40
    private static let besideBar = 46
    /// Characters of a line; more would break it and tear the picture.
    private var width = 80
    private var barWidth: Int { max(10, min(TerminalView.longestBar, width - TerminalView.besideBar)) }
    /// What sets the terminal right again.
    static let ending = "\u{1B}[?25h\n"

    init(title: String, speed: Double, hasColour: Bool) {
        self.title = title
        self.speed = speed
        self.hasColour = hasColour
    }

    /// The next picture, drawn over the one before.
    ///
    /// - Parameters:
    ///   - line: How the site is.
    ///   - width: How many characters a line of the terminal holds.
    /// - Returns: Text with the control sequences that place it.
    mutating func frame(_ line: StatusLine, width: Int) -> String {
        self.width = max(40, width)
        events = Array((events + line.events).suffix(TerminalView.shownEvents))
        let start = isFirst ? "\u{1B}[2J\u{1B}[?25l" : ""
        isFirst = false
        let lines =
            heading(line) + [""] + Phase.allCases.map { bar($0, line.phases[$0]) } + [legend, ""]
            + line.sockets.flatMap(socket) + ["", style("Events", .bold)] + eventLines
        // Each line clears what the picture before left on it; the rest of the screen is cleared at the end.
        return start + "\u{1B}[H" + lines.map { $0 + "\u{1B}[K\n" }.joined() + "\u{1B}[J"
    }

    /// The same without a picture, for a pipe or a file: changes and, every ten seconds, the phases.
    static func plain(_ line: StatusLine) -> [String] {
        var lines = line.events.map { event in
            "\(time(event.timeS))  \(event.level.rawValue): \(event.text)"
                + (event.cause.isEmpty ? "" : " (\(event.cause))")
        }
        if Int(line.timeS) % 10 == 0 {
            let phases = Phase.allCases.map { phase in
                "\(phase) \(line.phases[phase].load.map { one($0) } ?? "?")/\(one(line.phases[phase].limit)) A"
            }
            let sockets = line.sockets.map { "\($0.id) \(one($0.offerA)) A" }
            lines.append("\(time(line.timeS))  " + (phases + sockets).joined(separator: "  "))
        }
        return lines
    }

    // MARK: Parts

    private func heading(_ line: StatusLine) -> [String] {
        let age = line.readingAgeS.map { ", last reading \(TerminalView.tenths($0)) s ago" } ?? ""
        let meter =
            switch line.meter {
            case .normal: style("meter answers", .green)
            case .connecting: "meter is being connected"
            case .warning: style("meter lost: safe current", .yellow)
            case .error: style("meter error: safe current", .red)
            }
        let pace = speed == 1 ? "" : "   \(TerminalView.tenths(speed))x"
        return [
            style("Headroom", .bold) + "   \(title)   \(TerminalView.time(line.timeS))\(pace)", meter + age,
        ]
    }

    private var legend: String {
        "    " + style("█", .yellow) + " house  " + style("█", .blue) + " charging  · free"
    }

    private func bar(_ phase: Phase, _ status: PhaseStatus) -> String {
        let limit = max(1, status.limit.milliamperes)
        func cells(_ current: Amperes) -> Int {
            min(barWidth, max(0, current.milliamperes * barWidth / limit))
        }
        let charging = cells(status.charging)
        let house = min(cells(status.load.map { $0 - status.charging } ?? .zero), barWidth - charging)
        let free = barWidth - house - charging
        let picture =
            style(String(repeating: "█", count: house), .yellow)
            + style(String(repeating: "█", count: charging), .blue) + String(repeating: "·", count: free)
        let load = status.load.map { TerminalView.pad(TerminalView.one($0), 5) } ?? "    ?"
        let headroom = status.headroom.map { "  for charging \(TerminalView.pad(TerminalView.one($0), 5)) A" } ?? ""
        return "\(phase)  \(picture)|  \(load) of \(TerminalView.one(status.limit)) A\(headroom)"
    }

    private func socket(_ socket: StatusLine.SocketLine) -> [String] {
        let name = TerminalView.padRight(socket.id.text, 12)
        let light = TerminalView.padRight(socket.light, 16)
        let dot =
            switch socket.activity {
            case .available, .silent: "○"
            case .charging, .reduced, .reducedToSafe: style("●", .blue)
            case .paused: style("●", .cyan)
            case .finished: style("●", .green)
            case .faulted: style("●", .red)
            }
        let draw = socket.drawA.values.map { TerminalView.one($0) }.joined(separator: " / ")
        return [
            "\(dot) \(name) \(light) offered \(TerminalView.pad(TerminalView.one(socket.offerA), 4)) A  drawn \(draw) A",
            "  " + style(fit(socket.why, after: 2), .dim),
        ]
    }

    private var eventLines: [String] {
        events.map { event in
            let colour: Style =
                switch event.level {
                case .info: .plain
                case .warning: .yellow
                case .error: .red
                }
            return "  \(TerminalView.time(event.timeS))  " + style(fit(event.text, after: 10), colour)
        }
    }

    // MARK: Text

    private enum Style: String {
        case plain = "0"
        case bold = "1"
        case dim = "2"
        case red = "31"
        case green = "32"
        case yellow = "33"
        case blue = "34"
        case cyan = "36"
    }

    private func style(_ text: String, _ style: Style) -> String {
        hasColour && style != .plain ? "\u{1B}[\(style.rawValue)m\(text)\u{1B}[0m" : text
    }

    /// A text cut to what is left of a line.
    private func fit(_ text: String, after used: Int) -> String {
        text.count <= width - used ? text : text.prefix(max(0, width - used - 1)) + "…"
    }

    private static func time(_ seconds: Double) -> String {
        let whole = Int(seconds)
        return "\(whole / 60):" + (whole % 60 < 10 ? "0" : "") + "\(whole % 60)"
    }

    /// A current with one decimal.
    private static func one(_ current: Amperes) -> String { tenths(current.amperes) }

    private static func tenths(_ number: Double) -> String {
        let value = Int((number * 10).rounded())
        return (value < 0 ? "-" : "") + "\(value.magnitude / 10).\(value.magnitude % 10)"
    }

    private static func pad(_ text: String, _ width: Int) -> String {
        String(repeating: " ", count: max(0, width - text.count)) + text
    }

    private static func padRight(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }
}
