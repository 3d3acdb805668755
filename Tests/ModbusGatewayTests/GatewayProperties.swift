// SPDX-License-Identifier: Apache-2.0

import Modbus
import TestSupport
import Testing

@testable import ModbusGateway

@Suite("Gateway: random clients, a random device")
struct GatewayProperties {
    @Test(
        "An answer is the device's at an instant since the request, or as old as allowed, and never older than own writes",
        arguments: LongRun.seeds(usual: 300, long: 5000)
    )
    func instants(seed: UInt64) {
        var run = GatewayRun(seed: seed)
        for _ in 0..<200 { run.step() }
        run.finish()
    }
}

/// Clients and a device around a gateway's core; every choice comes from a seed.
private struct GatewayRun {
    private typealias Core = GatewayCore<Int>

    private struct Open {
        let client: Int
        let unit: UInt8
        let request: Request
        let askedAt: Int
        /// The writes that this client had asked for before and that concern the same device.
        let ownWrites: [Int]
    }

    private struct Errand {
        let unit: UInt8
        let request: Request
        var response: Response?
    }

    /// The device's tables, with the instant from which they were so.
    private typealias Past = [(since: Int, tables: RegisterTables)]

    private static let start = ContinuousClock.now
    private static let units: [UInt8] = [0, 1, 2]

    private let configuration: GatewayConfiguration
    private let cacheAge: Int
    private let seed: UInt64
    private var generator: SeededGenerator
    private var core: Core
    private var now = 0
    private var pasts: [UInt8: Past] = [:]
    private var open: [Int: Open] = [:]
    private var errands: [Int: Errand] = [:]
    private var nextTicket = 0
    /// When the write of each ticket was carried out.
    private var carriedOut: [Int: Int] = [:]
    /// The writes of each client.
    private var writes: [Int: [(ticket: Int, unit: UInt8)]] = [:]

    init(seed: UInt64) {
        self.seed = seed
        generator = SeededGenerator(seed: seed)
        var configuration = GatewayConfiguration()
        configuration.maximumInFlight = Int.random(in: 1...3, using: &generator)
        configuration.maximumQueuedPerClient = Int.random(in: 1...8, using: &generator)
        configuration.maximumQueued = Int.random(in: 4...20, using: &generator)
        configuration.mergesReads = Int.random(in: 0...4, using: &generator) > 0
        cacheAge = [0, 0, 3, 20].randomElement(using: &generator) ?? 0
        configuration.cacheAge = .milliseconds(cacheAge)
        configuration.unitZero = GatewayConfiguration.UnitZero.allCases.randomElement(using: &generator) ?? .local
        self.configuration = configuration
        core = Core(configuration)
        var tables = RegisterTables()
        tables.holding.set(Array(repeating: 0, count: 12), at: 0)
        tables.coils.set(Array(repeating: false, count: 12), at: 0)
        for unit in Self.units { pasts[unit] = [(0, tables)] }
    }

    private var instant: ContinuousClock.Instant { Self.start + .milliseconds(now) }

