// SPDX-License-Identifier: Apache-2.0
public import Quantities

/// The currents of a building over a day, from a table of changes.
///
/// A row is valid until the next one; after the span the trace begins anew. Positive is consumption.
public struct LoadTrace: Hashable, Sendable {
    /// The first line of a trace: seconds, and amperes per phase.
    public static let header = "t_s,i1_a,i2_a,i3_a"
    /// A day at one row per second is 86,400 rows; ten such days are enough and fit in 30 MB.
    public static let mostRows = 1_000_000

    /// How long the trace lasts before it begins anew.
    public let span: Duration
    /// The place in the trace at ``Instant/start``.
    public var startOffset: Duration

    /// Milliseconds, rising from 0.
    private let times: [Int]
    private let loads: [PerPhase<Amperes>]

    /// Creates a load that never changes.
    public init(constant load: PerPhase<Amperes>) {
        span = .seconds(86_400)
        startOffset = .zero
        times = [0]
        loads = [load]
    }

    /// Reads a trace from its text.
    ///
    /// - Parameters:
    ///   - text: ``header``, then lines of four decimal numbers. Line ends may be those of any system; empty lines are
    ///     passed over. Currents are rounded up to a milliampere.
    ///   - span: How long the trace lasts; a day unless said otherwise.
    ///   - startOffset: The place in the trace at ``Instant/start``.
    /// - Throws: The first fault, with its line.
    public init(
        csv text: some StringProtocol,
        span: Duration = .seconds(86_400),
        startOffset: Duration = .zero
    ) throws(LoadTraceError) {
        var times: [Int] = []
        var loads: [PerPhase<Amperes>] = []
        var number = 0
        for line in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline) {
            number += 1
            if number == 1 {
                guard line == LoadTrace.header else { throw .header(found: String(line.prefix(60))) }
            } else if !line.isEmpty {
                let row = try Row(line, number: number)
                guard row.time > (times.last ?? -1) else { throw .order(line: number, time: row.timeText) }
                guard !times.isEmpty || row.time == 0 else { throw .start(line: number, time: row.timeText) }
                guard times.count < LoadTrace.mostRows else { throw .tooManyRows(line: number) }
                guard row.time < span.milliseconds else {
                    throw .span(line: number, seconds: String(span.components.seconds))
                }
                times.append(row.time)
                loads.append(row.load)
            }
        }
        guard number > 0 else { throw .header(found: "") }
        guard !times.isEmpty else { throw .empty }
        self.span = span
        self.startOffset = startOffset
        self.times = times
        self.loads = loads
    }

    /// The load at an instant.
    public func load(at instant: Instant) -> PerPhase<Amperes> {
        let length = span.milliseconds
        let place = (instant.sinceStart + startOffset).milliseconds % length
        let time = place < 0 ? place + length : place
        var low = 0
        var high = times.count
        while high - low > 1 {
            let middle = (low + high) / 2
            if times[middle] <= time { low = middle } else { high = middle }
        }
        return loads[low]
    }
}

/// One line of a trace, read.
private struct Row {
    var time: Int
    var timeText: String
    var load: PerPhase<Amperes>

    static let columns = ["t_s", "i1_a", "i2_a", "i3_a"]

    init(_ line: some StringProtocol, number: Int) throws(LoadTraceError) {
        let fields = line.split(separator: ",", omittingEmptySubsequences: false).map { String($0.prefix(40)) }
        guard fields.count == Row.columns.count else { throw .fieldCount(line: number, found: fields.count) }
        let seconds = try Row.decimal(fields, 0, line: number)
        guard (0...1e9).contains(seconds) else { throw .range(line: number, column: Row.columns[0], text: fields[0]) }
        time = Int((seconds * 1000).rounded())
        timeText = fields[0]
        load = PerPhase(
            try Row.current(fields, 1, line: number),
            try Row.current(fields, 2, line: number),
            try Row.current(fields, 3, line: number)
        )
    }

    static func current(_ fields: [String], _ index: Int, line: Int) throws(LoadTraceError) -> Amperes {
        let value = try decimal(fields, index, line: line)
        guard abs(value) <= 1e5, let amperes = Amperes(roundingUp: value) else {
            throw .range(line: line, column: columns[index], text: fields[index])
        }
        return amperes
    }

    /// Swift's own reader also takes hexadecimal numbers, "nan" and "inf".
    static func decimal(_ fields: [String], _ index: Int, line: Int) throws(LoadTraceError) -> Double {
        let text = fields[index]
        guard text.utf8.allSatisfy({ "+-.0123456789eE".utf8.contains($0) }), let value = Double(text) else {
            throw .number(line: line, column: columns[index], text: text)
        }
        return value
    }
}
