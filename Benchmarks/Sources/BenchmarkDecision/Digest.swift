// SPDX-License-Identifier: Apache-2.0
import Balancing
import Quantities

/// A checksum over decisions (FNV-1a, 64 bits): equal for two builds that decide the same with the same words.
struct Digest {
    private(set) var value: UInt64 = 0xCBF2_9CE4_8422_2325

    mutating func add(_ byte: UInt8) { value = (value ^ UInt64(byte)) &* 0x100_0000_01B3 }

    mutating func add(_ text: String) {
        for byte in text.utf8 { add(byte) }
        add(0)
    }

    mutating func add(_ number: Int) {
        for shift in stride(from: 0, to: 64, by: 8) { add(UInt8(truncatingIfNeeded: number >> shift)) }
    }

    mutating func add(_ bound: BindingLimit) {
        add(bound.kind)
        add(bound.phase?.rawValue ?? "")
        switch bound {
        case .circuit(let id, _): add(id.text)
        case .station(let id): add(id.text)
        default: break
        }
    }

    mutating func add(_ directive: Directive) {
        switch directive {
        case .offer(let offer):
            add(offer.socket.text)
            add(offer.current.milliamperes)
            add(offer.bound)
            add(offer.why)
        case .notify(let note):
            add(note.id)
            add(note.level.rawValue)
            add(note.text)
            add(note.cause)
        }
    }

    mutating func add(_ status: SiteStatus) {
        add(status.meter.rawValue)
        for phase in status.phases.values {
            add(phase.background?.milliamperes ?? -1)
            add(phase.headroom?.milliamperes ?? -1)
            add(phase.offered.milliamperes)
            add(phase.charging.milliamperes)
        }
        for socket in status.sockets {
            add(socket.activity.rawValue)
            add(socket.offer.milliamperes)
            add(socket.bound)
            add(socket.why)
            add(socket.waitingPosition ?? 0)
            add(socket.reserved.milliamperes)
        }
    }
}
