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
        /// How many writes to the unit had been asked for when this was: reads do not cross writes.
        let generation: Int
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
            if let response = cache.answer(read, at: now) {
                counters.cached += 1
                return [.answer(ticket, response)]
            }
            if share(read, ticket) { return [] }
        }
        guard queue.count(of: client) < max(1, configuration.maximumQueuedPerClient),
            queue.count < max(1, configuration.maximumQueued)
        else {
            counters.refused += 1
            return [.answer(ticket, .exception(request.function, .gatewayPathUnavailable))]
        }
        if !request.isRead { noteWrite(unit) }
        let errand = Errand(
            number: makeNumber(),
            unit: unit,
            request: request,
            read: read,
            parties: [Party(ticket: ticket, read: read)],
            owner: client,
            generation: generation(unit),
            isMergeable: configuration.mergesReads
        )
        queue.append(errand, for: client)
        return pump(at: now)
    }

    /// Forgets a request whose client has gone.
    mutating func abandon(_ ticket: Ticket) {
        counters.abandoned += 1
        for number in inFlight.keys { inFlight[number]?.parties.removeAll { $0.ticket == ticket } }
        _ = queue.updateFirst { errand in
            guard errand.parties.contains(where: { $0.ticket == ticket }) else { return false }
            errand.parties.removeAll { $0.ticket == ticket }
            return true
        }
        queue.removeAll { $0.parties.isEmpty }
    }

    // MARK: The device

    /// Takes the outcome of an errand.
    mutating func finished(_ number: Int, _ outcome: Outcome, at now: ContinuousClock.Instant) -> [Action] {
        guard let errand = inFlight.removeValue(forKey: number) else { return [] }
        // What was written may show only now.
        if !errand.request.isRead { forget(errand.unit) }
        var actions: [Action] = []
        switch outcome {
        case .response(.exception) where errand.isShared:
            // A device may refuse the whole and serve the parts.
            split(errand)
        case .response(let response):
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
        return errand.parties.map { .answer($0.ticket, .exception(errand.request.function, code)) }
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
                generation: errand.generation,
                isMergeable: false
            )
            queue.prepend(part, for: errand.owner)
        }
    }

    /// Sends what may be sent.
    private mutating func pump(at now: ContinuousClock.Instant) -> [Action] {
        var actions: [Action] = []
        while inFlight.count < max(1, configuration.maximumInFlight), var errand = queue.popFirst() {
            errand.sentAt = now
            inFlight[errand.number] = errand
            counters.sent += 1
            actions.append(.send(errand: errand.number, unit: errand.unit, errand.request))
        }
        return actions
    }

    // MARK: Sharing

    /// Lets a read be answered together with one that waits or is under way.
    private mutating func share(_ read: TableRead, _ ticket: Ticket) -> Bool {
        guard configuration.mergesReads else { return false }
        let generation = generation(read.unit)
        let party = Party(ticket: ticket, read: read)
        for (number, errand) in inFlight where errand.generation == generation {
            if errand.read?.covers(read) == true {
                inFlight[number]?.parties.append(party)
                counters.joined += 1
                return true
            }
        }
        var isWider = false
        let isShared = queue.updateFirst { errand in
            guard errand.generation == generation, let own = errand.read else { return false }
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

    private func generation(_ unit: UInt8) -> Int { generations[unit, default: 0] + generations[0, default: 0] }

    private mutating func noteWrite(_ unit: UInt8) {
        generations[unit, default: 0] += 1
        forget(unit)
    }

    private mutating func forget(_ unit: UInt8) {
        if unit == 0 { cache.forgetAll() } else { cache.forget(unit: unit) }
    }

    private mutating func makeNumber() -> Int {
        defer { nextErrand += 1 }
        return nextErrand
    }
}
