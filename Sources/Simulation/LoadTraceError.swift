// SPDX-License-Identifier: Apache-2.0

/// What is wrong with the text of a load trace.
///
/// Lines count from 1; the header is line 1.
public enum LoadTraceError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The first line is not the header; write ``LoadTrace/header``.
    case header(found: String)
    /// A line has another number of fields than four.
    case fieldCount(line: Int, found: Int)
    /// A field is not a decimal number.
    case number(line: Int, column: String, text: String)
    /// A time is below zero, or a current above a hundred thousand amperes.
    case range(line: Int, column: String, text: String)
    /// A time is not after that of the line before; put the lines in order.
    case order(line: Int, time: String)
    /// There is no line after the header.
    case empty
    /// The first line does not begin at 0 s, so that the load before it is unknown.
    case start(line: Int, time: String)
    /// The last line is not before the end of the span, after which the trace begins anew.
    case span(line: Int, seconds: String)
    /// There are more lines than ``LoadTrace/mostRows``.
    case tooManyRows(line: Int)

    /// What happened, where, and what to do.
    public var description: String {
        switch self {
        case .header(let found): "line 1: the header is \"\(found)\"; write \"\(LoadTrace.header)\""
        case .fieldCount(let line, let found): "line \(line): \(found) fields; write four, separated by commas"
        case .number(let line, let column, let text):
            "line \(line): \(column) is \"\(text)\"; write a decimal number such as 12.5"
        case .range(let line, let column, let text):
            "line \(line): \(column) is \(text), out of range; times are 0 to 1e9 s, currents -1e5 to 1e5 A"
        case .order(let line, let time): "line \(line): the time \(time) is not after the line before; sort by time"
        case .empty: "no line after the header; write at least one with the time 0"
        case .start(let line, let time): "line \(line): the first time is \(time); begin with 0"
        case .span(let line, let seconds):
            "line \(line): not before the end of the span of \(seconds) s; lengthen the span"
        case .tooManyRows(let line): "line \(line): more than \(LoadTrace.mostRows) lines; split the trace"
        }
    }
}
