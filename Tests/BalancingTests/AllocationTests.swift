// SPDX-License-Identifier: Apache-2.0
import Quantities
import TestSupport
import Testing

@testable import Balancing

@Suite("Allocation cases")
struct AllocationTests {
    private func amperes(_ answer: AllocationAnswer, of source: AllocationCase) -> [Double] {
        let offers = Dictionary(uniqueKeysWithValues: answer.offers.map { ($0.socket, $0.current.amperes) })
        return source.sockets.map { offers[$0.id] ?? -1 }
    }

    @Test(
        "Small cases: the same sockets as by trying all sets, and max-min fair offers",
        arguments: LongRun.seeds(usual: 20, long: 1000)
    )
    func exact(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        for number in 0..<100 {
            let source = AllocationSites.random(&random, sockets: 1...7)
            let reference = AllocationReference(source)
            let offers = amperes(try Allocation.answer(source), of: source)
            let served = reference.served()
            #expect(Set(offers.indices.filter { offers[$0] > 0 }) == served, "seed \(seed), case \(number): \(source)")
            let wanted = reference.filled(served)
            let steps = source.sockets.map { max(0.001, $0.step.amperes) }
            // What rounding down leaves goes to others; three conductors leave three times as much of a power to one.
            let conductors = source.sockets.map { Double($0.phases?.count ?? 3) }
            let isLimitedByPower = source.circuits.contains { $0.powerLimit != nil }
            let left = zip(steps, conductors).map { $0 * $1 }.reduce(0, +)
            let tolerance = (isLimitedByPower ? left : 2 * (steps.max() ?? 0)) + 0.02
            for index in offers.indices where abs(offers[index] - wanted[index]) > tolerance {
                Issue.record("seed \(seed), case \(number): \(offers) instead of \(wanted): \(source)")
            }
        }
    }

