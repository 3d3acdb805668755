// SPDX-License-Identifier: Apache-2.0
import NIOCore

/// Latencies in classes that are at most 1/64 wide, the same as those of `C/histogram.h`.
struct Measurement: Sendable {
    private static let fine = 64

    private let depth: Int
    private let registers: Int
    private let nanoseconds: Int64
    private var classes = [UInt64](repeating: 0, count: 58 * fine)
    private var count: UInt64 = 0

    init(_ plan: Plan) {
        depth = plan.depth
        registers = plan.registers
        nanoseconds = plan.duration.nanoseconds
    }

    mutating func record(nanoseconds: Int64) {
        count += 1
        classes[Measurement.index(UInt64(max(0, nanoseconds)))] += 1
    }

    mutating func add(_ other: Measurement) {
        count += other.count
        for index in classes.indices { classes[index] += other.classes[index] }
    }

    private static func index(_ value: UInt64) -> Int {
        guard value >= UInt64(fine) else { return Int(value) }
        let exponent = 63 - value.leadingZeroBitCount
        return (exponent - 5) * fine + Int(value >> UInt64(exponent - 6)) - fine
    }

    /// The upper end of a class.
    private static func value(_ index: Int) -> UInt64 {
        guard index >= fine else { return UInt64(index) }
        let shift = index / fine - 1
        return ((UInt64(fine + index % fine) + 1) << UInt64(shift)) - 1
    }

    private func percentile(_ share: Double) -> Double {
        let wanted = UInt64((Double(count) * share).rounded(.up))
        var seen: UInt64 = 0
        for index in classes.indices {
            seen += classes[index]
            if seen >= max(1, wanted) { return Double(Measurement.value(index)) / 1000 }
        }
        return 0
    }

    var json: String {
        """
        {"requests": \(count), "per_second": \(Double(count) * 1e9 / Double(nanoseconds)), "connections": 1, \
        "depth": \(depth), "registers": \(registers), "p50_us": \(percentile(0.5)), "p99_us": \(percentile(0.99)), \
        "p999_us": \(percentile(0.999)), "errors": 0}
        """
    }
}
