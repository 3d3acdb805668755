// SPDX-License-Identifier: Apache-2.0
import Quantities

/// The state of the link to the grid meter, with the original's names (property 2540_0).
public enum MeterState: String, Sendable, Codable {
    /// Nothing has been read yet. Exits to `normal` with the first reading, to `warning` with the loss rule.
    case connecting
    /// Readings arrive. Exits to `warning`.
    case normal
    /// Lost; the safe current is the ceiling. Exits to `error` with time, to `normal` after enough good readings.
    case warning
    /// Lost for long; same ceiling. Exits to `normal` after enough good readings.
    case error

    /// Whether the safe current is the ceiling.
    public var isLost: Bool { self == .warning || self == .error }
}

/// Decides when the grid meter counts as lost, when the loss is an error, and when it is over.
struct MeterSupervisor: Sendable {
    private(set) var state = MeterState.connecting
    private(set) var lastGood: Instant?
    private var cause = ""
    private let name: MeterName
    private let rules: ChargingRules
    private let startedAt: Instant
    private var misses = 0
    private var firstMiss: Instant?
    private var goodReads = 0
    private var readsNeeded: Int
    private var lastLoss: Instant?

    init(name: MeterName, rules: ChargingRules, startedAt: Instant) {
        self.name = name
        self.rules = rules
        self.startedAt = startedAt
        readsNeeded = rules.stableReads
    }

    /// When time alone changes the state.
    var nextDeadline: Instant? {
        switch state {
        case .connecting, .normal: (lastGood ?? startedAt) + rules.lossAfter
        case .warning: (firstMiss ?? startedAt) + rules.errorAfter
        case .error: nil
        }
    }

    /// Takes a usable reading.
    mutating func measured(at now: Instant) -> [Notification] {
        misses = 0
        lastGood = now
        switch state {
        case .connecting:
            state = .normal
            firstMiss = nil
            return [connected]
        case .normal:
            firstMiss = nil
            return []
        case .warning, .error:
            goodReads += 1
            guard goodReads >= readsNeeded else { return [] }
            state = .normal
            firstMiss = nil
            return [connected]
        }
    }

    /// Takes a failed read.
    mutating func missed(_ miss: MissedMeasurement, at now: Instant) -> [Notification] {
        misses += 1
        goodReads = 0
        // What came first is the cause; later misses are mostly its consequences, such as waiting to reconnect.
        if firstMiss == nil {
            firstMiss = now
            cause = miss.cause
        }
        guard !state.isLost, miss.isPermanent || misses >= rules.lossAfterMisses else { return timePassed(at: now) }
        return lose(at: now)
    }

    /// Looks at the clock.
    mutating func timePassed(at now: Instant) -> [Notification] {
        guard let deadline = nextDeadline, now >= deadline else { return [] }
        switch state {
        case .connecting, .normal:
            if firstMiss == nil { cause = "no reading for \(rules.lossAfter.seconds) s" }
            return lose(at: now)
        case .warning:
            state = .error
            return [
                Notification(
                    id: "meter.error",
                    level: .error,
                    text: "Communication error for modbus unit \(name.unit)",
                    cause: "\(name.endpoint): \(cause)"
                )
            ]
        case .error: return []
        }
    }

    private mutating func lose(at now: Instant) -> [Notification] {
        state = .warning
        // The error counts from the first failed read, also when that read is only now known to have failed.
        if firstMiss == nil { firstMiss = now }
        goodReads = 0
        let isFlap = lastLoss.map { now - $0 < rules.flapWindow } ?? false
        readsNeeded = isFlap ? min(readsNeeded * 2, ChargingRules.mostStableReads) : rules.stableReads
        lastLoss = now
        return [
            Notification(
                id: "meter.warning",
                level: .warning,
                text: "Communication warning for modbus unit \(name.unit)",
                cause: "\(name.endpoint): \(cause)"
            )
        ]
    }

    private var connected: Notification {
        Notification(
            id: "meter.connected",
            level: .info,
            text: "TCP MODBUS unit \(name.unit) connected via \(name.endpoint)"
        )
    }
}
