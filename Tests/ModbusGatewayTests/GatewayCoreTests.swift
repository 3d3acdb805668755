// SPDX-License-Identifier: Apache-2.0

import Modbus
import Testing

@testable import ModbusGateway

@Suite("Gateway, step by step")
struct GatewayCoreTests {
    private typealias Core = GatewayCore<String>
    private let start = ContinuousClock.now

    private func read(_ address: UInt16, _ count: UInt16) -> Request {
        .readHoldingRegisters(address: address, count: count)
    }

    private func values(_ address: UInt16, _ count: UInt16) -> Response {
        .readHoldingRegisters((0..<count).map { address + $0 })
    }

    private func core(_ adjust: (inout GatewayConfiguration) -> Void = { _ in }) -> Core {
        var configuration = GatewayConfiguration()
        adjust(&configuration)
        return Core(configuration)
    }

    @Test("Modbus checklist 13.4: one request at a time goes to the device, and its answer to who asked")
    func oneAtATime() {
        var core = core { $0.mergesReads = false }
        #expect(core.ask(1, read(0, 2), unit: 5, from: "a", at: start) == [.send(errand: 0, unit: 5, read(0, 2))])
        #expect(core.ask(2, read(10, 1), unit: 6, from: "b", at: start).isEmpty)
        let actions = core.finished(0, .response(values(0, 2)), at: start)
        #expect(actions == [.answer(1, values(0, 2)), .send(errand: 1, unit: 6, read(10, 1))])
        #expect(core.finished(1, .response(values(10, 1)), at: start) == [.answer(2, values(10, 1))])
        #expect(core.finished(1, .noAnswer, at: start).isEmpty, "an outcome counts once")
    }

    @Test("Modbus checklist 13.9: clients are served in turn")
    func fairness() {
        var core = core { $0.mergesReads = false }
        _ = core.ask(0, read(0, 1), unit: 1, from: "greedy", at: start)
        for ticket in 1...5 { _ = core.ask(ticket, read(UInt16(ticket), 1), unit: 1, from: "greedy", at: start) }
        for ticket in 6...7 { _ = core.ask(ticket, read(UInt16(ticket), 1), unit: 1, from: "modest", at: start) }
        var order: [UInt16] = []
        var next = core.finished(0, .response(values(0, 1)), at: start)
        while case .send(let errand, _, .readHoldingRegisters(let address, _)) = next.last {
            order.append(address)
            next = core.finished(errand, .response(values(address, 1)), at: start)
        }
        #expect(order == [1, 6, 2, 7, 3, 4, 5])
    }

    @Test("Modbus checklist 9.14, 13.5: a full queue gives 0x0A, no way to the device 0x0A, no answer 0x0B")
    func exceptions() {
        var core = core {
            $0.maximumQueuedPerClient = 1
            $0.mergesReads = false
        }
        _ = core.ask(1, read(0, 1), unit: 1, from: "a", at: start)
        _ = core.ask(2, read(1, 1), unit: 1, from: "a", at: start)
        let full = Response.exception(.readHoldingRegisters, .gatewayPathUnavailable)
        #expect(core.ask(3, read(2, 1), unit: 1, from: "a", at: start) == [.answer(3, full)])
        #expect(core.ask(4, read(2, 1), unit: 1, from: "b", at: start).isEmpty, "others have their own places")
        let silent = Response.exception(.readHoldingRegisters, .gatewayTargetDeviceFailedToRespond)
        #expect(core.finished(0, .noAnswer, at: start).first == .answer(1, silent))
        #expect(core.finished(1, .noPath, at: start).first == .answer(2, full))
        #expect(core.counters.refused == 1)
        #expect(core.counters.unanswered == 2)
    }

    @Test("A read that asks for a part of another one that waits is answered with it")
    func joining() {
        var core = core()
        _ = core.ask(0, .readExceptionStatus, unit: 1, from: "z", at: start)
        _ = core.ask(1, read(0, 10), unit: 1, from: "a", at: start)
        #expect(core.ask(2, read(2, 3), unit: 1, from: "b", at: start).isEmpty)
        #expect(core.ask(3, read(2, 3), unit: 2, from: "b", at: start).isEmpty, "another unit is another device")
        _ = core.finished(0, .response(.readExceptionStatus(7)), at: start)
        let actions = core.finished(1, .response(values(0, 10)), at: start)
        #expect(actions.prefix(2) == [.answer(1, values(0, 10)), .answer(2, values(2, 3))])
        #expect(core.counters.joined == 1)
        #expect(core.counters.sent == 3)
    }

