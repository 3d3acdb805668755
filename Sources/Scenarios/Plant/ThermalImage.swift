// SPDX-License-Identifier: Apache-2.0

/// How warm a protective device is, phase by phase: 1 is what its rated current makes it in the end.
struct ThermalImage: Sendable {
    private let rating: Double
    private let limit: Double
    private let instant: Double
    private let share: Double
    private(set) var heat = Triple.zero

    init(_ device: Scenario.Device, step: Double) {
        rating = device.rating
        limit = device.thermalLimit
        instant = device.instantMultiple
        share = shareGone(step: step, timeConstant: device.timeConstant)
    }

    /// Passes one step with a current.
    ///
    /// - Returns: Whether the device trips; it is cold again then.
    mutating func passTick(_ current: Triple) -> Bool {
        let multiple = current / rating
        heat += share * (multiple * multiple - heat)
        for phase in 0..<3 where heat[phase] >= limit || abs(multiple[phase]) >= instant {
            heat = .zero
            return true
        }
        return false
    }

    /// How much of what lies between the rated heat and a trip is used, 0 to 1.
    var used: Double { max(0, (heat.max() - 1) / (limit - 1)) }
}
