// SPDX-License-Identifier: Apache-2.0
import BenchmarkSupport
import Modbus

/// Carries requests through the codec alone, without sockets, for tools that count allocations or instructions.
///
/// Options: `--requests`, `--registers`, `--server` (find the frame and answer it from tables, which is the standard) or
/// `--client` (encode the request, decode the answer).
@main
struct BenchmarkCodec {
    static func main() throws {
        let options = Options(CommandLine.arguments)
        let count = options.number("--requests", default: 100_000)
        let registers = UInt16(clamping: options.number("--registers", default: 10))
        let checksum =
            options.has("--client") ? try client(count, registers: registers) : try server(count, registers: registers)
        print(checksum)
    }

    /// What a server does with a request that has arrived.
    private static func server(_ count: Int, registers: UInt16) throws -> Int {
        var tables = RegisterTables()
        tables.holding.set((0..<Limits.tableCount).map { UInt16($0) }, at: 0)
        let pdu = Request.readHoldingRegisters(address: 100, count: registers).encoded
        var received: [UInt8] = []
        MBAPHeader(transaction: 7, unit: 1, pduCount: pdu.count).encode(into: &received)
        received += pdu
        var answer: [UInt8] = []
        var checksum = 0
        for _ in 0..<count {
            guard let header = try FrameDecoder.header(of: received.span) else { continue }
            answer.removeAll(keepingCapacity: true)
            let length = 2 + 2 * Int(registers)
            MBAPHeader(transaction: header.transaction, unit: header.unit, pduCount: length).encode(into: &answer)
            tables.answer(received.span.extracting(MBAPHeader.count...), into: &answer)
            checksum &+= answer.count + Int(answer[answer.count - 1])
        }
        return checksum
    }

    /// What a client does for a request and with its answer.
    private static func client(_ count: Int, registers: UInt16) throws -> Int {
        let values = (0..<registers).map { $0 }
        let pdu = Response.readHoldingRegisters(values).encoded
        var received: [UInt8] = []
        MBAPHeader(transaction: 7, unit: 1, pduCount: pdu.count).encode(into: &received)
        received += pdu
        var sent: [UInt8] = []
        var checksum = 0
        for index in 0..<count {
            let request = Request.readHoldingRegisters(address: UInt16(truncatingIfNeeded: index), count: registers)
            sent.removeAll(keepingCapacity: true)
            MBAPHeader(transaction: 7, unit: 1, pduCount: 5).encode(into: &sent)
            request.encode(into: &sent)
            guard try FrameDecoder.header(of: received.span) != nil else { continue }
            let bytes = received.span.extracting(MBAPHeader.count...)
            let response = try Response(decoding: bytes, answering: request)
            guard case .readHoldingRegisters(let values) = response else { continue }
            checksum &+= sent.count + values.count
        }
        return checksum
    }
}
