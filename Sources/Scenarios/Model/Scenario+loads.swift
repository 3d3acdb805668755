// SPDX-License-Identifier: Apache-2.0

extension Scenario {
    /// A load that is not charging.
    public struct Load: Sendable, Equatable {
        /// The place of the circuit it hangs on.
        public var circuit: Int
        /// What it draws when.
        public var kind: Kind

        /// Creates a load.
        public init(circuit: Int = 0, _ kind: Kind) {
            self.circuit = circuit
            self.kind = kind
        }

        /// The kinds of loads; negative currents feed in.
        public enum Kind: Sendable, Equatable {
            /// Always the same.
            case constant(Triple)
            /// A recording.
            case trace(Trace)
            /// Something switched on for a while.
            case step(time: Double, duration: Double, amperes: Triple)
            /// Something that switches on and off for a while.
            case pulse(time: Double, duration: Double, period: Double, on: Double, amperes: Triple)
            /// Noise with a memory: its size, for how long it is alike, and how long one value is held.
            case noise(sigma: Double, correlation: Double, hold: Double)
        }
    }

    /// Currents over time; a row is valid until the next one, and before the first row there is no current.
    public struct Trace: Sendable, Equatable {
        /// The times of the rows, rising.
        public var times: [Double]
        /// The currents of the rows.
        public var currents: [Triple]
        /// The place in the recording at the start.
        public var offset = 0.0
        /// After this length the recording begins anew; `nil` when it does not.
        public var span: Double? = 86_400
        /// What currents are multiplied by.
        public var scale = 1.0
        /// Which column (0, 1 or 2) each phase of the site takes.
        public var columns = [0, 1, 2]

        /// Creates a trace of rows.
        public init(times: [Double], currents: [Triple]) {
            self.times = times
            self.currents = currents
        }

        /// The place in the recording at a time of the scenario.
        func place(at time: Double) -> Double {
            let place = time + offset
            guard let span else { return place }
            let rest = place.truncatingRemainder(dividingBy: span)
            return rest < 0 ? rest + span : rest
        }

        /// The current at a time; `cursor` is the row of the last look-up, which the next one is mostly near.
        func current(at time: Double, cursor: inout Int) -> Triple {
            let place = place(at: time)
            if cursor >= times.count || times[cursor] > place { cursor = 0 }
            guard let first = times.first, first <= place else { return .zero }
            if cursor + 1 < times.count, times[cursor + 1] <= place {
                if cursor + 2 < times.count, times[cursor + 2] <= place {
                    cursor = row(at: place, from: cursor)
                } else {
                    cursor += 1
                }
            }
            let row = currents[cursor]
            return Triple(row[columns[0]], row[columns[1]], row[columns[2]]) * scale
        }

        private func row(at place: Double, from start: Int) -> Int {
            var (low, high) = (start, times.count)
            while high - low > 1 {
                let middle = (low + high) / 2
                if times[middle] <= place { low = middle } else { high = middle }
            }
            return low
        }
    }
}
