// SPDX-License-Identifier: Apache-2.0

import Modbus

/// The decisions of a gateway to one device or line: who is next, what is shared, what is answered from memory.
///
/// A value without a clock or a socket: requests and outcomes go in, errands and answers come out.
struct GatewayCore<Client: Hashable> {
    /// A client's request, to be answered once.
    typealias Ticket = Int

    /// What is to be done.
    enum Action: Equatable {
        /// Send this to the device and report the outcome under the number.
        case send(errand: Int, unit: UInt8, Request)
        /// Answer a client.
        case answer(Ticket, Response)
    }

    /// How an errand ended.
    enum Outcome {
        /// The device answered, perhaps with an exception.
        case response(Response)
        /// There is no way to the device.
        case noPath
        /// The device did not answer, or not properly.
        case noAnswer
    }

    private struct Party {
        let ticket: Ticket
        /// What it asked, when that is a part of a shared read.
        let read: TableRead?
    }

    /// One request to the device, for one client or several.
    private struct Errand {
        let number: Int
        let unit: UInt8
        var request: Request
        var read: TableRead?
        var parties: [Party]
        let owner: Client
        /// How many writes to the unit had been asked for or done when this was sent: answers do not cross writes.
        var generation = 0
        /// May be widened to hold a neighbouring read.
        var isMergeable: Bool
        var sentAt: ContinuousClock.Instant?

        /// Whether the request asks for more than one of its parties did.
        var isShared: Bool { parties.contains { $0.read != read } }
    }

    private let configuration: GatewayConfiguration
    private var queue = FairQueue<Client, Errand>()
    private var inFlight: [Int: Errand] = [:]
    private var generations: [UInt8: Int] = [:]
    /// The writes that each client has asked for and that are not done, by unit.
    private var openWrites: [Client: [UInt8: Int]] = [:]
    /// How many requests of clients are not answered yet.
    private var openTickets = 0
    private var cache: ReadCache
    private var nextErrand = 0
    private(set) var counters = GatewayCounters()

    init(_ configuration: GatewayConfiguration) {
        self.configuration = configuration
        cache = ReadCache(maximumAge: configuration.cacheAge)
    }

    /// What was counted, with the number of the present moment.
    var currentCounters: GatewayCounters {
        var counters = counters
        counters.queued = queue.count
        return counters
    }

    // MARK: Clients

    /// Takes a request of a client.
    mutating func ask(
        _ ticket: Ticket,
        _ request: Request,
        unit: UInt8,
        from client: Client,
        at now: ContinuousClock.Instant
    ) -> [Action] {
        counters.requests += 1
        let read = TableRead(request, unit: unit)
        if let read {
            // Behind its own writes a client sees what they have written, so it asks anew.
            let mayShare = !hasOpenWrites(client, unit)
            if mayShare, let response = cache.answer(read, at: now) {
                counters.cached += 1
                return [.answer(ticket, response)]
            }
            guard openTickets < limit else { return refuse(ticket, request) }
            if mayShare, share(read, ticket, of: client, at: now) {
                openTickets += 1
                return []
            }
        }
        guard queue.count(of: client) < max(1, configuration.maximumQueuedPerClient), openTickets < limit,
            queue.count < max(1, configuration.maximumQueued)
        else { return refuse(ticket, request) }
        openTickets += 1
        if !request.isRead {
            noteWrite(unit)
            openWrites[client, default: [:]][unit, default: 0] += 1
        }
        let errand = Errand(
            number: makeNumber(),
            unit: unit,
            request: request,
            read: read,
            parties: [Party(ticket: ticket, read: read)],
            owner: client,
            isMergeable: configuration.mergesReads
        )
        queue.append(errand, for: client)
        return pump(at: now)
    }

    /// How many requests of all clients may be open, those that share one with others included.
    private var limit: Int { max(1, configuration.maximumQueued) + max(1, configuration.maximumInFlight) }

    private mutating func refuse(_ ticket: Ticket, _ request: Request) -> [Action] {
        counters.refused += 1
        return [.answer(ticket, .exception(request.function, .gatewayPathUnavailable))]
    }

    /// Forgets a request whose client has gone.
    mutating func abandon(_ ticket: Ticket) {
        let isKnown = drop(ticket)
        guard isKnown else { return }
        openTickets -= 1
        counters.abandoned += 1
    }

    /// Takes a request out of what is under way or waits.
    private mutating func drop(_ ticket: Ticket) -> Bool {
        for (number, errand) in inFlight where errand.parties.contains(where: { $0.ticket == ticket }) {
            inFlight[number]?.parties.removeAll { $0.ticket == ticket }
            return true
        }
        var dropped: Errand?
        let isKnown = queue.updateFirst { errand in
            guard errand.parties.contains(where: { $0.ticket == ticket }) else { return false }
            errand.parties.removeAll { $0.ticket == ticket }
            if errand.parties.isEmpty { dropped = errand }
            return true
        }
        if let dropped {
            queue.removeAll { $0.number == dropped.number }
            noteDone(dropped)
        }
        return isKnown
    }

    // MARK: The device