    @Test("A read joins one that is under way only for as long as an answer from memory would do")
    func joiningUnderWay() {
        var strict = core()
        _ = strict.ask(1, read(0, 10), unit: 1, from: "a", at: start)
        _ = strict.ask(2, read(0, 10), unit: 1, from: "b", at: start)
        #expect(strict.finished(0, .response(values(0, 10)), at: start).count == 2, "answered, and asked again")
        var lenient = core { $0.cacheAge = .seconds(1) }
        _ = lenient.ask(1, read(0, 10), unit: 1, from: "a", at: start)
        _ = lenient.ask(2, read(2, 3), unit: 1, from: "b", at: start + .milliseconds(999))
        _ = lenient.ask(3, read(2, 3), unit: 1, from: "c", at: start + .milliseconds(1001))
        let actions = lenient.finished(0, .response(values(0, 10)), at: start + .milliseconds(1001))
        #expect(actions.prefix(2) == [.answer(1, values(0, 10)), .answer(2, values(2, 3))])
        #expect(actions.last == .send(errand: 1, unit: 1, read(2, 3)))
    }

    @Test("Neighbouring reads that wait become one request, and its parts go to who asked")
    func merging() {
        var core = core()
        _ = core.ask(1, .readExceptionStatus, unit: 1, from: "a", at: start)
        _ = core.ask(2, read(10, 5), unit: 1, from: "a", at: start)
        _ = core.ask(3, read(15, 2), unit: 1, from: "b", at: start)
        _ = core.ask(4, read(18, 2), unit: 1, from: "c", at: start)
        let next = core.finished(0, .response(.readExceptionStatus(7)), at: start)
        #expect(next == [.answer(1, .readExceptionStatus(7)), .send(errand: 1, unit: 1, read(10, 7))])
        let actions = core.finished(1, .response(values(10, 7)), at: start)
        #expect(actions.prefix(2) == [.answer(2, values(10, 5)), .answer(3, values(15, 2))])
        #expect(actions.last == .send(errand: 2, unit: 1, read(18, 2)), "a gap is not read")
        #expect(core.counters.merged == 1)
    }

    @Test("When the device refuses the whole, the parts are asked for one by one")
    func splitting() {
        var core = core()
        _ = core.ask(1, .readExceptionStatus, unit: 1, from: "a", at: start)
        _ = core.ask(2, read(10, 5), unit: 1, from: "a", at: start)
        _ = core.ask(3, read(15, 2), unit: 1, from: "b", at: start)
        _ = core.finished(0, .noAnswer, at: start)
        let refusal = Response.exception(.readHoldingRegisters, .illegalDataAddress)
        let first = core.finished(1, .response(refusal), at: start)
        guard case .send(let errand, 1, read(10, 5)) = first.first, first.count == 1 else {
            Issue.record("\(first)")
            return
        }
        let second = core.finished(errand, .response(values(10, 5)), at: start)
        #expect(second.first == .answer(2, values(10, 5)))
        guard case .send(let last, 1, read(15, 2)) = second.last else {
            Issue.record("\(second)")
            return
        }
        #expect(core.finished(last, .response(refusal), at: start) == [.answer(3, refusal)])
    }

    @Test("A client sees what it has written: reads do not join reads from before the write")
    func readAfterWrite() {
        var core = core { $0.cacheAge = .seconds(10) }
        _ = core.ask(1, read(0, 2), unit: 1, from: "a", at: start)
        _ = core.ask(2, .writeSingleRegister(address: 0, value: 9), unit: 1, from: "b", at: start)
        #expect(core.ask(3, read(0, 2), unit: 1, from: "b", at: start).isEmpty)
        _ = core.finished(0, .response(values(0, 2)), at: start)
        let written = core.finished(1, .response(.writeSingleRegister(address: 0, value: 9)), at: start)
        #expect(written.last == .send(errand: 2, unit: 1, read(0, 2)), "neither joined nor from memory")
    }

    @Test("Answers are given again for as long as they are fresh, counted from when the request was sent")
    func cache() {
        var core = core { $0.cacheAge = .seconds(1) }
        _ = core.ask(1, read(0, 10), unit: 1, from: "a", at: start)
        _ = core.finished(0, .response(values(0, 10)), at: start + .milliseconds(400))
        let fresh = start + .seconds(1)
        #expect(core.ask(2, read(3, 2), unit: 1, from: "b", at: fresh) == [.answer(2, values(3, 2))])
        #expect(core.ask(3, read(3, 2), unit: 2, from: "b", at: fresh).count == 1)
        let stale = start + .milliseconds(1001)
        #expect(core.ask(4, read(3, 2), unit: 1, from: "b", at: stale).isEmpty, "it waits for the device")
        #expect(core.counters.cached == 1)
    }

