// SPDX-License-Identifier: Apache-2.0

import NIOCore

extension TimeAmount {
    /// A year: longer than any sensible setting, short enough that adding it to the present moment cannot overflow.
    private static let longest = TimeAmount.hours(24 * 365)

    /// The time of a setting, kept between zero and a year.
    init(bounded duration: Duration) {
        self = min(max(TimeAmount(duration), .zero), .longest)
    }
}