    /// Takes the outcome of an errand.
    mutating func finished(_ number: Int, _ outcome: Outcome, at now: ContinuousClock.Instant) -> [Action] {
        guard let errand = inFlight.removeValue(forKey: number) else { return [] }
        noteDone(errand)
        // What was written may show only now: a read that was sent before has perhaps not seen it.
        if !errand.request.isRead { noteWrite(errand.unit) }
        var actions: [Action] = []
        switch outcome {
        case .response(.exception(_, let code)) where errand.isShared && GatewayCore.isAboutTheRange(code):
            // A device may refuse the whole and serve the parts.
            split(errand)
        case .response(let response):
            openTickets -= errand.parties.count
            if let read = errand.read, errand.generation == generation(errand.unit), let sentAt = errand.sentAt {
                cache.store(response, for: read, sampledAt: sentAt)
            }
            actions += errand.parties.map { party in
                if let whole = errand.read, let part = party.read {
                    return .answer(party.ticket, whole.answer(part, from: response))
                }
                return .answer(party.ticket, response)
            }
        case .noPath: actions += refuse(errand, .gatewayPathUnavailable)
        case .noAnswer: actions += refuse(errand, .gatewayTargetDeviceFailedToRespond)
        }
        return actions + pump(at: now)
    }

    private mutating func refuse(_ errand: Errand, _ code: ExceptionCode) -> [Action] {
        counters.unanswered += 1
        openTickets -= errand.parties.count
        return errand.parties.map { .answer($0.ticket, .exception(errand.request.function, code)) }
    }

    /// Whether the parts of a read may fare better than the whole; a busy device is not asked even more.
    private static func isAboutTheRange(_ code: ExceptionCode) -> Bool {
        code == .illegalDataAddress || code == .illegalDataValue || code == .serverDeviceFailure
    }

    /// Asks for the parts one by one.
    private mutating func split(_ errand: Errand) {
        for party in errand.parties.reversed() {
            guard let read = party.read else { continue }
            let part = Errand(
                number: makeNumber(),
                unit: errand.unit,
                request: read.request,
                read: read,
                parties: [party],
                owner: errand.owner,
                isMergeable: false
            )
            queue.prepend(part, for: errand.owner)
        }
    }

    /// Sends what may be sent.
    ///
    /// Where several requests may be under way, a client's write is alone among its own: nothing promises that what is
    /// sent at once is carried out in order.
    private mutating func pump(at now: ContinuousClock.Instant) -> [Action] {
        var actions: [Action] = []
        while inFlight.count < max(1, configuration.maximumInFlight) {
            let underWay = inFlight.values.map { (owner: $0.owner, isRead: $0.request.isRead) }
            let next = queue.popFirst { owner, errand in
                !underWay.contains { $0.owner == owner && !($0.isRead && errand.request.isRead) }
            }
            guard var errand = next else { break }
            errand.sentAt = now
            errand.generation = generation(errand.unit)
            inFlight[errand.number] = errand
            counters.sent += 1
            actions.append(.send(errand: errand.number, unit: errand.unit, errand.request))
        }
        return actions
    }

    // MARK: Sharing

    /// Lets a read be answered together with one that waits or is under way.
    ///
    /// One that is under way is perhaps carried out already, so it serves only those who take answers of that age. One
    /// that waits is joined only where it is served no later than a place of the client's own would be (13.9).
    private mutating func share(
        _ read: TableRead,
        _ ticket: Ticket,
        of client: Client,
        at now: ContinuousClock.Instant
    ) -> Bool {
        guard configuration.mergesReads else { return false }
        let generation = generation(read.unit)
        let party = Party(ticket: ticket, read: read)
        for (number, errand) in inFlight where errand.generation == generation {
            guard let sentAt = errand.sentAt, now - sentAt <= configuration.cacheAge, configuration.cacheAge > .zero
            else { continue }
            if errand.read?.covers(read) == true {
                inFlight[number]?.parties.append(party)
                counters.joined += 1
                return true
            }
        }
        var isWider = false
        let isShared = queue.updateFirst(within: queue.count(of: client) + 1) { errand in
            guard let own = errand.read else { return false }
            if own.covers(read) {
                errand.parties.append(party)
                return true
            }
            guard errand.isMergeable, let merged = own.merged(with: read) else { return false }
            errand.read = merged
            errand.request = merged.request
            errand.parties.append(party)
            isWider = true
            return true
        }
        if isShared {
            if isWider { counters.merged += 1 } else { counters.joined += 1 }
        }
        return isShared
    }

    /// Whether a write to a unit concerns all units: a broadcast does, and where unit 0 is passed on the device is a
    /// server itself, of which several units may be one.
    private func concernsAll(_ unit: UInt8) -> Bool { unit == 0 || configuration.unitZero == .forward }

    private func generation(_ unit: UInt8) -> Int {
        (unit == 0 ? 0 : generations[unit, default: 0]) + generations[0, default: 0]
    }

    private mutating func noteWrite(_ unit: UInt8) {
        if concernsAll(unit) {
            generations[0, default: 0] += 1
            cache.forgetAll()
        } else {
            generations[unit, default: 0] += 1
            cache.forget(unit: unit)
        }
    }

    private func hasOpenWrites(_ client: Client, _ unit: UInt8) -> Bool {
        guard let writes = openWrites[client] else { return false }
        return writes.keys.contains { $0 == unit || concernsAll($0) }
    }

    /// Notes that a write is done, or will never be sent.
    private mutating func noteDone(_ errand: Errand) {
        guard !errand.request.isRead, var writes = openWrites[errand.owner] else { return }
        let rest = writes[errand.unit, default: 1] - 1
        writes[errand.unit] = rest > 0 ? rest : nil
        openWrites[errand.owner] = writes.isEmpty ? nil : writes
    }

    private mutating func makeNumber() -> Int {
        defer { nextErrand += 1 }
        return nextErrand
    }
}
