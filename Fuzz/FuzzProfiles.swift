// SPDX-License-Identifier: Apache-2.0
import Devices
import Documents
import Glibc
import Modbus
import Quantities

/// What libFuzzer calls with each input: the text of a profile.
///
/// Every text is a profile or a list of faults that say something; a profile asks only for what a request can carry, and
/// its values are finite numbers or missing, whatever the registers hold.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let input = unsafe Array(UnsafeBufferPointer(start: start, count: count))
    let document: Document
    do throws(DocumentError) {
        document = try Document(bytes: input, file: "fuzz.yaml")
    } catch {
        check(error)
        return 0
    }
    let name = name(in: input)
    do throws(DocumentError) {
        check(try MeterProfile(document: document, name: name), registers: input)
    } catch {
        check(error)
    }
    do throws(DocumentError) {
        check(try ChargerProfile(document: document, name: name))
    } catch {
        check(error)
    }
    return 0
}

/// The name that a profile gives itself; it has to be that of its file.
private func name(in input: [UInt8]) -> String {
    let lines = String(decoding: input, as: UTF8.self).split(separator: "\n")
    return lines.first { $0.hasPrefix("id: ") }.map { String($0.dropFirst(4)) } ?? "fuzz"
}

private func check(_ error: DocumentError) {
    if error.faults.isEmpty { end("refused without a fault") }
    for fault in error.faults where fault.message.isEmpty { end("a fault without a message") }
    if error.faults.count > 1000 || error.description.utf8.count > 1 << 20 { end("\(error.faults.count) faults") }
}

private func check(_ profile: MeterProfile, registers: [UInt8]) {
    let blocks = profile.pollBlocks + profile.slowBlocks
    check(blocks, isRelative: profile.sunSpec != nil)
    for (seed, fill) in registers.prefix(8).enumerated() {
        var image = RegisterImage()
        for block in blocks {
            let words = (0..<block.count).map {
                UInt16(fill) &* 0x0101 &+ UInt16(truncatingIfNeeded: $0 &* seed &* 7919)
            }
            image.add(words, at: block.address)
        }
        for (quantity, field) in profile.fields {
            if case .number(let value) = field.value(in: image, order: profile.header.wordOrder), !value.isFinite {
                end("\(quantity) is \(value)")
            }
        }
    }
}

private func check(_ profile: ChargerProfile) {
    check(profile.stationBlocks + profile.socketBlocks, isRelative: false)
    if profile.setpoint.minimum <= .zero { end("a lowest setpoint of \(profile.setpoint.minimum)") }
}

private func check(_ blocks: [ReadBlock], isRelative: Bool) {
    for block in blocks {
        if !(1...125).contains(block.count) { end("a request for \(block.count) registers") }
        if block.address < 0 || (!isRelative && block.range.upperBound > 65536) { end("a request for \(block.range)") }
    }
}
