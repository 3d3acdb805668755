// SPDX-License-Identifier: Apache-2.0

/// One table of 16-bit registers, of which only some addresses exist.
public typealias RegisterTable = ItemTable<UInt16>

/// One table of bits, of which only some addresses exist.
public typealias BitTable = ItemTable<Bool>

/// One table, of which only some addresses exist.
///
/// Items that touch are kept as one run, so that a read or a write looks at a single run whatever the order in which
/// they were put there.
public struct ItemTable<Item: Hashable & Sendable>: Hashable, Sendable {
    private struct Run: Hashable {
        var start: Int
        var values: [Item]
        var end: Int { start + values.count }
    }

    private struct ReadOnlyRange: Hashable {
        let addresses: ClosedRange<UInt16>
        let exception: ExceptionCode
    }

    /// In order of address, never touching.
    private var runs: [Run] = []
    /// Ranges that clients may not write.
    private var readOnlyRanges: [ReadOnlyRange] = []

    /// Creates a table without items.
    public init() {}

    // MARK: The owner's side

    /// Puts values at an address and those that follow; items that do not exist yet come to exist.
    ///
    /// This is the owner's way in; ranges that are read-only for clients do not matter to it.
    ///
    /// - Returns: `false`, with nothing changed, when the values pass address 65535.
    @discardableResult
    public mutating func set(_ values: [Item], at address: UInt16) -> Bool {
        let start = Int(address)
        let end = start + values.count
        guard end <= Limits.tableCount else { return false }
        guard !values.isEmpty else { return true }
        if let index = index(covering: start..<end) {
            let offset = start - runs[index].start
            for (place, value) in values.enumerated() { runs[index].values[offset + place] = value }
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

    /// Forbids clients to write a range.
    ///
    /// - Parameters:
    ///   - addresses: What may not be written.
    ///   - exception: What requests that touch it are answered (9.10).
    public mutating func makeReadOnly(
        _ addresses: ClosedRange<UInt16>,
        exception: ExceptionCode = .illegalDataAddress
    ) {
        readOnlyRanges.append(ReadOnlyRange(addresses: addresses, exception: exception))
    }

    /// Takes items away, so that they become a gap.
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

    /// Whether there is no item at all.
    public var isEmpty: Bool { runs.isEmpty }

    /// The value at an address; `nil` for a gap.
    public subscript(address: UInt16) -> Item? {
        let place = Int(address)
        return index(covering: place..<place + 1).map { runs[$0].values[place - runs[$0].start] }
    }

    /// The values from an address on, in order.
    ///
    /// - Returns: `nil` when one of the items does not exist.
    public func read(address: UInt16, count: Int) -> [Item]? {
        ItemRange(address: address, count: count).flatMap { run(covering: $0.addresses) }.map(Array.init)
    }

    // MARK: The clients' side

    /// Whether a client may write all of these items: they exist and none is read-only.
    public func isWritable(address: UInt16, count: Int) -> Bool {
        guard let items = ItemRange(address: address, count: count) else { return false }
        do throws(ExceptionCode) {
            try checkWritable(items)
            return true
        } catch {
            return false
        }
    }

    /// Throws what a client is answered that may not write these items.
    func checkWritable(_ items: ItemRange) throws(ExceptionCode) {
        guard index(covering: items.addresses) != nil else { throw .illegalDataAddress }
        for range in readOnlyRanges
        where Int(range.addresses.lowerBound) < items.addresses.upperBound
            && Int(range.addresses.upperBound) >= items.addresses.lowerBound
        {
            throw range.exception
        }
    }

    /// The stored values of these items, without a copy.
    func stored(_ items: ItemRange) throws(ExceptionCode) -> ArraySlice<Item> {
        guard let values = run(covering: items.addresses) else { throw .illegalDataAddress }
        return values
    }

    /// Replaces items that exist, where they are.
    mutating func overwrite(_ items: ItemRange, with value: (Int) -> Item) throws(ExceptionCode) {
        guard let index = index(covering: items.addresses) else { throw .illegalDataAddress }
        let offset = items.addresses.lowerBound - runs[index].start
        var stored = runs[index].values.mutableSpan
        for place in 0..<items.count { stored[offset + place] = value(place) }
    }

    private func run(covering range: Range<Int>) -> ArraySlice<Item>? {
        index(covering: range).map { index in
            let offset = range.lowerBound - runs[index].start
            return runs[index].values[offset..<offset + range.count]
        }
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
