// SPDX-License-Identifier: Apache-2.0

import Modbus

private struct Stream {
    var frames: [[UInt8]] = []
    var error: FrameError?
    var buffer: [UInt8] = []

    /// Takes what arrives and cuts off all whole frames, as a connection does.
    mutating func receive(_ bytes: some Collection<UInt8>) throws(Violation) {
        guard error == nil else { return }
        buffer += bytes
        do throws(FrameError) {
            while let header = try FrameDecoder.header(of: buffer.span) {
                let count = MBAPHeader.count + header.pduCount
                guard count <= buffer.count, (1...Limits.pduCount).contains(header.pduCount) else {
                    throw FrameError.length(0)
                }
                let frame = Array(buffer.prefix(count))
                buffer.removeFirst(count)
                frames.append(frame)
            }
        } catch {
            self.error = error
        }
        if error == nil { try require(buffer.count < 260, "\(buffer.count) bytes are kept") }
    }
}

/// The first byte says in what pieces the rest arrives.
func checkFrames(_ input: inout Input) throws(Violation) {
    let piece = 1 + Int(input.byte())
    let bytes = input.remainder()
    var whole = Stream()
    try whole.receive(bytes)
    var pieces = Stream()
    var offset = 0
    while offset < bytes.count {
        let end = min(bytes.count, offset + piece)
        try pieces.receive(bytes[offset..<end])
        offset = end
    }
    try require(whole.frames == pieces.frames, "the pieces give other frames")
    try require(whole.error == pieces.error, "the pieces give \(String(describing: pieces.error))")
    if whole.error == nil { try require(whole.buffer == pieces.buffer, "the pieces leave something else") }
    if case .length(let length) = whole.error {
        try require(
            !(2...254).contains(length) && length == UInt16(whole.buffer[4]) << 8 | UInt16(whole.buffer[5]),
            "\(length)"
        )
    }
    var joined: [UInt8] = []
    for frame in whole.frames {
        do throws(FrameError) {
            guard let header = try FrameDecoder.header(of: frame.span) else { throw .length(0) }
            header.encode(into: &joined)
            joined += frame[MBAPHeader.count...]
        } catch {
            throw Violation(description: "a frame alone is none: \(frame)")
        }
    }
    try require(joined == Array(bytes.prefix(joined.count)), "encoding does not give the same frames")
}
