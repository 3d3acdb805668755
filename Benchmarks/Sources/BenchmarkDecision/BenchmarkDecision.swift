// SPDX-License-Identifier: Apache-2.0
import Balancing
import BenchmarkSupport
import Quantities

/// Lets a balancer decide for a large site, and measures how long one decision takes.
///
/// Options: `--sockets`, `--circuits`, `--decisions`; prints the median and the 99th percentile in microseconds, and what
/// was offered, as a sum that shows that two builds decided the same. With `--record` it runs `--seeds` random sites through
/// random events instead, from `--first` on, and prints a digest of all that was decided.
@main
struct BenchmarkDecision {
    static func main() {
        let options = Options(CommandLine.arguments)
        if options.has("--record") {
            record(
                from: options.number("--first", default: 0),
                count: options.number("--seeds", default: 100),
                seconds: options.number("--seconds", default: 300)
            )
        } else {
            measure(
                sockets: options.number("--sockets", default: 100),
                circuits: options.number("--circuits", default: 10),
                decisions: options.number("--decisions", default: 200)
            )
        }
    }

    private static func record(from first: Int, count: Int, seconds: Int) {
        var digest = Digest()
        var directives = 0
        for seed in first..<first + count {
            var rehearsal = Rehearsal(RandomSite.make(seed: UInt64(seed)), seed: UInt64(seed))
            for _ in 0..<seconds { rehearsal.second() }
            directives += rehearsal.directives
            digest.add(Int(truncatingIfNeeded: rehearsal.digest.value))
        }
        print("{\"directives\": \(directives), \"digest\": \"\(String(digest.value, radix: 16))\"}")
    }

    private static func measure(sockets: Int, circuits: Int, decisions: Int) {
        var rehearsal = Rehearsal(LargeSite.make(sockets: sockets, circuits: circuits), seed: 1)
        rehearsal.isCalm = true
        // Until the gradual return is over, the draws are known and the cars follow.
        for _ in 0..<120 { rehearsal.second() }
        let clock = ContinuousClock()
        var times: [Double] = []
        for _ in 0..<decisions {
            rehearsal.beforeReading()
            let reading = rehearsal.reading
            let start = clock.now
            let directives = rehearsal.balancer.handle(reading, at: rehearsal.now)
            times.append((clock.now - start).seconds * 1e6)
            rehearsal.carryOut(directives)
        }
        times.sort()
        let (median, late) = (times[times.count / 2], times[times.count * 99 / 100])
        print(
            "{\"sockets\": \(sockets), \"circuits\": \(circuits), \"median_us\": \(median), \"p99_us\": \(late), "
                + "\"directives\": \(rehearsal.directives), \"digest\": \"\(String(rehearsal.digest.value, radix: 16))\"}"
        )
    }
}
