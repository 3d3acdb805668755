// SPDX-License-Identifier: Apache-2.0
import Quantities

/// What a socket has drawn lately, so that it can be taken out of a meter reading at the reading's own instant.
struct DrawHistory: Sendable {
    private struct Entry: Sendable {
        /// When, in attoseconds: an integer is compared faster than a `Duration`, and every decision compares thousands.
        var at: Int128
        var currents: PerPhase<Amperes>
    }

    /// The least and the most that a socket drew around an instant, per conductor.
    typealias Envelope = (lowest: PerPhase<Amperes>, highest: PerPhase<Amperes>)

    /// Draws are kept for as long as readings can be late, with room for ten a second.
    private static let keptFor = Duration.seconds(30).attoseconds
    private static let mostEntries = 300
    /// A draw measured this close to the meter's instant counts as measured with it.
    private static let window = Duration.milliseconds(600).attoseconds

    private var entries: [Entry] = []

    /// Takes a measurement.
    ///
    /// - Returns: Whether it is newer than the last one.
    mutating func append(_ currents: PerPhase<Amperes>, at instant: Instant) -> Bool {
        let at = instant.sinceStart.attoseconds
        if let last = entries.last, at <= last.at { return false }
        entries.append(Entry(at: at, currents: currents))
        let oldest = at - DrawHistory.keptFor
        let outdated = entries.prefix { $0.at < oldest }.count
        entries.removeFirst(max(outdated, entries.count - DrawHistory.mostEntries))
        return true
    }

    /// Whether a draw was measured after an instant; without one the socket may have moved meanwhile.
    func isKnown(after instant: Int128) -> Bool { entries.last.map { $0.at >= instant } ?? false }

    /// Whether the newest draw is too old to tell what the socket drew at an instant (hazard S03).
    func isOutdated(at instant: Int128, after time: Int128) -> Bool {
        entries.last.map { instant - $0.at > time } ?? true
    }

    /// The place of the first entry that is not before an instant, looked for from a place on.
    func place(of instant: Int128, from start: Int = 0) -> Int {
        var place = start
        while place < entries.count, entries[place].at < instant { place += 1 }
        return place
    }

    /// The least and the most the socket drew around an instant, whose ``place(of:from:)`` is known; `nil` when nothing is
    /// known.
    func envelope(at instant: Int128, place: Int) -> Envelope? {
        // The last one before, the first one after, and whatever else is near.
        var first = max(0, place - 1)
        while first > 0, instant - entries[first - 1].at <= DrawHistory.window { first -= 1 }
        var end = min(place + 1, entries.count)
        while end < entries.count, entries[end].at - instant <= DrawHistory.window { end += 1 }
        // An entry at the instant itself is both the last before and the first after.
        if place > 0, first == place - 1, place < entries.count, entries[place].at == instant,
            instant - entries[first].at > DrawHistory.window
        {
            first = place
        }
        guard first < end else { return nil }
        var (lowest, highest) = (entries[first].currents, entries[first].currents)
        for entry in first + 1..<max(end, first + 1) {
            let currents = entries[entry].currents
            lowest = PerPhase(
                min(lowest.l1, currents.l1),
                min(lowest.l2, currents.l2),
                min(lowest.l3, currents.l3)
            )
            highest = PerPhase(
                max(highest.l1, currents.l1),
                max(highest.l2, currents.l2),
                max(highest.l3, currents.l3)
            )
        }
        return (lowest, highest)
    }
}
