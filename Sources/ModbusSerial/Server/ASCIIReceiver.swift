// SPDX-License-Identifier: Apache-2.0

import Modbus

/// Cuts what a server hears on a line into text frames, which show where they begin and end.
///
/// Answers of other devices are frames as well, to units that are not the server's; silences mean nothing.
struct ASCIIReceiver: LineReceiver {
    private var decoder = ASCIIFrameDecoder()
    private var waiting: [UInt8] = []
    /// How many of the waiting characters were looked at.
    private var start = 0

    var awaitsSilence: Bool { false }

    mutating func receive(_ new: some Sequence<UInt8>) { waiting.append(contentsOf: new) }

    mutating func next() -> Heard? {
        while start < waiting.count {
            let step = decoder.receive(waiting[start])
            start += 1
            switch step {
            case .more: break
            case .frame: return .frame(unit: decoder.unit, pdu: Array(decoder.pdu))
            case .fault: return .fault
            }
        }
        waiting.removeAll(keepingCapacity: true)
        start = 0
        return nil
    }

    mutating func fallSilent() -> Heard? { nil }
}
