// SPDX-License-Identifier: Apache-2.0

/// Counts times in steps that grow with the time, so that a few thousand counters hold nanoseconds to minutes.
///
/// A time is known to one part in 64.
struct LatencyHistogram {
    private static let subBits = 6
    private static let octaves = 42

    private var counters = [Int](repeating: 0, count: octaves << subBits)

    private(set) var count = 0

    /// Counts one time; longer ones than an hour are counted as an hour.
    mutating func add(_ time: Duration) {
        let (seconds, attoseconds) = time.components
        let whole = UInt64(max(0, min(seconds, 3600))) * 1_000_000_000
        let nanoseconds = whole + UInt64(max(0, attoseconds)) / 1_000_000_000
        counters[LatencyHistogram.index(nanoseconds)] += 1
        count += 1
    }

    /// Adds what another one counted.
    mutating func merge(_ other: LatencyHistogram) {
        for index in counters.indices { counters[index] += other.counters[index] }
        count += other.count
    }

    /// The time in microseconds that a share of all times does not exceed.
    ///
    /// - Returns: `nil` when nothing was counted.
    func microseconds(atShare share: Double) -> Double? {
        guard count > 0 else { return nil }
        let wanted = Int((share * Double(count)).rounded(.up))
        var seen = 0
        for (index, counter) in counters.enumerated() {
            seen += counter
            if seen >= max(1, wanted) { return Double(LatencyHistogram.upperBound(index)) / 1000 }
        }
        return nil
    }

    /// Below 64 each nanosecond has its counter; above, each doubling has 64.
    private static func index(_ nanoseconds: UInt64) -> Int {
        guard nanoseconds >= 1 << subBits else { return Int(nanoseconds) }
        let octave = 63 - nanoseconds.leadingZeroBitCount - subBits
        let step = Int(nanoseconds >> UInt64(octave)) & (1 << subBits - 1)
        return min((octave + 1) << subBits + step, octaves << subBits - 1)
    }

    /// The longest time of a counter.
    private static func upperBound(_ index: Int) -> UInt64 {
        let octave = index >> subBits
        guard octave > 0 else { return UInt64(index) }
        let step = UInt64(index & (1 << subBits - 1) | 1 << subBits)
        return (step + 1) << UInt64(octave - 1) - 1
    }
}