    private mutating func random(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &generator) }

    // MARK: What happens

    mutating func step() {
        now += 1
        switch random(0...9) {
        case 0...3: ask(client: random(0...3))
        case 4...5: carryOutOne()
        case 6...7: finishOne()
        case 8: change()
        default: if random(0...9) == 0 { leave(client: random(0...3)) }
        }
    }

    /// Lets everything end.
    mutating func finish() {
        while !errands.isEmpty {
            now += 1
            finishOne()
        }
        #expect(open.isEmpty, "seed \(seed): answered all")
        #expect(core.currentCounters.queued == 0, "seed \(seed)")
    }

    private mutating func ask(client: Int) {
        let units: [UInt8] = configuration.unitZero == .local ? [1, 2] : Self.units
        let unit = units.randomElement(using: &generator) ?? 1
        var request = makeRequest()
        if unit == 0, configuration.unitZero == .broadcast, request.isRead {
            request = .writeSingleRegister(address: UInt16(random(0...11)), value: UInt16(nextTicket))
        }
        let ticket = nextTicket
        nextTicket += 1
        open[ticket] = Open(
            client: client,
            unit: unit,
            request: request,
            askedAt: now,
            ownWrites: writes[client, default: []].filter { configuration.concerns($0.unit, unit) }.map(\.ticket)
        )
        if !request.isRead { writes[client, default: []].append((ticket, unit)) }
        act(core.ask(ticket, request, unit: unit, from: client, at: instant))
    }

    private mutating func makeRequest() -> Request {
        let address = UInt16(random(0...12))
        let count = UInt16(random(1...4))
        // What is written tells which request it was.
        let value = UInt16(nextTicket)
        return switch random(0...11) {
        case 0...4: .readHoldingRegisters(address: address, count: count)
        case 5...6: .readCoils(address: address, count: count)
        case 7: .writeSingleRegister(address: address, value: value)
        case 8: .writeMultipleRegisters(address: address, values: Array(repeating: value, count: Int(count)))
        case 9: .writeMultipleCoils(address: address % 4, values: (0..<10).map { value >> $0 & 1 == 1 })
        case 10: .maskWriteRegister(address: address, and: 0xF000, or: value)
        default:
            .readWriteMultipleRegisters(
                readAddress: address,
                readCount: count,
                writeAddress: 2,
                values: [value, value]
            )
        }
    }

    /// The device does one of the things it was asked, in any order.
    private mutating func carryOutOne() {
        let waiting = errands.filter { $0.value.response == nil }.keys.sorted()
        guard let number = waiting.randomElement(using: &generator), let errand = errands[number] else { return }
        var response = respond(errand.request, errand.unit)
        if errand.unit == 0, configuration.unitZero == .broadcast {
            for unit in Self.units.dropFirst() { response = respond(errand.request, unit) }
        }
        errands[number]?.response = response
        // No two writes are the same, see below.
        for (ticket, asked) in open where !asked.request.isRead && asked.request == errand.request {
            if asked.unit == errand.unit { carriedOut[ticket] = now }
        }
    }

    /// Where unit 0 is sent on, all units are one device.
    private mutating func respond(_ request: Request, _ unit: UInt8) -> Response? {
        let unit = configuration.unitZero == .forward ? 1 : unit
        guard var tables = pasts[unit]?.last?.tables else { return nil }
        let response = tables.respond(to: request)
        pasts[unit]?.append((now, tables))
        return response
    }

    private mutating func finishOne() {
        guard let number = errands.keys.sorted().randomElement(using: &generator) else { return }
        if errands[number]?.response == nil, random(0...9) > 0 { carryOutOne() }
        guard let errand = errands.removeValue(forKey: number) else { return }
        let outcome: Core.Outcome =
            if let response = errand.response {
                random(0...19) == 0 ? .noAnswer : .response(response)
            } else {
                random(0...1) == 0 ? .noAnswer : .noPath
            }
        act(core.finished(number, outcome, at: instant))
    }

    private mutating func change() {
        _ = respond(
            .writeSingleRegister(address: UInt16(random(0...11)), value: UInt16(now) | 0x8000),
            UInt8(random(1...2))
        )
    }

    private mutating func leave(client: Int) {
        for (ticket, asked) in open where asked.client == client {
            open[ticket] = nil
            core.abandon(ticket)
        }
    }

    private mutating func act(_ actions: [Core.Action]) {
        for action in actions {
            switch action {
            case .send(let number, let unit, let request):
                #expect(errands.count < configuration.maximumInFlight, "seed \(seed)")
                errands[number] = Errand(unit: unit, request: request)
            case .answer(let ticket, let response): check(ticket, response)
            }
        }
    }

    // MARK: What must hold

    private mutating func check(_ ticket: Int, _ response: Response) {
        guard let asked = open.removeValue(forKey: ticket) else {
            Issue.record("seed \(seed): request \(ticket) was answered twice, or after its client had left")
            return
        }
        if case .exception(_, let code) = response, code.rawValue >= 0x0A { return }
        guard asked.request.isRead else { return }
        let own = asked.ownWrites.compactMap { carriedOut[$0] }.max() ?? 0
        let earliest = max(asked.askedAt - cacheAge, own)
        let unit = configuration.unitZero == .forward ? 1 : asked.unit
        let past = pasts[unit] ?? []
        let isFromThen = past.indices.contains { index in
            let until = index + 1 < past.count ? past[index + 1].since : now + 1
            guard until > earliest else { return false }
            var tables = past[index].tables
            return tables.respond(to: asked.request) == response
        }
        #expect(
            isFromThen,
            "seed \(seed): \(asked.request) of client \(asked.client) at \(asked.askedAt), own write at \(own), got \(response)"
        )
    }
}

extension GatewayConfiguration {
    /// Whether a write to one unit may change what another one holds.
    fileprivate func concerns(_ written: UInt8, _ read: UInt8) -> Bool {
        written == read || unitZero == .forward || (written == 0 && unitZero == .broadcast)
    }
}
