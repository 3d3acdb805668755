// SPDX-License-Identifier: Apache-2.0

/// One table of 16-bit registers, of which only some addresses exist.
///
/// Registers that touch are kept as one run, so that a read or a write looks at a single run whatever the order in
/// which they were put there.
public struct RegisterTable: Hashable, Sendable {
    private struct Run: Hashable {
        var start: Int
        var values: [UInt16]
        var end: Int { start + values.count }

        /// Replaces values that the run already holds.
        mutating func overwrite(_ new: [UInt16], at address: Int) {
            for (offset, value) in new.enumerated() { values[address - start + offset] = value }
        }
    }

    /// In order of address, never touching.
    private var runs: [Run] = []
    /// Ranges that clients may not write.
    private var readOnlyRanges: [ClosedRange<UInt16>] = []

    /// Creates a table without registers.
    public init() {}

    /// Puts values at an address and those that follow; registers that do not exist yet come to exist.
    ///
    /// This is the owner's way in; ranges that are read-only for clients do not matter to it.
    ///
    /// - Returns: `false`, with nothing changed, when the values pass address 65535.
    @discardableResult
    public mutating func set(_ values: [UInt16], at address: UInt16) -> Bool {
        let start = Int(address)
        let end = start + values.count
        guard end <= Limits.tableCount else { return false }
        guard !values.isEmpty else { return true }
        if let index = index(covering: start..<end) {
            runs[index].overwrite(values, at: start)
            return true
        }
        let first = runs.firstIndex { $0.end >= start } ?? runs.endIndex
        let last = runs[first...].firstIndex { $0.start > end } ?? runs.endIndex
        var merged = Run(start: start, values: values)
        if first < last {
            let head = runs[first]
            let tail = runs[last - 1]
            if head.start < start {
                merged = Run(start: head.start, values: head.values.prefix(start - head.start) + values)
            }
            if tail.end > end { merged.values += tail.values.suffix(tail.end - end) }
        }
        runs.replaceSubrange(first..<last, with: [merged])
        return true
    }

    /// Forbids clients to write a range; requests that touch it get ``ExceptionCode/illegalDataAddress`` (9.10).
    public mutating func makeReadOnly(_ range: ClosedRange<UInt16>) {
        readOnlyRanges.append(range)
    }

    /// Takes registers away, so that they become a gap.
    public mutating func remove(_ range: ClosedRange<UInt16>) {
        let lower = Int(range.lowerBound)
        let upper = Int(range.upperBound) + 1
        runs = runs.flatMap { run in
            [
                Run(start: run.start, values: Array(run.values.prefix(max(0, lower - run.start)))),
                Run(start: max(run.start, upper), values: Array(run.values.suffix(max(0, run.end - upper)))),
            ].filter { !$0.values.isEmpty }
        }
    }

    /// The value at an address; `nil` for a gap.
    public subscript(address: UInt16) -> UInt16? {
        read(address: address, count: 1)?.first
    }

    /// The values from an address on, in order.
    ///
    /// - Returns: `nil` when one of the registers does not exist.
    public func read(address: UInt16, count: Int) -> [UInt16]? {
        let start = Int(address)
        guard count > 0, let index = index(covering: start..<start + count) else { return nil }
        let offset = start - runs[index].start
        return Array(runs[index].values[offset..<offset + count])
    }

    /// Whether a client may write all of these registers: they exist and none is read-only.
    public func isWritable(address: UInt16, count: Int) -> Bool {
        let start = Int(address)
        guard count > 0, index(covering: start..<start + count) != nil else { return false }
        return !readOnlyRanges.contains { Int($0.lowerBound) < start + count && Int($0.upperBound) >= start }
    }

    /// The run that holds all of these addresses.
    private func index(covering range: Range<Int>) -> Int? {
        var low = 0
        var high = runs.count
        while low < high {
            let middle = (low + high) / 2
            if runs[middle].end <= range.lowerBound { low = middle + 1 } else { high = middle }
        }
        guard low < runs.count, runs[low].start <= range.lowerBound, runs[low].end >= range.upperBound else {
            return nil
        }
        return low
    }
}