    @Test("A read is never put together from several answers")
    func oneInstant() {
        var core = core { $0.cacheAge = .seconds(1) }
        _ = core.ask(1, read(0, 2), unit: 1, from: "a", at: start)
        _ = core.finished(0, .response(values(0, 2)), at: start)
        _ = core.ask(2, read(2, 2), unit: 1, from: "a", at: start)
        _ = core.finished(1, .response(values(2, 2)), at: start)
        #expect(core.ask(3, read(1, 2), unit: 1, from: "a", at: start) == [.send(errand: 2, unit: 1, read(1, 2))])
    }

    @Test("A refusal is not kept")
    func refusalsAreNotCached() {
        var core = core { $0.cacheAge = .seconds(1) }
        _ = core.ask(1, read(0, 2), unit: 1, from: "a", at: start)
        _ = core.finished(0, .response(.exception(.readHoldingRegisters, .serverDeviceBusy)), at: start)
        #expect(core.ask(2, read(0, 2), unit: 1, from: "a", at: start).count == 1)
    }

    @Test("Modbus checklist 13.9: requests of a client that has gone are not sent; shared ones are for the others")
    func abandoning() {
        var core = core()
        _ = core.ask(1, .readExceptionStatus, unit: 1, from: "a", at: start)
        _ = core.ask(2, read(0, 2), unit: 1, from: "gone", at: start)
        _ = core.ask(3, read(1, 1), unit: 1, from: "b", at: start)
        _ = core.ask(4, read(50, 2), unit: 1, from: "gone", at: start)
        core.abandon(2)
        core.abandon(4)
        let next = core.finished(0, .noAnswer, at: start)
        #expect(next.last == .send(errand: 1, unit: 1, read(0, 2)))
        #expect(core.finished(1, .response(values(0, 2)), at: start) == [.answer(3, values(1, 1))])
        #expect(core.currentCounters.queued == 0)
    }

    @Test("The queue of turns keeps its count whatever is done to it")
    func queue() {
        var queue = FairQueue<String, Int>()
        queue.append(1, for: "a")
        queue.append(2, for: "a")
        queue.append(3, for: "b")
        queue.prepend(0, for: "b")
        #expect(queue.count == 4)
        #expect(queue.count(of: "b") == 2)
        queue.removeAll { $0 == 2 }
        #expect([queue.popFirst(), queue.popFirst(), queue.popFirst(), queue.popFirst()] == [0, 1, 3, nil])
        #expect(queue.isEmpty)
    }

    @Test("Modbus checklist 13.9: sharing does not put a modest client behind all of a greedy one")
    func sharingIsFair() {
        var core = core()
        _ = core.ask(0, .readExceptionStatus, unit: 1, from: "z", at: start)
        for ticket in 1...10 { _ = core.ask(ticket, read(UInt16(ticket * 50), 1), unit: 1, from: "greedy", at: start) }
        _ = core.ask(11, read(500, 1), unit: 1, from: "modest", at: start)
        var errand = 0
        for _ in 0..<3 {
            let actions = core.finished(errand, .response(values(500, 1)), at: start)
            if actions.contains(.answer(11, values(500, 1))) { return }
            guard case .send(let next, _, _) = actions.last else { break }
            errand = next
        }
        Issue.record("not served in its turn")
    }

    @Test("Where several requests are under way, a client's write is alone among its own, and others go on")
    func writesKeepTheirOrder() {
        var core = core { $0.maximumInFlight = 3 }
        let write = { (value: UInt16) in Request.writeSingleRegister(address: 0, value: value) }
        #expect(core.ask(1, write(1), unit: 1, from: "a", at: start).count == 1)
        #expect(core.ask(2, write(2), unit: 1, from: "a", at: start).isEmpty)
        #expect(core.ask(3, read(0, 1), unit: 1, from: "a", at: start).isEmpty)
        #expect(core.ask(4, write(3), unit: 1, from: "b", at: start).count == 1, "another client is not held up")
        let done = { (value: UInt16) in Response.writeSingleRegister(address: 0, value: value) }
        #expect(core.finished(0, .response(done(1)), at: start).last == .send(errand: 1, unit: 1, write(2)))
        #expect(core.finished(1, .response(done(2)), at: start).last == .send(errand: 2, unit: 1, read(0, 1)))
    }

