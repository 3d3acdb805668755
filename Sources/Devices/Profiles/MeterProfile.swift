// SPDX-License-Identifier: Apache-2.0
public import Quantities

/// A meter as data: which registers hold what, and what their signs mean.
public struct MeterProfile: Hashable, Sendable {
    /// Where the direction of a current comes from.
    public enum CurrentSign: String, Hashable, Sendable, CaseIterable {
        /// The current's own register carries it.
        case register
        /// The registers hold magnitudes; the sign of the same phase's active power decides.
        case power
    }

    /// Which SunSpec models hold the measurements; addresses then count from the model's first register.
    public struct SunSpec: Hashable, Sendable {
        /// The numbers of the models that fit.
        public let models: [Int]
        /// Where the marker "SunS" may stand, in the order to look.
        public let markers: [Int]
    }

    /// What all profiles have in common.
    public let header: ProfileHeader
    /// The unit identifier as delivered.
    public let unit: UInt8
    /// Where the direction of a current comes from.
    public let currentSign: CurrentSign
    /// Whether the meter counts export as positive.
    public let isInverted: Bool
    /// The largest current that the meter measures rightly; `nil` for current transformers of any size.
    public let rating: Amperes?
    /// Where each quantity lies.
    public let fields: [Quantity: RegisterField]
    /// What the device says that it is.
    public let identification: [IdentificationField]
    /// How to find the registers on a SunSpec device.
    public let sunSpec: SunSpec?

    /// The name of the profile.
    public var id: String { header.id }

    /// The requests of each poll, which bring currents, powers and voltages.
    public var pollBlocks: [ReadBlock] { blocks.filter(isPolled) }

    /// The requests for values that change slowly, counters above all; read less often.
    public var slowBlocks: [ReadBlock] { blocks.filter { !isPolled($0) } }

    /// All requests.
    private var blocks: [ReadBlock] {
        let together = fields.filter { MeterProfile.isOfOneInstant($0.key) }.map(\.value.span)
        let planned = header.planner.plan(fields.values.map(\.span), together: together)
        guard hasPhasePowers, let total = fields[.totalPower]?.span,
            !planned.contains(where: { isPolled($0) && $0.range.contains(total) })
        else { return planned }
        // A total of another instant than its parts is of no use: their sum is better.
        let others = fields.filter { $0.key != .totalPower }.map(\.value.span)
        return header.planner.plan(others, together: together)
    }

    /// Whether the meter gives the power of each phase.
    var hasPhasePowers: Bool { fields[.power(.l1)] != nil }

    /// Whether a block brings any value that every poll needs.
    private func isPolled(_ block: ReadBlock) -> Bool {
        fields.contains { isPolled($0.key) && block.range.contains($0.value.span) }
    }

    private func isPolled(_ quantity: Quantity) -> Bool {
        MeterProfile.isOfOneInstant(quantity) || (quantity == .totalPower && !hasPhasePowers)
    }

    /// Whether a quantity belongs to those that have to be of one instant, so that sign and size fit (M18).
    static func isOfOneInstant(_ quantity: Quantity) -> Bool {
        switch quantity {
        case .current, .voltage, .power: true
        case .totalPower, .frequency, .energyImport, .energyExport: false
        }
    }
}
