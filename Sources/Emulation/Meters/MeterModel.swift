// SPDX-License-Identifier: Apache-2.0
internal import Quantities

/// What every virtual meter has behind its registers: the present supply, counters, and faults.
struct MeterModel {
    /// Counters in Wh, varh and VAh; they only rise.
    struct Energies: Hashable {
        var activeImport = 0.0
        var activeExport = 0.0
        var reactive = 0.0
        var apparent = 0.0
    }

    var faults = MeterFaults()
    /// All counters since the meter was made.
    private(set) var total: Energies
    /// The counters when the partial ones were last set to zero.
    private(set) var partialStart: Energies
    /// What the registers show.
    private(set) var shown = Supply(currents: .zero)
    private(set) var shownTotal: Energies
    /// How long the meter has been measuring.
    private(set) var operatingTime = Duration.zero

    private var supply = Supply(currents: .zero)
    private var measuredAt: Instant?
    private var zerosUntil: Instant?

    /// Creates a meter that has counted before.
    init(total: Energies = Energies()) {
        self.total = total
        partialStart = total
        shownTotal = total
    }

    /// Whether measured values are zero whatever flows.
    var showsZeros: Bool { faults.showsZeros || zerosUntil != nil }

    /// The partial counters as shown.
    var shownPartial: Energies {
        Energies(
            activeImport: shownTotal.activeImport - partialStart.activeImport,
            activeExport: shownTotal.activeExport - partialStart.activeExport,
            reactive: shownTotal.reactive - partialStart.reactive,
            apparent: shownTotal.apparent - partialStart.apparent
        )
    }

    mutating func measure(_ new: Supply, at instant: Instant) {
        if let measuredAt, instant > measuredAt { count(hours: (instant - measuredAt).seconds / 3600) }
        operatingTime += max(.zero, instant - (measuredAt ?? instant))
        measuredAt = max(instant, measuredAt ?? instant)
        supply = new
        if let zerosUntil, zerosUntil <= instant { self.zerosUntil = nil }
        show()
    }

    /// Makes the registers show what flows, unless a fault says otherwise.
    mutating func show() {
        guard !faults.isFrozen else { return }
        shown = showsZeros ? MeterModel.nothing : faulty
        shownTotal = total
    }

    mutating func resetPartialEnergies() { partialStart = total }

    /// Restarts; for a while all measured values are zero.
    mutating func reboot(zerosFor duration: Duration) {
        zerosUntil = (measuredAt ?? .start) + duration
        operatingTime = .zero
        show()
    }

    private static let nothing = Supply(
        currents: .zero,
        voltages: PerPhase(repeating: Volts(millivolts: 0)),
        millihertz: 0
    )

    /// What flows as this meter sees it.
    private var faulty: Supply {
        var seen = supply
        for phase in Phase.allCases {
            if faults.isReversed { seen.currents[phase] = -seen.currents[phase] }
            guard faults.missingPhases.contains(phase) else { continue }
            seen.currents[phase] = .zero
            seen.voltages[phase] = Volts(millivolts: 0)
        }
        return seen
    }

    /// Counts net of the phases, as three-phase meters do.
    private mutating func count(hours: Double) {
        let flowed = faulty
        let active = flowed.activePowers.reduce(0, +) * hours
        total.activeImport += max(0, active)
        total.activeExport += max(0, -active)
        total.reactive += flowed.reactivePowers.reduce(0, +) * hours
        total.apparent += flowed.apparentPowers.reduce(0, +) * hours
    }
}