    @Test("A read under way while something is written is not remembered, nor joined by those who saw it written")
    func readAcrossWrite() {
        var core = core {
            $0.maximumInFlight = 2
            $0.cacheAge = .seconds(10)
        }
        _ = core.ask(1, read(0, 1), unit: 1, from: "b", at: start)
        _ = core.ask(2, .writeSingleRegister(address: 0, value: 9), unit: 1, from: "a", at: start)
        _ = core.finished(1, .response(.writeSingleRegister(address: 0, value: 9)), at: start)
        #expect(core.ask(3, read(0, 1), unit: 1, from: "a", at: start) == [.send(errand: 2, unit: 1, read(0, 1))])
        _ = core.finished(0, .response(values(0, 1)), at: start)
        #expect(core.ask(4, read(0, 1), unit: 1, from: "c", at: start).isEmpty, "joined to the newer one")
        let answer = core.finished(2, .response(.readHoldingRegisters([9])), at: start)
        #expect(answer == [.answer(3, .readHoldingRegisters([9])), .answer(4, .readHoldingRegisters([9]))])
    }

    @Test(
        "Every function that may change something makes answers old",
        arguments: [
            .writeSingleCoil(address: 0, value: true), .writeMultipleCoils(address: 0, values: [true]),
            .writeMultipleRegisters(address: 0, values: [1]), .maskWriteRegister(address: 0, and: 0, or: 0),
            .readWriteMultipleRegisters(readAddress: 0, readCount: 1, writeAddress: 0, values: [1]),
            .diagnostics(.restartCommunications, data: [0]), .other(FunctionCode(rawValue: 100), []),
        ] as [Request]
    )
    func writes(request: Request) {
        for unit in [0, 1] as [UInt8] {
            var core = core {
                $0.cacheAge = .seconds(10)
                $0.unitZero = .broadcast
            }
            _ = core.ask(1, read(0, 2), unit: 1, from: "a", at: start)
            _ = core.finished(0, .response(values(0, 2)), at: start)
            #expect(core.ask(2, read(0, 2), unit: 1, from: "a", at: start) == [.answer(2, values(0, 2))])
            _ = core.ask(3, request, unit: unit, from: "b", at: start)
            _ = core.finished(1, .noAnswer, at: start)
            #expect(core.ask(4, read(0, 2), unit: 1, from: "a", at: start).count == 1, "asked anew")
        }
    }

    @Test("Where unit 0 is sent on, units may be one device: a write to any makes the answers of all old")
    func aliases() {
        var core = core {
            $0.cacheAge = .seconds(10)
            $0.unitZero = .forward
        }
        _ = core.ask(1, read(0, 2), unit: 1, from: "a", at: start)
        _ = core.finished(0, .response(values(0, 2)), at: start)
        _ = core.ask(2, .writeSingleRegister(address: 0, value: 9), unit: 255, from: "a", at: start)
        _ = core.finished(1, .response(.writeSingleRegister(address: 0, value: 9)), at: start)
        #expect(core.ask(3, read(0, 2), unit: 1, from: "a", at: start).count == 1)
        _ = core.finished(2, .response(values(0, 2)), at: start)
        #expect(core.ask(4, read(0, 2), unit: 0, from: "a", at: start).count == 1)
    }

    @Test(
        "A busy device is not asked for the parts as well",
        arguments: [.serverDeviceBusy, .acknowledge] as [ExceptionCode]
    )
    func busyIsNotSplit(code: ExceptionCode) {
        var core = core()
        _ = core.ask(0, .readExceptionStatus, unit: 1, from: "a", at: start)
        _ = core.ask(1, read(0, 5), unit: 1, from: "a", at: start)
        _ = core.ask(2, read(5, 5), unit: 1, from: "b", at: start)
        _ = core.finished(0, .noAnswer, at: start)
        let busy = Response.exception(.readHoldingRegisters, code)
        #expect(core.finished(1, .response(busy), at: start) == [.answer(1, busy), .answer(2, busy)])
    }

    @Test("Modbus checklist 13.5: requests that share one count as well, and their places come back")
    func sharedRequestsAreBounded() {
        var core = core { $0.maximumQueued = 10 }
        let refused = Response.exception(.readHoldingRegisters, .gatewayPathUnavailable)
        for round in 0..<3 {
            let base = round * 100
            _ = core.ask(base, .readExceptionStatus, unit: 1, from: "a", at: start)
            for ticket in 1...10 { #expect(core.ask(base + ticket, read(0, 1), unit: 1, from: "b", at: start).isEmpty) }
            #expect(core.ask(base + 11, read(0, 1), unit: 1, from: "c", at: start) == [.answer(base + 11, refused)])
            core.abandon(base + 1)
            core.abandon(base + 1)
            #expect(core.ask(base + 12, read(0, 1), unit: 1, from: "c", at: start).isEmpty)
            guard case .send(let errand, _, _) = core.finished(round * 2, .noAnswer, at: start).last else {
                Issue.record("nothing was sent")
                return
            }
            #expect(core.finished(errand, .response(.readHoldingRegisters([1])), at: start).count == 10)
        }
        #expect(core.counters.abandoned == 3)
    }
}