    @Test("Large cases keep the eight rules, in any order", arguments: LongRun.seeds(usual: 8, long: 400))
    func rules(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed &+ 5000)
        for _ in 0..<10 {
            var source = AllocationSites.random(&random, sockets: 8...50)
            let answer = try Allocation.answer(source)
            check(source, answer, "seed \(seed)")
            source.sockets.shuffle(using: &random)
            source.circuits.shuffle(using: &random)
            source.stations.shuffle(using: &random)
            #expect(try Allocation.answer(source) == answer, "rule 8, seed \(seed)")
        }
    }

    /// Rules 1 to 7.
    private func check(_ source: AllocationCase, _ answer: AllocationAnswer, _ place: String) {
        let reference = AllocationReference(source)
        let offers = amperes(answer, of: source)
        #expect(reference.fits(offers), "rule 1, \(place)")
        for (index, socket) in source.sockets.enumerated() {
            let (offer, step) = (offers[index], max(0.001, socket.step.amperes))
            guard offer > 0 else { continue }
            #expect(socket.state.wantsCurrent, "rule 7, \(place)")
            let (least, most) = (reference.minima[index] - 1e-6, reference.maxima[index] + 1e-6)
            #expect(offer >= least && offer <= most, "rule 2, \(place)")
            #expect(abs((offer / step).rounded() * step - offer) < 1e-6, "rule 2, \(place)")
            guard offer + step <= reference.maxima[index] + 1e-6 else { continue }
            var more = offers
            more[index] += step
            #expect(!reference.fits(more), "rule 3, \(place): \(socket.id) of \(source)")
            // Nobody of a lower priority has more than its minimum where that would help.
            for (other, lower) in source.sockets.enumerated() where lower.priority > socket.priority {
                let spare = offers[other] - reference.minima[other]
                guard offers[other] > 0, spare > step else { continue }
                more[other] = reference.minima[other]
                #expect(!reference.fits(more), "rule 4, \(place)")
                more[other] = offers[other]
            }
        }
        // Nobody who waits fits beside the minima of the others.
        let minima = offers.indices.map { offers[$0] > 0 ? reference.minima[$0] : 0 }
        for index in offers.indices where offers[index] == 0 && reference.isCandidate(index) {
            var more = minima
            more[index] = reference.minima[index]
            #expect(!reference.fits(more), "rule 5, \(place)")
            #expect(answer.waiting.contains { $0.socket == source.sockets[index].id }, "rule 5, \(place)")
        }
        let reserved = Dictionary(uniqueKeysWithValues: answer.reserved.map { ($0.socket, $0.current.amperes) })
        for (index, socket) in source.sockets.enumerated() {
            #expect((reserved[socket.id] ?? 0) == reference.reserves[index], "rule 6, \(place)")
        }
    }

    @Test("Charging never makes two phases differ by more than an imbalance permits", arguments: 0..<40)
    func imbalances(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed &+ 9000)
        for _ in 0..<5 {
            var source = AllocationSites.random(&random, sockets: 1...9)
            source.circuits[0].imbalance = Amperes(Int.random(in: 3...16, using: &random))
            let answer = try Allocation.answer(source)
            let offers = amperes(answer, of: source)
            #expect(AllocationReference(source).fits(offers), "seed \(seed)")
            let sums = Phase.allCases.map { phase in
                zip(source.sockets, offers).filter { $0.0.phases?.contains(phase) ?? true }.map(\.1).reduce(0, +)
            }
            let most = source.circuits[0].imbalance?.amperes ?? 0
            #expect((sums.max() ?? 0) - (sums.min() ?? 0) <= most + 0.001, "seed \(seed): \(sums) \(source)")
        }
    }

    @Test("Where two on one phase can only charge beside a third on another, the third goes ahead")
    func imbalanceThatNeedsHelp() throws {
        var main = AllocationCase.Circuit(id: "main")
        main.limit = PerPhase(repeating: Amperes(40))
        main.imbalance = Amperes(3)
        let source = AllocationCase(
            circuits: [main],
            sockets: [("a", Phase.l1), ("b", .l1), ("c", .l2), ("d", .l3)].map { name, phase in
                AllocationCase.Socket(id: SocketID(name), circuit: "main", phases: [phase], maximum: Amperes(16))
            }
        )
        let answer = try Allocation.answer(source)
        #expect(
            answer.offers.map(\.current) == [
                Amperes(milliamperes: 9500), Amperes(milliamperes: 9500), Amperes(16), Amperes(16),
            ]
        )
        #expect(answer.offers[0].bound == .init(kind: "imbalance", id: "main", phase: .l1))
    }

    @Test("Every sentence with a limit leads to the offer by its own numbers", arguments: 0..<30)
    func sentences(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed &+ 20_000)
        var derived = 0
        for _ in 0..<20 {
            let source = AllocationSites.random(&random, sockets: 1...12)
            for offer in try Allocation.answer(source).offers where offer.current > .zero {
                let socket = try #require(source.sockets.first { $0.id == offer.socket })
                let rest = try #require(Sentence(offer.why)?.rest, "\(offer.why)")
                let step = max(0.001, socket.step.amperes)
                let fitting = (rest / step + 1e-6).rounded(.down) * step
                let tolerance = offer.why.contains(" W") ? max(step, 0.002) : 0.0001
                #expect(abs(fitting - offer.current.amperes) <= tolerance, "\(offer.why)")
                derived += 1
            }
        }
        #expect(derived > 20)
    }

    /// "14.6 A: main L1, 25 A - 10.4 A house", worked out again.
    private struct Sentence {
        var rest: Double

        init?(_ text: String) {
            guard let colon = text.firstIndex(of: ":"), let comma = text[colon...].firstIndex(of: ",") else {
                return nil
            }
            let body = String(text[text.index(after: comma)...])
            if text.contains("the socket's maximum") || text.contains("requested") {
                let parts = body.split(separator: "/").compactMap { Double($0.split(separator: " ")[0]) }
                guard let first = parts.first else { return nil }
                rest = parts.dropFirst().reduce(first, /)
                return
            }
            // Imbalances and the lost meter have one more comma before the limit.
            let start = body.firstIndex(where: \.isNumber) ?? body.startIndex
            let words = (text.contains("while the meter") ? Sentence.afterComma(body) : String(body[start...]))
                .split(separator: " ").map { String($0).replacing(",", with: "") }
            guard let limit = words.first.flatMap(Double.init) else { return nil }
            var sum = limit
            for (position, word) in words.enumerated() where position + 1 < words.count {
                guard let number = Double(words[position + 1]) else { continue }
                if word == "-" { sum -= number }
                if word == "+" { sum += number }
            }
            if let over = words.firstIndex(of: "over"), over + 3 < words.count,
                let factor = Double(words[over + 1]), let volts = Double(words[over + 3])
            {
                sum /= factor * volts
            }
            rest = sum
        }

        private static func afterComma(_ text: String) -> String {
            guard let comma = text.firstIndex(of: ",") else { return text }
            return String(text[text.index(after: comma)...]).trimmingPrefix(" ").description
        }
    }

    @Test("What a meter measures, less what the sockets draw, is the house")
    func metered() throws {
        var random = SeededGenerator(seed: 1)
        for _ in 0..<200 {
            var source = AllocationSites.random(&random, sockets: 1...6)
            source.circuits = [source.circuits[0]]
            for index in source.sockets.indices {
                source.sockets[index].circuit = source.circuits[0].id
                source.sockets[index].draw = PerPhase(
                    repeating: source.sockets[index].state == .charging ? Amperes(7) : .zero
                )
            }
            guard case .background(let house) = source.circuits[0].load else { continue }
            var total = house
            for socket in source.sockets {
                for phase in socket.phases ?? Phase.allCases {
                    total[phase] = total[phase] + (socket.draw?.l1 ?? .zero)
                }
            }
            var metered = source
            metered.circuits[0].load = .metered(total)
            #expect(try Allocation.answer(metered) == Allocation.answer(source))
        }
    }

    @Test("A thousand sockets in a hundred circuits are answered soon", arguments: [7000, 2000])
    func large(limit: Int) throws {
        var main = AllocationCase.Circuit(id: "main")
        main.limit = PerPhase(repeating: Amperes(limit))
        var source = AllocationCase(circuits: [main], sockets: [])
        for number in 0..<100 {
            var circuit = AllocationCase.Circuit(id: CircuitID("c\(number)"), parent: "main")
            circuit.limit = PerPhase(repeating: Amperes(number % 2 == 0 ? 35 : 90))
            source.circuits.append(circuit)
        }
        for number in 0..<1000 {
            let phases = [[Phase.l1], [.l2, .l3, .l1], [.l3], [.l1, .l2, .l3]][number / 100 % 4]
            let circuit = CircuitID("c\(number % 100)")
            source.sockets.append(
                .init(id: SocketID("p\(number)"), circuit: circuit, phases: phases, maximum: Amperes(16))
            )
            source.sockets[number].priority = 1 + number % 3 / 2
        }
        let clock = ContinuousClock()
        let start = clock.now
        let answer = try Allocation.answer(source)
        #expect(clock.now - start < .seconds(60))
        #expect(AllocationReference(source).fits(amperes(answer, of: source)))
    }
}
