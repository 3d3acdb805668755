// SPDX-License-Identifier: Apache-2.0
import Balancing
import Quantities
import StationControl
import Synchronization

/// One line of `--json`: how a site is at a second, and what was notified since the line before.
struct StatusLine: Encodable {
    /// Seconds since the start.
    var timeS: Double
    var meter: MeterState
    var readingAgeS: Double?
    var phases: PerPhase<PhaseStatus>
    var sockets: [SocketLine]
    var events: [EventLine]
    /// What truly flows, where that is known: in a demonstration.
    var truth: TruthLine?

    struct SocketLine: Encodable {
        var id: SocketID
        var activity: SocketStatus.Activity
        var light: String
        var vehicle: VehicleState
        var offerA: Amperes
        var drawA: PerPhase<Amperes>
        var reservedA: Amperes
        var boundBy: String
        var phase: Phase?
        var why: String
        var waitingPosition: Int?

        enum CodingKeys: String, CodingKey {
            case id, activity, light, vehicle, phase, why
            case offerA = "offer_a"
            case drawA = "draw_a"
            case reservedA = "reserved_a"
            case boundBy = "bound_by"
            case waitingPosition = "waiting_position"
        }

        init(_ status: SocketStatus) {
            id = status.socket
            activity = status.activity
            light = IndicatorLight(status.activity).description
            vehicle = status.vehicle
            offerA = status.offer
            drawA = status.draw
            reservedA = status.reserved
            boundBy = status.bound.kind
            phase = status.bound.phase
            why = status.why
            waitingPosition = status.waitingPosition
        }
    }

    struct EventLine: Encodable {
        var timeS: Double
        var id: String
        var level: Notification.Level
        var text: String
        var cause: String

        enum CodingKeys: String, CodingKey {
            case id, level, text, cause
            case timeS = "time_s"
        }

        init(_ notice: SiteController.Notice) {
            timeS = notice.at.sinceStart.rounded
            id = notice.notification.id
            level = notice.notification.level
            text = notice.notification.text
            cause = notice.notification.cause
        }
    }

    /// The currents at the grid connection and of the house alone.
    struct TruthLine: Encodable {
        var gridA: PerPhase<Amperes>
        var houseA: PerPhase<Amperes>

        enum CodingKeys: String, CodingKey {
            case gridA = "grid_a"
            case houseA = "house_a"
        }
    }

    enum CodingKeys: String, CodingKey {
        case meter, phases, sockets, events, truth
        case timeS = "time_s"
        case readingAgeS = "reading_age_s"
    }

    init(_ status: SiteStatus, events: [SiteController.Notice], at now: Instant) {
        timeS = now.sinceStart.rounded
        meter = status.meter
        readingAgeS = status.readingAge?.rounded
        phases = status.phases
        sockets = status.sockets.map(SocketLine.init)
        self.events = events.map(EventLine.init)
    }
}

extension Duration {
    /// Seconds with three decimals, for output.
    var rounded: Double { (seconds * 1000).rounded() / 1000 }
}

/// Gives a line each second of the timekeeper, with the notifications since the line before.
struct StatusFeed {
    private let controller: SiteController
    private let timekeeper: Timekeeper
    private let inbox = NoticeInbox()
    private let collector: Task<Void, Never>
    private var next: Instant

    init(_ controller: SiteController, notices: AsyncStream<SiteController.Notice>, timekeeper: Timekeeper) {
        self.controller = controller
        self.timekeeper = timekeeper
        next = timekeeper.now
        let inbox = inbox
        // Owned by this feed; ends with the stream, which the controller finishes when it ends.
        collector = Task {
            for await notice in notices { inbox.add(notice) }
        }
    }

    /// The next line; `nil` when the task is cancelled.
    mutating func next() async -> StatusLine? {
        next = max(next + .seconds(1), timekeeper.now)
        do { try await timekeeper.sleep(until: next) } catch { return nil }
        return StatusLine(await controller.status, events: inbox.take(), at: timekeeper.now)
    }
}

/// Notifications that wait for the next line; bounded by the stream they come from.
private final class NoticeInbox: Sendable {
    private let notices = Mutex<[SiteController.Notice]>([])

    func add(_ notice: SiteController.Notice) { notices.withLock { $0.append(notice) } }

    func take() -> [SiteController.Notice] {
        notices.withLock { notices in
            defer { notices.removeAll() }
            return notices
        }
    }
}
