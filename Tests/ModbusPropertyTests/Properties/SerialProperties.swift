// SPDX-License-Identifier: Apache-2.0

import Modbus

/// The first byte gives the direction and the kind of frame; a stream follows.
func checkSerial(_ input: inout Input) throws(Violation) {
    let mode = input.byte()
    let direction: MessageDirection = mode & 1 == 0 ? .request : .response
    let bytes = Array(input.remainder().prefix(1024))
    if mode & 2 == 0 {
        try checkRTUStream(bytes, direction)
        try checkRTUFrame(bytes, direction)
    } else {
        try checkASCIIStream(bytes)
        try checkASCIIFrame(bytes)
    }
}

/// Cuts a stream as RTU over TCP does: by length rule and checksum, and by searching after an error.
private func checkRTUStream(_ bytes: [UInt8], _ direction: MessageDirection) throws(Violation) {
    var rest = bytes[...]
    for _ in 0...bytes.count {
        let start = RTUFrameStart(of: Array(rest).span, direction)
        switch start {
        case .frame(let frame):
            try checkFound(frame, in: rest, direction)
            rest = rest.dropFirst(frame.count)
            if rest.isEmpty { return }
        case .incomplete(let count):
            try require(
                count > rest.count && RTUFrame.counts.contains(count),
                "at least \(count) of \(rest.count) bytes"
            )
            return
        case .untilSilence:
            try require(rest.count <= RTUFrame.counts.upperBound, "silence awaited after \(rest.count) bytes")
            return
        case .fault(let fault):
            try require(!fault.description.isEmpty, "a fault without a text")
            let search = RTUSearch(of: Array(rest).span, direction)
            try require(
                search.skipped > 0 && search.skipped <= rest.count,
                "\(search.skipped) of \(rest.count) skipped"
            )
            rest = rest.dropFirst(search.skipped)
            guard let frame = search.frame else {
                try require(rest.count <= RTUFrame.counts.upperBound, "\(rest.count) bytes are kept")
                return
            }
            try checkFound(frame, in: rest, direction)
        }
    }
    throw Violation(description: "the stream is not used up")
}

private func checkFound(_ frame: RTUFrame, in rest: ArraySlice<UInt8>, _ direction: MessageDirection) throws(Violation)
{
    try require(RTUFrame.counts.contains(frame.count) && frame.count <= rest.count, "a frame of \(frame.count) bytes")
    let whole = Array(rest.prefix(frame.count))
    try require(read(whole) == frame, "another frame between silences")
    try require(RTUFrameStart(of: whole.span, direction) == .frame(frame), "another frame without what follows")
    var encoded: [UInt8] = []
    RTUFrame.encode(unit: frame.unit, into: &encoded) { $0 += whole[frame.pdu] }
    try require(encoded == whole, "encoding does not give the same frame")
}

/// The first bytes as unit and PDU.
private func checkRTUFrame(_ bytes: [UInt8], _ direction: MessageDirection) throws(Violation) {
    guard let unit = bytes.first, bytes.count > 1 else { return }
    let pdu = Array(bytes.dropFirst().prefix(Limits.pduCount))
    var frame: [UInt8] = []
    RTUFrame.encode(unit: unit, into: &frame) { $0 += pdu }
    let found = read(frame)
    try require(found?.unit == unit && found.map { Array(frame[$0.pdu]) } == pdu, "a frame is not read back")
    // A changed byte is always found.
    let place = Int(bytes[bytes.count - 1]) % frame.count
    frame[place] ^= bytes[bytes.count / 2] | 1
    try require(read(frame) == nil, "a changed byte is not found")
}

private func read(_ bytes: [UInt8]) -> RTUFrame? {
    do throws(RTUFault) {
        return try RTUFrame(whole: bytes.span)
    } catch {
        return nil
    }
}

private func checkASCIIStream(_ bytes: [UInt8]) throws(Violation) {
    var decoder = ASCIIFrameDecoder()
    var frames = 0
    for (index, character) in bytes.enumerated() {
        switch decoder.receive(character) {
        case .more: continue
        case .fault(let fault): try require(!fault.description.isEmpty, "a fault without a text")
        case .frame:
            frames += 1
            try require((1...Limits.pduCount).contains(decoder.pdu.count), "a PDU of \(decoder.pdu.count) bytes")
            var encoded: [UInt8] = []
            ASCIIFrame.encode(unit: decoder.unit, pdu: Array(decoder.pdu).span, into: &encoded)
            let received = bytes[...index].suffix(encoded.count).map { $0 >= 97 && $0 <= 102 ? $0 - 32 : $0 }
            try require(encoded == received, "encoding does not give the same frame")
        }
    }
    try require(frames <= bytes.count / 9, "\(frames) frames in \(bytes.count) characters")
}

private func checkASCIIFrame(_ bytes: [UInt8]) throws(Violation) {
    guard let unit = bytes.first, bytes.count > 1 else { return }
    let pdu = Array(bytes.dropFirst().prefix(Limits.pduCount))
    var frame: [UInt8] = []
    ASCIIFrame.encode(unit: unit, pdu: pdu.span, into: &frame)
    try require(frame.count <= ASCIIFrame.maximumCount, "a frame of \(frame.count) characters")
    var decoder = ASCIIFrameDecoder()
    for (index, character) in frame.enumerated() {
        let expected: ASCIIFrameDecoder.Step = index == frame.count - 1 ? .frame : .more
        try require(decoder.receive(character) == expected, "character \(index) of a good frame")
    }
    try require(decoder.unit == unit && Array(decoder.pdu) == pdu, "another frame is read back")
}
