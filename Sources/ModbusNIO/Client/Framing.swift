// SPDX-License-Identifier: Apache-2.0

package import Modbus
package import NIOCore

/// How requests and answers lie in the bytes of a client's connection, and what follows from it.
package enum Framing: Hashable, Sendable {
    /// MBAP headers in a TCP stream.
    case tcp
    /// MBAP headers, one ADU in each datagram.
    case udp
    /// RTU frames in a TCP stream (section 11).
    case rtuOverTCP
    /// RTU frames on a serial line; the silence between two frames, and the one that ends a frame (10.9).
    case rtu(betweenFrames: TimeAmount, endOfFrame: TimeAmount)
    /// Text frames on a serial line; the silence after a timeout.
    case ascii(betweenFrames: TimeAmount)

    /// How long the bytes of a frame may be apart beyond t3.5, as drivers hand bytes over in lumps.
    package static let usualAllowance = Duration.milliseconds(30)
    /// The pause that ends a frame of unknown length where time does not count (11.2).
    private static let pauseOnTCP = TimeAmount.milliseconds(50)

    /// RTU frames on a serial line.
    ///
    /// - Parameters:
    ///   - timing: The silences of the line's bit rate.
    ///   - allowance: What is added to t3.5 before a frame is taken to have ended.
    /// - Returns: The framing with these times.
    package static func rtu(_ timing: SerialTiming, allowance: Duration = usualAllowance) -> Framing {
        .rtu(
            betweenFrames: TimeAmount(bounded: timing.betweenFrames),
            endOfFrame: TimeAmount(bounded: timing.betweenFrames + allowance)
        )
    }

    /// The framing of a transport.
    init(_ transport: ModbusClientConfiguration.Transport) {
        self =
            switch transport {
            case .tcp: .tcp
            case .rtuOverTCP: .rtuOverTCP
            case .udp: .udp
            }
    }

    /// Whether answers name their request; otherwise only one request may be out (10.15, 11.3).
    var hasTransactions: Bool { self == .tcp || self == .udp }

    /// Whether devices share a line: answers of others are passed over, and the line is never closed for a fault.
    var isLine: Bool { silence != nil }

    /// Whether nobody answers a request to this unit (10.13, 11.5).
    func isBroadcast(unit: UInt8) -> Bool { unit == 0 && !hasTransactions }

    /// The silence to keep on a line before a request (10.6, 10.10, 10.18).
    var silence: TimeAmount? {
        switch self {
        case .rtu(let silence, _), .ascii(let silence): silence
        case .tcp, .udp, .rtuOverTCP: nil
        }
    }

    /// The pause without bytes after which what came is all there is.
    var endOfFrame: TimeAmount? {
        switch self {
        case .rtu(_, let pause): pause
        case .rtuOverTCP: Framing.pauseOnTCP
        case .tcp, .udp, .ascii: nil
        }
    }

    /// Appends a request.
    func encode(_ request: Request, transaction: UInt16, unit: UInt8, into bytes: inout [UInt8]) {
        switch self {
        case .tcp, .udp:
            let start = bytes.count
            MBAPHeader(transaction: transaction, unit: unit, pduCount: 0).encode(into: &bytes)
            request.encode(into: &bytes)
            // The length field, now that the length is known.
            let length = UInt16(truncatingIfNeeded: bytes.count - start - 6)
            bytes[start + 4] = UInt8(truncatingIfNeeded: length >> 8)
            bytes[start + 5] = UInt8(truncatingIfNeeded: length)
        case .rtu, .rtuOverTCP:
            RTUFrame.encode(unit: unit, into: &bytes) { request.encode(into: &$0) }
        case .ascii:
            ASCIIFrame.encode(unit: unit, pdu: request.encoded.span, into: &bytes)
        }
    }

    /// Looks for an answer at the front of what came; text frames have a decoder of their own.
    func answer(in bytes: Span<UInt8>, user functions: UserFunctions) -> FoundAnswer {
        switch self {
        case .tcp:
            do throws(FrameError) {
                guard let header = try FrameDecoder.header(of: bytes) else { return .incomplete }
                return .whole(header, start: MBAPHeader.count, end: MBAPHeader.count + header.pduCount)
            } catch {
                return .broken("\(error)")
            }
        case .udp:
            guard let header = try? FrameDecoder.header(of: bytes),
                MBAPHeader.count + header.pduCount == bytes.count
            else { return .broken("a datagram of \(bytes.count) bytes is not one frame") }
            return .whole(header, start: MBAPHeader.count, end: bytes.count)
        case .rtu, .rtuOverTCP:
            switch RTUFrameStart(of: bytes, .response, user: functions) {
            case .frame(let frame): return FoundAnswer(frame)
            case .incomplete: return .incomplete
            case .untilSilence: return .untilSilence
            case .fault(let fault): return .broken("\(fault)")
            }
        case .ascii:
            return .incomplete
        }
    }

    /// Judges what came before a silence; `nil` where silence means nothing.
    func answer(beforeSilence bytes: Span<UInt8>, user functions: UserFunctions) -> FoundAnswer? {
        // In a TCP stream only what has no length ends by a pause; for the rest the request's time counts.
        if self == .rtuOverTCP, answer(in: bytes, user: functions) == .incomplete { return nil }
        do throws(RTUFault) {
            return FoundAnswer(try RTUFrame(whole: bytes))
        } catch {
            return .broken("\(error)")
        }
    }
}

/// What the bytes at the front of a buffer are.
enum FoundAnswer: Equatable {
    /// An answer, and where its PDU begins and ends; `next` is where the following frame begins.
    case whole(MBAPHeader, start: Int, end: Int, next: Int)
    /// The beginning of an answer.
    case incomplete
    /// Perhaps an answer, which ends where the line falls silent.
    case untilSilence
    /// No answer, and why.
    case broken(String)

    static func whole(_ header: MBAPHeader, start: Int, end: Int) -> FoundAnswer {
        .whole(header, start: start, end: end, next: end)
    }

    init(_ frame: RTUFrame) {
        self = .whole(
            MBAPHeader(transaction: 0, unit: frame.unit, pduCount: frame.pduCount),
            start: frame.pdu.lowerBound,
            end: frame.pdu.upperBound,
            next: frame.count
        )
    }
}
