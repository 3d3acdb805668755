// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Emulation
import Modbus
import Quantities

/// What can be wrong with a simulated meter, by name.
enum MeterFaultName: String, ExpressibleByArgument, CaseIterable {
    case frozen
    case silent
    case slow
    case missingPhase = "missing-phase"
    case phaseOrder = "phase-order"
    case reversed
    case zeros
    case unavailable
    case garbage
    case malformed
    case busy
    case otherUnit = "other-unit"
    case otherDevice = "other-device"

    /// Longer than anybody waits for an answer.
    private static let slowness = Duration.seconds(3)

    /// The names with what they mean, for help texts.
    static let explanation = """
        frozen: values stand still. silent: never answers. slow: answers after 3 s. missing-phase: no voltage on L2. \
        phase-order: L2 and L3 exchanged. reversed: wired backwards. zeros: everything reads zero. unavailable: all \
        registers hold "not available". garbage: random numbers. malformed: one register too many. busy: exception 6. \
        other-unit: answers to unit 6 only. other-device: says that it is something else.
        """

    /// Adds the fault to a meter's.
    func add(to faults: inout MeterFaults) {
        switch self {
        case .frozen: faults.isFrozen = true
        case .silent: faults.answering = .never
        case .slow: faults.answering = .late(MeterFaultName.slowness)
        case .missingPhase: faults.missingPhases = [.l2]
        case .phaseOrder: faults.isPhaseOrderReversed = true
        case .reversed: faults.isReversed = true
        case .zeros: faults.showsZeros = true
        case .unavailable: faults.showsSentinels = true
        case .garbage: faults.answering = .garbage
        case .malformed: faults.answering = .malformed
        case .busy: faults.answering = .exception(.serverDeviceBusy)
        case .otherUnit: faults.movedUnit = 6
        case .otherDevice: faults.foreignName = "COUNTIS E43"
        }
    }
}
