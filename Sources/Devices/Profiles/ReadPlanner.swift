// SPDX-License-Identifier: Apache-2.0

/// A run of registers that one request reads.
public struct ReadBlock: Hashable, Sendable {
    /// The zero-based address of the first register.
    public let address: Int
    /// How many registers.
    public let count: Int

    /// Creates a block.
    public init(address: Int, count: Int) {
        self.address = address
        self.count = count
    }

    /// The addresses of the registers.
    public var range: Range<Int> { address..<address + count }
}

/// Arranges values in as few requests as a device permits, without ever cutting a value.
public struct ReadPlanner: Hashable, Sendable {
    /// Registers between two values that are read along rather than spending a request on them.
    ///
    /// A request costs a round trip, eight registers cost sixteen bytes; a wider gap may be a hole in the map, which many
    /// devices answer with an exception.
    public static let usualGap = 8
    /// The most registers a Modbus answer holds.
    public static let largestRead = 125

    /// The most registers the device gives at once.
    public let maximumCount: Int
    /// The widest gap that is read along.
    public let maximumGap: Int
    /// Requests that the profile prescribes for the values inside them.
    public let prescribed: [ReadBlock]

    /// Creates a planner.
    public init(
        maximumCount: Int = ReadPlanner.largestRead,
        maximumGap: Int = ReadPlanner.usualGap,
        prescribed: [ReadBlock] = []
    ) {
        precondition((1...ReadPlanner.largestRead).contains(maximumCount), "no device reads \(maximumCount) registers")
        self.maximumCount = maximumCount
        self.maximumGap = maximumGap
        self.prescribed = prescribed
    }

    /// Plans the requests for some values.
    ///
    /// - Parameters:
    ///   - spans: The registers of each value; none longer than ``maximumCount``.
    ///   - together: Those of them that shall come in one request if any cut is needed at all.
    /// - Returns: Blocks in order of address; every span lies inside one of them.
    public func plan(_ spans: [Range<Int>], together: [Range<Int>] = []) -> [ReadBlock] {
        var remaining = Set(spans).union(together)
        var blocks: [ReadBlock] = []
        for block in prescribed {
            let inside = remaining.filter { block.range.contains($0) }
            guard !inside.isEmpty else { continue }
            blocks.append(block)
            remaining.subtract(inside)
        }
        for run in runs(remaining) { blocks += divide(run, keeping: Set(together)) }
        return blocks.sorted { ($0.address, $0.count) < ($1.address, $1.count) }
    }

    /// Values whose neighbours are near enough to be read along, in order of address.
    private func runs(_ spans: Set<Range<Int>>) -> [[Range<Int>]] {
        var runs: [[Range<Int>]] = []
        var end = Int.min
        for span in spans.sorted(by: { ($0.lowerBound, $0.upperBound) < ($1.lowerBound, $1.upperBound) }) {
            if runs.isEmpty || span.lowerBound - end > maximumGap {
                runs.append([span])
                end = span.upperBound
            } else {
                runs[runs.endIndex - 1].append(span)
                end = max(end, span.upperBound)
            }
        }
        return runs
    }

    private func divide(_ run: [Range<Int>], keeping together: Set<Range<Int>>) -> [ReadBlock] {
        let core = hull(run.filter(together.contains))
        guard let core, core.count <= maximumCount, let whole = hull(run), whole.count > maximumCount else {
            return fill(run)
        }
        var block = core
        for span in run where !block.contains(span) {
            let wider = min(block.lowerBound, span.lowerBound)..<max(block.upperBound, span.upperBound)
            if span.upperBound > core.lowerBound, wider.count <= maximumCount { block = wider }
        }
        let rest = run.filter { !block.contains($0) }
        let before = rest.filter { $0.lowerBound < block.lowerBound }
        let after = rest.filter { $0.lowerBound >= block.lowerBound }
        return fill(before) + [ReadBlock(address: block.lowerBound, count: block.count)] + fill(after)
    }

    /// Puts as many values into each block as it takes, from the lowest address on.
    private func fill(_ run: [Range<Int>]) -> [ReadBlock] {
        var blocks: [ReadBlock] = []
        var current: Range<Int>?
        for span in run {
            if let block = current {
                let wider = block.lowerBound..<max(block.upperBound, span.upperBound)
                if wider.count <= maximumCount, span.lowerBound - block.upperBound <= maximumGap {
                    current = wider
                    continue
                }
                blocks.append(ReadBlock(address: block.lowerBound, count: block.count))
            }
            current = span
        }
        if let current { blocks.append(ReadBlock(address: current.lowerBound, count: current.count)) }
        return blocks
    }

    private func hull(_ spans: [Range<Int>]) -> Range<Int>? {
        guard let start = spans.map(\.lowerBound).min(), let end = spans.map(\.upperBound).max() else { return nil }
        return start..<end
    }
}
