// SPDX-License-Identifier: Apache-2.0
public import Balancing
public import Devices
public import Logging
public import Quantities
public import ServiceLifecycle

/// Runs a site: polls the meter and the stations, feeds the ``Balancer``, and carries out what it orders.
///
/// Every event takes the same way: read, step the core, carry out the directives. Setpoints leave only through a
/// directive, so no setpoint is kept alive without a decision (hazards A.1 rule 5). On graceful shutdown and on
/// cancellation every socket is left at its safe current before ``run()`` returns; where that cannot be written, the
/// station's own validity time does it.
public actor SiteController: Service {
    /// How the controller works around the balancer.
    public struct Configuration: Sendable {
        /// The meter read period (T_poll).
        public var meterPeriod = Duration.seconds(1)
        /// The least time between two polls of a station.
        public var stationPeriod = Duration.seconds(1)
        /// The longest time that leaving the stations at their safe current may take.
        public var stopLimit = Duration.seconds(3)

        /// The usual configuration.
        public init() {}
    }

    /// A notification with its instant.
    public struct Notice: Sendable {
        /// When it was raised.
        public var at: Instant
        /// What it says.
        public var notification: Notification
    }

    /// The longest wait before the clock is looked at again, so that a deadline that moved nearer is met.
    private static let longestWait = Duration.seconds(1)

    private nonisolated let site: Site
    private nonisolated let meter: Meter
    private nonisolated let links: [StationLink]
    private nonisolated let timekeeper: Timekeeper
    private nonisolated let configuration: Configuration
    private nonisolated let logger: Logger
    private let linkOfSocket: [SocketID: StationLink]
    private var balancer: Balancer
    private nonisolated let listeners = NoticeListeners()
    private var meterWarnings: Set<String> = []

    /// Creates a controller; nothing is sent before ``run()``.
    ///
    /// - Parameters:
    ///   - site: The site, validated.
    ///   - meter: The grid meter.
    ///   - links: One for each station of the site.
    ///   - timekeeper: Time; from a clock that counts through suspension.
    ///   - configuration: Periods and limits.
    ///   - logger: Gets one line for each change.
    public init(
        site: Site,
        meter: Meter,
        links: [StationLink],
        timekeeper: Timekeeper,
        configuration: Configuration = Configuration(),
        logger: Logger
    ) {
        self.site = site
        self.meter = meter
        self.links = links
        self.timekeeper = timekeeper
        self.configuration = configuration
        self.logger = logger
        let pairs = links.flatMap { link in link.sockets.map { ($0.id, link) } }
        linkOfSocket = Dictionary(pairs, uniquingKeysWith: { first, _ in first })
        balancer = Balancer(site, at: timekeeper.now)
    }

    /// How the site is now.
    public var status: SiteStatus { balancer.status(at: timekeeper.now) }

    /// The notifications from now on, until the controller ends.
    public func notices() -> AsyncStream<Notice> { listeners.listen() }

    /// Balances until graceful shutdown or cancellation.
    public func run() async throws {
        await cancelWhenGracefulShutdown { await self.balance() }
        // Cancellation must not keep the safe currents from being written: this task is owned here, is awaited here, and
        // ends by its own limit.
        let farewell = Task { await self.leaveAtSafeCurrents() }
        await farewell.value
        listeners.finish()
    }

    private nonisolated func balance() async {
        await withDiscardingTaskGroup { group in
            group.addTask { await self.pollMeter() }
            group.addTask { await self.watchDeadlines() }
            for link in links {
                group.addTask { await self.poll(link) }
                group.addTask { await link.runWriter(self.timekeeper) { await self.take($0) } }
            }
        }
    }

    // MARK: Loops

    private nonisolated func pollMeter() async {
        await every(configuration.meterPeriod) {
            do throws(ReadingFault) {
                let reading = try await self.meter.read()
                let warnings = await self.meter.warnings
                await self.take(.measured(MeterSample(sampledAt: reading.sampledAt, currents: reading.currents)))
                await self.warn(warnings)
            } catch {
                guard !Task.isCancelled else { return }
                let miss = MissedMeasurement(cause: error.description, isPermanent: error.isPermanent)
                await self.take(.measurementMissed(miss))
            }
        }
    }

    private nonisolated func poll(_ link: StationLink) async {
        let period = max(configuration.stationPeriod, link.charger.profile.pollPeriod)
        var memory = StationLink.PollMemory()
        await every(period) {
            let event = await link.poll(&memory)
            guard !Task.isCancelled else { return }
            await self.take(event)
        }
    }

    private nonisolated func watchDeadlines() async {
        while !Task.isCancelled {
            let latest = timekeeper.now + SiteController.longestWait
            let deadline = await balancer.nextDeadline ?? latest
            do { try await timekeeper.sleep(until: min(deadline, latest)) } catch { return }
            guard let due = await balancer.nextDeadline, due <= timekeeper.now else { continue }
            await take(.deadlineReached)
            // A deadline that stands although it was taken must not make this loop spin.
            if await balancer.nextDeadline == due {
                do { try await timekeeper.sleep(for: SiteController.longestWait / 10) } catch { return }
            }
        }
    }

    /// Repeats at a fixed rate; turns that were missed are not made up for.
    private nonisolated func every(_ period: Duration, _ body: () async -> Void) async {
        var next = timekeeper.now
        while !Task.isCancelled {
            await body()
            let passed = Int((timekeeper.now - next) / period)
            next = next + period * max(1, passed + 1)
            do { try await timekeeper.sleep(until: next) } catch { return }
        }
    }

    // MARK: Core

    private func take(_ event: Event) {
        let now = timekeeper.now
        for directive in balancer.handle(event, at: now) { carryOut(directive, at: now) }
    }

    private func carryOut(_ directive: Directive, at now: Instant) {
        switch directive {
        case .offer(let offer):
            logger.debug("\(offer.why)", metadata: ["socket": "\(offer.socket)", "bound": "\(offer.bound.kind)"])
            linkOfSocket[offer.socket]?.write(offer.current, to: offer.socket, at: now)
        case .notify(let notification):
            let metadata: Logger.Metadata = notification.cause.isEmpty ? [:] : ["cause": "\(notification.cause)"]
            logger.log(level: Logger.Level(notification.level), "\(notification.text)", metadata: metadata)
            listeners.yield(Notice(at: now, notification: notification))
        }
    }

    /// Logs what is new among the remarks of the last reading.
    private func warn(_ warnings: [ReadingWarning]) {
        // The phase decides what is the same remark; the number in it moves with every reading.
        let names = Set(
            warnings.map { warning in
                switch warning {
                case .nearRating(let phase, _, _): "near rating \(phase)"
                }
            }
        )
        if !names.isSubset(of: meterWarnings) {
            logger.warning("\(warnings.map(\.description).joined(separator: "; "))")
        }
        meterWarnings = names
    }

    // MARK: Stopping

    private nonisolated func leaveAtSafeCurrents() async {
        let safeCurrents = Dictionary(uniqueKeysWithValues: site.sockets.map { ($0.id, $0.safeCurrent) })
        let failures = await withTaskGroup(of: Int?.self) { group in
            group.addTask { await self.writeToAll(safeCurrents) }
            group.addTask {
                try? await self.timekeeper.sleep(for: self.configuration.stopLimit)
                return nil
            }
            let first = await group.next() ?? nil
            // Whatever has not been written by now lapses by the validity time of the station.
            group.cancelAll()
            return await group.reduce(first) { $0 ?? $1 }
        }
        if failures == 0 { logger.info("All stations were left at their safe current") }
    }

    /// Leaves all stations at their safe currents, side by side.
    ///
    /// - Returns: How many sockets could not be told.
    private nonisolated func writeToAll(_ safeCurrents: [SocketID: Amperes]) async -> Int {
        await withTaskGroup(of: Int.self) { stations in
            for link in links {
                stations.addTask {
                    let failed = await link.writeSafeCurrents(safeCurrents)
                    for (socket, error) in failed {
                        self.logger.warning(
                            "Socket \(socket) falls to its safe current when its setpoint lapses",
                            metadata: ["cause": "\(error)"]
                        )
                    }
                    return failed.count
                }
            }
            return await stations.reduce(0, +)
        }
    }
}

extension Logger.Level {
    fileprivate init(_ level: Notification.Level) {
        switch level {
        case .info: self = .info
        case .warning: self = .warning
        case .error: self = .error
        }
    }
}
