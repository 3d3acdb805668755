// SPDX-License-Identifier: Apache-2.0

/// Year to second of a moment, without time zones or leap seconds.
struct CivilTime: Hashable {
    var year: Int
    var month: Int
    var day: Int
    var hour: Int
    var minute: Int
    var second: Int

    /// Reads seconds since the beginning of 1970.
    init(secondsSince1970 seconds: Int) {
        let secondOfDay = ((seconds % 86_400) + 86_400) % 86_400
        hour = secondOfDay / 3600
        minute = secondOfDay / 60 % 60
        second = secondOfDay % 60
        (year, month, day) = CivilTime.date(daysSince1970: (seconds - secondOfDay) / 86_400)
    }

    /// Counts years from 1 March, so that the leap day is the last of a year, in cycles of 400 years.
    private static func date(daysSince1970 days: Int) -> (year: Int, month: Int, day: Int) {
        let cycleLength = 146_097
        let shifted = days + 719_468  // Days from 1 March of the year 0 to the beginning of 1970.
        let cycle = shifted >= 0 ? shifted / cycleLength : (shifted - cycleLength + 1) / cycleLength
        let dayOfCycle = shifted - cycle * cycleLength
        let yearOfCycle = (dayOfCycle - dayOfCycle / 1460 + dayOfCycle / 36_524 - dayOfCycle / 146_096) / 365
        let dayOfYear = dayOfCycle - (365 * yearOfCycle + yearOfCycle / 4 - yearOfCycle / 100)
        // Months from March have 31, 30, 31, 30, 31 days again and again: 153 days in five.
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        let year = yearOfCycle + cycle * 400 + (month <= 2 ? 1 : 0)
        return (year, month, dayOfYear - (153 * monthFromMarch + 2) / 5 + 1)
    }
}
