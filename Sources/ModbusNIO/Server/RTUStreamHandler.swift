// SPDX-License-Identifier: Apache-2.0

import Modbus
import NIOCore

/// Stands between the socket and a server's connection and turns serial frames into ADUs of Modbus TCP and back.
///
/// So a connection of RTU over TCP has all limits of any other one. The transaction says whether the answer is sent.
final class RTUStreamHandler: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private enum Transaction {
        static let answered: UInt16 = 0
        static let broadcast: UInt16 = 1
    }

    private let registry: ConnectionRegistry
    private let endOfFrame: TimeAmount
    private let frameTimeLimit: TimeAmount
    private let broadcastUnits: [UInt8]
    private let timer: DeadlineTimer

    private var stream: RTUStream
    /// Whether bytes that the peer sends would come; neither clock runs while the connection is not read from.
    private var isReading = false
    /// Nothing that comes is looked at any more.
    private var isDeaf = false
    /// When the frame at hand has taken too long.
    private var frameDeadline: NIODeadline?
    /// When a frame of unknown length has ended.
    private var pauseDeadline: NIODeadline?

    init(_ configuration: ModbusServerConfiguration, registry: ConnectionRegistry, loop: any EventLoop) {
        self.registry = registry
        let frames = configuration.rtuOverTCP
        endOfFrame = TimeAmount(bounded: frames.endOfFrame)
        frameTimeLimit = TimeAmount(bounded: configuration.frameTimeLimit)
        broadcastUnits = frames.broadcastUnits.isEmpty ? [0] : frames.broadcastUnits.sorted()
        stream = RTUStream(functions: frames.userFunctions, searches: frames.searchesAfterFault)
        timer = DeadlineTimer(loop: loop)
    }

    func handlerAdded(context: ChannelHandlerContext) {
        timer.whenFired { [weak self] in self?.deadlineReached(context) }
    }

    func handlerRemoved(context: ChannelHandlerContext) { timer.stop() }

    func channelInactive(context: ChannelHandlerContext) {
        isDeaf = true
        timer.stop()
        context.fireChannelInactive()
    }

    // MARK: Requests

    func read(context: ChannelHandlerContext) {
        isReading = true
        context.read()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isDeaf else { return }
        isReading = false
        stream.receive(unwrapInboundIn(data).readableBytesView)
        hand(context)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        // After the last byte no pause is needed.
        if case ChannelEvent.inputClosed = event, !isDeaf { hand(pause: stream.pause(), context) }
        context.fireUserInboundEventTriggered(event)
    }

    /// Hands the whole frames on, and keeps the rest.
    private func hand(pause first: RTUStream.Found? = nil, _ context: ChannelHandlerContext) {
        var requests: [UInt8] = []
        var frames = 0
        var found = first ?? stream.next()
        while case .frame(let unit, let pdu) = found {
            frames += 1
            if unit == 0 {
                addForAll(pdu, to: &requests)
            } else {
                requests.append(transaction: Transaction.answered, unit: unit, pdu)
            }
            found = stream.next()
        }
        if !requests.isEmpty { context.fireChannelRead(wrapInboundOut(ByteBuffer(bytes: requests))) }
        guard found == nil else {
            registry.count(\.brokenStreams)
            return close(context)
        }
        setDeadlines(hasProgressed: frames > 0, context)
    }

    /// Writes to all are carried out and never answered; reads mean nothing (11.5).
    private func addForAll(_ pdu: [UInt8], to requests: inout [UInt8]) {
        guard let request = try? Request(decoding: pdu.span), !request.isRead else { return }
        for unit in broadcastUnits { requests.append(transaction: Transaction.broadcast, unit: unit, pdu) }
    }

    // MARK: Answers

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        var answers = unwrapOutboundIn(data)
        var bytes: [UInt8] = []
        // The server writes whole ADUs; what is none is left out.
        while let header = try? FrameDecoder.header(of: answers.readableBytesUInt8Span) {
            answers.moveReaderIndex(forwardBy: MBAPHeader.count)
            if header.transaction == Transaction.answered {
                RTUFrame.encode(unit: header.unit, into: &bytes) { bytes in
                    bytes.append(contentsOf: answers.readableBytesView.prefix(header.pduCount))
                }
            }
            answers.moveReaderIndex(forwardBy: header.pduCount)
        }
        context.write(wrapOutboundOut(ByteBuffer(bytes: bytes)), promise: promise)
    }

    // MARK: Time

    /// The clock of a frame starts with its first byte and is not moved by the bytes that follow.
    private func setDeadlines(hasProgressed: Bool, _ context: ChannelHandlerContext) {
        let now = context.eventLoop.now
        if stream.isEmpty {
            frameDeadline = nil
        } else if hasProgressed || frameDeadline == nil {
            frameDeadline = now + frameTimeLimit
        }
        pauseDeadline = stream.awaitsPause ? now + endOfFrame : nil
        arm()
    }

    private func arm() {
        if let next = [frameDeadline, pauseDeadline].compactMap({ $0 }).min() { timer.arm(at: next) }
    }

    private func deadlineReached(_ context: ChannelHandlerContext) {
        let now = context.eventLoop.now
        if !isReading {
            // The peer may have sent more, which waits until the server has room for it.
            if frameDeadline != nil { frameDeadline = now + frameTimeLimit }
            if pauseDeadline != nil { pauseDeadline = now + endOfFrame }
        }
        if let pauseDeadline, pauseDeadline <= now {
            hand(pause: stream.pause(), context)
        } else if let frameDeadline, frameDeadline <= now {
            registry.count(\.slowFrames)
            close(context)
        } else {
            arm()
        }
    }

    private func close(_ context: ChannelHandlerContext) {
        isDeaf = true
        context.close(promise: nil)
    }
}
