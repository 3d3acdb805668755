// SPDX-License-Identifier: Apache-2.0
internal import Documents
public import Scenarios

/// Reads recordings of currents: CSV, or CSV packed with gzip where the name ends in `.gz`.
///
/// A header `t_s,i1_a,i2_a,i3_a`, then a line for each change: seconds, rising, and three currents in amperes. A row is
/// valid until the next one. Line ends may be those of any system; empty lines are passed over.
public enum TraceFile {
    /// The first line of every trace.
    public static let header = "t_s,i1_a,i2_a,i3_a"
    /// The largest file, packed and unpacked: more than a year at five thousand rows a day.
    public static let maximumBytes = 128 << 20
    /// The longest line that is read.
    private static let longestLine = 200

    /// What is wrong with a trace: the line, counted from 1, and the end of a sentence; no line for the whole file.
    public struct Failure: Error, Equatable, Sendable {
        /// The line; `nil` for the whole file.
        public let line: Int?
        /// What is wrong.
        public let message: String

        /// The line, if any, and what is wrong.
        public var description: String { (line.map { "line \($0): " } ?? "") + message }
    }

    /// Reads a file.
    ///
    /// - Throws: ``Failure``, the first fault.
    public static func read(path: String) throws(Failure) -> Scenario.Trace {
        var bytes: [UInt8]
        do throws(FileError) {
            bytes = try FileContents.bytes(of: path, atMost: maximumBytes)
        } catch {
            throw Failure(line: nil, message: error.message)
        }
        if path.hasSuffix(".gz") {
            do throws(Gzip.Failure) {
                bytes = try Gzip.unpack(bytes, atMost: maximumBytes)
            } catch {
                throw Failure(line: nil, message: error.description)
            }
        }
        return try parse(bytes)
    }

    /// Reads the text of a trace.
    ///
    /// - Throws: ``Failure``, the first fault.
    public static func parse(_ bytes: [UInt8]) throws(Failure) -> Scenario.Trace {
        var times: [Double] = []
        var currents: [Triple] = []
        var number = 0
        var start = 0
        while start < bytes.count {
            let end = bytes[start...].firstIndex(of: 0x0A) ?? bytes.count
            number += 1
            var line = bytes[start..<end]
            if line.last == 0x0D { line.removeLast() }
            start = end + 1
            if number == 1 {
                guard line.elementsEqual(header.utf8) else {
                    throw Failure(line: 1, message: "the header is not \"\(header)\"")
                }
            } else if !line.isEmpty {
                let row = try row(line, number)
                if let last = times.last, row.time <= last {
                    throw Failure(line: number, message: "the time \(row.time) is not after that of the line before")
                }
                times.append(row.time)
                currents.append(row.currents)
            }
        }
        guard number > 0 else { throw Failure(line: nil, message: "is empty; begin with \"\(header)\"") }
        guard !times.isEmpty else { throw Failure(line: nil, message: "has no line after the header") }
        return Scenario.Trace(times: times, currents: currents)
    }

    private static func row(
        _ line: ArraySlice<UInt8>,
        _ number: Int
    ) throws(Failure) -> (time: Double, currents: Triple) {
        guard line.count <= longestLine else {
            throw Failure(line: number, message: "is longer than \(longestLine) bytes")
        }
        let fields = line.split(separator: 0x2C, omittingEmptySubsequences: false)
        guard fields.count == 4 else {
            throw Failure(line: number, message: "has \(fields.count) fields; write four, separated by commas")
        }
        var values: [Double] = []
        for field in fields {
            // Swift's own reader also takes hexadecimal numbers, "nan" and "inf".
            let isPlain = field.allSatisfy { "+-.0123456789eE".utf8.contains($0) }
            let text = String(decoding: field, as: UTF8.self)
            guard isPlain, let value = Double(text) else {
                throw Failure(line: number, message: "\"\(text)\" is not a decimal number")
            }
            values.append(value)
        }
        guard (0...1e10).contains(values[0]) else {
            throw Failure(line: number, message: "the time \(values[0]) is not within 0 to 1e10 s")
        }
        for value in values[1...] where !(abs(value) <= 1e5) {
            throw Failure(line: number, message: "the current \(value) is not within -1e5 to 1e5 A")
        }
        return (values[0], Triple(values[1], values[2], values[3]))
    }
}
