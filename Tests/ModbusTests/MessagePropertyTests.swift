// SPDX-License-Identifier: Apache-2.0

import Modbus
import TestSupport
import Testing

/// What holds for all messages, shown with random ones.
@Suite("Properties of messages")
struct MessagePropertyTests {
    private static let seeds = LongRun.seeds(usual: 8, long: 200)

    @Test("Modbus checklist 1.1, 8.1 to 8.20: decoding is the inverse of encoding for all requests", arguments: seeds)
    func requests(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<400 {
            let request = generator.request()
            #expect(request.fault == nil, "\(request)")
            let bytes = request.encoded
            #expect(bytes.count <= Limits.pduCount)
            #expect(try Request(decoding: bytes.span) == request)
        }
    }

    @Test("Modbus checklist 6.1, 6.2, 8.1 to 8.20: the same for all answers", arguments: seeds)
    func responses(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<400 {
            let request = generator.request()
            let response = generator.response(to: request)
            #expect(response.fits, "\(response)")
            let bytes = response.encoded
            #expect(bytes.count <= Limits.pduCount)
            #expect(try Response(decoding: bytes.span, answering: request) == response)
        }
    }

    @Test("Bytes that decode as a request encode to the same bytes, padding bits apart", arguments: seeds)
    func arbitraryRequests(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<600 {
            let bytes = generator.nearlyRequest()
            guard let request = try? Request(decoding: bytes.span) else { continue }
            let encoded = request.encoded
            #expect(encoded.count == bytes.count)
            guard request.function != .writeMultipleCoils else { continue }
            #expect(encoded == bytes)
        }
    }

    @Test("Bytes that decode as an answer encode to bytes that decode as the same", arguments: seeds)
    func arbitraryResponses(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<600 {
            let request = generator.request()
            let bytes = generator.nearlyResponse(to: request)
            guard let response = try? Response(decoding: bytes.span, answering: request) else { continue }
            let encoded = response.encoded
            #expect(encoded.count == bytes.count)
            #expect(try Response(decoding: encoded.span, answering: request) == response)
        }
    }

    @Test("Modbus checklist 18.4: any bytes are an answer or a fault with a text", arguments: seeds)
    func anyBytes(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<600 {
            let request = generator.request()
            var bytes = generator.bytes(generator.int(0...260))
            if !bytes.isEmpty { bytes[0] = request.function.rawValue }
            do throws(ResponseFault) {
                _ = try Response(decoding: bytes.span, answering: request)
            } catch {
                #expect(!error.description.isEmpty)
            }
        }
    }

    @Test("Modbus checklist 3.9, 9.15, 18.1, 18.2: every request gets one answer that fits it", arguments: seeds)
    func answers(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        var tables = RegisterTables.everything()
        var served = 0
        for _ in 0..<1500 {
            let bytes = Bool.random(using: &generator) ? generator.request().encoded : generator.nearlyRequest()
            let before = tables
            let answer = tables.reply(to: bytes)
            guard let first = bytes.first else {
                #expect(answer.isEmpty)
                continue
            }
            #expect((2...Limits.pduCount).contains(answer.count))
            if answer[0] == first | 0x80 {
                #expect(answer.count == 2)
                #expect((1...4).contains(answer[1]))
                // 8.22: a refused request changes nothing but counters.
                var counted = tables
                counted.serialLine = before.serialLine
                #expect(counted == before)
            } else {
                #expect(answer[0] == first)
                let request = try Request(decoding: bytes.span)
                #expect(try Response(decoding: answer.span, answering: request).encoded == answer)
                served += 1
            }
        }
        #expect(served > 150)
    }

    @Test("A request answered as bytes and as a value gives the same", arguments: seeds)
    func bothWays(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        var tables = RegisterTables.everything()
        tables.serialLine?.allowsListenOnly = true
        for _ in 0..<1500 {
            if generator.int(0...20) == 0 { _ = tables.reply(to: [8, 0, 1, 0, 0]) }
            let request = Bool.random(using: &generator) ? generator.request() : generator.faultyRequest()
            var asBytes = tables
            let bytes = asBytes.reply(to: request.encoded)
            let response = tables.answer(request)
            #expect(response?.encoded ?? [] == bytes, "\(request)")
            #expect(tables == asBytes, "\(request)")
        }
    }
}

extension SeededGenerator {
    /// A request that breaks a limit that its encoding still shows.
    fileprivate mutating func faultyRequest() -> Request {
        switch int(0...7) {
        case 0: return .readCoils(address: word(), count: word())
        case 1: return .readHoldingRegisters(address: word(), count: UInt16(int(0...200)))
        case 2: return .writeMultipleRegisters(address: word(), values: words(int(0...127)))
        case 3: return .writeMultipleCoils(address: word(), values: bits(int(0...2040)))
        case 4:
            return .readWriteMultipleRegisters(
                readAddress: word(),
                readCount: UInt16(int(0...130)),
                writeAddress: word(),
                values: words(int(0...125))
            )
        case 5:
            return .readFileRecord(
                (0..<int(0...36)).map { _ in
                    FileReference(file: word() & 7, record: word(), count: UInt16(int(0...40)))
                }
            )
        case 6:
            return .writeFileRecord(
                (0..<int(0...3)).map { _ in
                    FileRecord(file: word() & 7, record: word(), values: words(int(0...60)))
                }
            )
        default: return .other(FunctionCode(rawValue: byte()), bytes(int(0...252)))
        }
    }
}
