// SPDX-License-Identifier: Apache-2.0

import Modbus
import TestSupport

extension SeededGenerator {
    mutating func word() -> UInt16 { UInt16.random(in: .min ... .max, using: &self) }
    mutating func byte() -> UInt8 { UInt8.random(in: .min ... .max, using: &self) }
    mutating func words(_ count: Int) -> [UInt16] { (0..<count).map { _ in word() } }
    mutating func bytes(_ count: Int) -> [UInt8] { (0..<count).map { _ in byte() } }
    mutating func bits(_ count: Int) -> [Bool] { (0..<count).map { _ in Bool.random(using: &self) } }
    mutating func int(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &self) }

    /// A quantity within a limit; the ends often.
    mutating func count(_ limit: Int) -> Int { [1, limit, int(1...limit), int(1...limit)][int(0...3)] }

    /// An address from which this many items do not pass 65535; the ends often, the low ones mostly.
    mutating func address(for count: Int) -> UInt16 {
        let last = Limits.tableCount - count
        return UInt16([0, last, int(0...last), int(0...min(last, 400))][int(0...3)])
    }

    /// A request that may be sent, of any function.
    mutating func request() -> Request {
        let bits = count(Limits.readBits)
        let registers = count(Limits.readRegisters)
        switch int(0...21) {
        case 0: return .readCoils(address: address(for: bits), count: UInt16(bits))
        case 1: return .readDiscreteInputs(address: address(for: bits), count: UInt16(bits))
        case 2: return .readHoldingRegisters(address: address(for: registers), count: UInt16(registers))
        case 3: return .readInputRegisters(address: address(for: registers), count: UInt16(registers))
        case 4: return .writeSingleCoil(address: address(for: 1), value: Bool.random(using: &self))
        case 5: return .writeSingleRegister(address: address(for: 1), value: word())
        case 6: return .readExceptionStatus
        case 7: return diagnostics()
        case 8: return .getCommEventCounter
        case 9: return .getCommEventLog
        case 10:
            let count = count(Limits.writeBits)
            return .writeMultipleCoils(address: address(for: count), values: self.bits(count))
        case 11:
            let count = count(Limits.writeRegisters)
            return .writeMultipleRegisters(address: address(for: count), values: words(count))
        case 12: return .reportServerID
        case 13: return .readFileRecord(fileReferences())
        case 14: return .writeFileRecord(fileRecords())
        case 15: return .maskWriteRegister(address: address(for: 1), and: word(), or: word())
        case 16:
            let count = count(Limits.readWriteRegisters)
            return .readWriteMultipleRegisters(
                readAddress: address(for: registers),
                readCount: UInt16(registers),
                writeAddress: address(for: count),
                values: words(count)
            )
        case 17: return .readFIFOQueue(address: [0x04DE, 1, 31, 32, word()][int(0...4)])
        case 18, 19:
            let code = DeviceIdentification.ReadCode(rawValue: UInt8(int(0...5)))
            return .readDeviceIdentification(code, object: [0, 1, 2, 3, 4, 0x80, byte()][int(0...6)])
        case 20:
            let type = [UInt8](0...255).filter { $0 != DeviceIdentification.interfaceType }[int(0...254)]
            return .encapsulatedInterface(type: type, data: bytes(int(0...251)))
        default: return .other(FunctionCode(rawValue: UInt8(int(65...72))), bytes(int(0...252)))
        }
    }

    private mutating func diagnostics() -> Request {
        let code = DiagnosticsCode(rawValue: UInt16(int(0...22)))
        return .diagnostics(code, data: code == .returnQueryData ? words(int(0...125)) : [word() & 0xFF00])
    }

    private mutating func fileReferences() -> [FileReference] {
        var room = Limits.pduCount - 2
        var references: [FileReference] = []
        repeat {
            let count = int(1...min(20, (room - 2) / 2))
            room -= 2 + 2 * count
            let record = int(0...(Bool.random(using: &self) ? 400 : 10_000 - count))
            references.append(FileReference(file: file(), record: UInt16(record), count: UInt16(count)))
        } while room >= 4 && references.count < FileReference.limit && int(0...3) > 0
        return references
    }

    private mutating func fileRecords() -> [FileRecord] {
        var room = 251
        var records: [FileRecord] = []
        repeat {
            let count = int(1...min(60, (room - 7) / 2))
            room -= 7 + 2 * count
            let record = int(0...(Bool.random(using: &self) ? 400 : 10_000 - count))
            records.append(FileRecord(file: file(), record: UInt16(record), values: words(count)))
        } while room >= 9 && int(0...3) > 0
        return records
    }

    private mutating func file() -> UInt16 { [4, 0xFFFF, max(1, word())][int(0...2)] }

    /// An answer that a server may give to a request.
    mutating func response(to request: Request) -> Response {
        if int(0...9) == 0 { return .exception(request.function, ExceptionCode(rawValue: byte())) }
        switch request {
        case .readCoils(_, let count): return .readCoils(bits(Int(count)))
        case .readDiscreteInputs(_, let count): return .readDiscreteInputs(bits(Int(count)))
        case .readHoldingRegisters(_, let count): return .readHoldingRegisters(words(Int(count)))
        case .readInputRegisters(_, let count): return .readInputRegisters(words(Int(count)))
        case .writeSingleCoil(let address, let value): return .writeSingleCoil(address: address, value: value)
        case .writeSingleRegister(let address, let value): return .writeSingleRegister(address: address, value: value)
        case .readExceptionStatus: return .readExceptionStatus(byte())
        case .diagnostics(let code, let data):
            return .diagnostics(code, data: code.isEchoed ? data : [word()])
        case .getCommEventCounter: return .getCommEventCounter(status: word(), count: word())
        case .getCommEventLog:
            let events = bytes(int(0...Limits.commEvents))
            return .getCommEventLog(
                CommEventLog(status: word(), eventCount: word(), messageCount: word(), events: events)
            )
        case .writeMultipleCoils(let address, let values):
            return .writeMultipleCoils(address: address, count: UInt16(values.count))
        case .writeMultipleRegisters(let address, let values):
            return .writeMultipleRegisters(address: address, count: UInt16(values.count))
        case .reportServerID: return .reportServerID(bytes(int(0...Limits.serverID)))
        case .readFileRecord(let references): return .readFileRecord(references.map { words(Int($0.count)) })
        case .writeFileRecord(let records): return .writeFileRecord(records)
        case .maskWriteRegister(let address, let and, let or):
            return .maskWriteRegister(address: address, and: and, or: or)
        case .readWriteMultipleRegisters(_, let count, _, _): return .readWriteMultipleRegisters(words(Int(count)))
        case .readFIFOQueue: return .readFIFOQueue(words(int(0...Limits.fifoValues)))
        case .readDeviceIdentification(let code, _): return .readDeviceIdentification(page(code))
        case .encapsulatedInterface(let type, _):
            return .encapsulatedInterface(type: type, data: bytes(int(0...251)))
        case .other(let function, _): return .other(function, bytes(int(0...252)))
        }
    }

    private mutating func page(_ code: DeviceIdentification.ReadCode) -> DeviceIdentification.Page {
        var room = Limits.pduCount - 7
        var objects: [DeviceIdentification.Object] = []
        while room >= 2, int(0...4) > 0 {
            let value = bytes(int(0...min(room - 2, Bool.random(using: &self) ? 244 : 20)))
            objects.append(DeviceIdentification.Object(id: byte(), value: value))
            room -= 2 + value.count
        }
        let conformity: UInt8 = [1, 2, 3, 0x81, 0x82, 0x83][int(0...5)]
        let next = Bool.random(using: &self) ? byte() : nil
        return DeviceIdentification.Page(code: code, conformity: conformity, next: next, objects: objects)
    }

    /// Bytes that are close to a request: a good one with some bytes changed, cut or added, or any bytes at all.
    mutating func nearlyRequest() -> [UInt8] { damaged(request().encoded) }

    /// The same for the answer to a request.
    mutating func nearlyResponse(to request: Request) -> [UInt8] { damaged(response(to: request).encoded) }

    private mutating func damaged(_ good: [UInt8]) -> [UInt8] {
        var bytes = good
        switch int(0...7) {
        case 0, 1, 2:
            for _ in 0...int(0...2) where !bytes.isEmpty {
                // The fields that count things are at the front.
                let place = int(0...min(bytes.count - 1, Bool.random(using: &self) ? 10 : 252))
                bytes[place] = [0, 1, 0xFF, byte(), bytes[place] &+ 1, bytes[place] &- 1][int(0...5)]
            }
        case 3: bytes.removeLast(int(0...min(bytes.count, 4)))
        case 4: bytes += self.bytes(int(1...4))
        case 5: bytes = self.bytes(int(0...(Bool.random(using: &self) ? 12 : 260)))
        default: break
        }
        return bytes
    }
}
