// SPDX-License-Identifier: Apache-2.0

import Modbus
import NIOCore

/// What a client's connection tells its owner, on the connection's event loop.
protocol ClientConnectionDelegate: AnyObject {
    /// A whole answer came; on lines the header has only the unit.
    func received(_ header: MBAPHeader, _ pdu: Span<UInt8>, on connection: ClientConnection)
    /// Bytes came that are no answer.
    func received(damage: String, on connection: ClientConnection)
    /// Bytes came that nobody waits for.
    func receivedNoise(on connection: ClientConnection)
    /// The connection ended.
    func ended(_ connection: ClientConnection)
    /// The socket reported an error that does not end it, such as a port that nobody listens at, or a handler the reason
    /// of the end.
    func failed(_ connection: ClientConnection, _ error: any Error)
}

/// One connection of a client: requests into bytes, bytes into answers.
final class ClientConnection: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    let channel: any Channel
    /// How often bytes have come.
    private(set) var arrivals: UInt64 = 0

    private let framing: Framing
    /// Whether requests of one turn of the event loop leave in one write.
    private let sharesWrites: Bool
    private let functions: UserFunctions
    private let delegate: any ClientConnectionDelegate
    private let timer: DeadlineTimer
    private var context: ChannelHandlerContext?

    /// The bytes of an answer that is not there as a whole.
    private var partial: [UInt8] = []
    private var textDecoder = ASCIIFrameDecoder()
    /// When the line has been silent for long enough to end a frame.
    private var silence: NIODeadline?
    /// Whether anything that comes can be an answer.
    private var isListening: Bool
    /// Nothing that comes is looked at any more.
    private var isDeaf = false

    /// Whether bytes came that are still being looked at, or callers run that were answered by them.
    private var isDelivering = false
    /// Requests that are not written yet.
    private var output = OutputBuffer()
    /// Whether the bytes of the channel are those of its socket.
    private let hasPlainSocket: Bool
    /// The way around the channel for requests, where there is one.
    private var socket: DirectSocket?
    /// How many writes the channel has not finished.
    private var writesInChannel = 0
    /// Whether the end of the delivery or of the turn writes them.
    private var isFlushAwaited = false
    private let executor: EventLoopTaskExecutor
    private let jobs: DeliveryJobs

    /// Creates the handler of a channel, on the channel's event loop.
    init(
        _ channel: any Channel,
        _ framing: Framing,
        functions: UserFunctions,
        sharesWrites: Bool,
        hasPlainSocket: Bool,
        executor: EventLoopTaskExecutor,
        delegate: any ClientConnectionDelegate
    ) {
        self.channel = channel
        self.hasPlainSocket = hasPlainSocket
        self.functions = functions
        self.executor = executor
        jobs = executor.jobs
        self.framing = framing
        self.sharesWrites = sharesWrites && framing == .tcp
        self.delegate = delegate
        isListening = !framing.isLine
        timer = DeadlineTimer(loop: channel.eventLoop)
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        timer.whenFired { [weak self] in self?.silenceReached() }
    }

    func channelActive(context: ChannelHandlerContext) {
        if hasPlainSocket { socket = DirectSocket(of: channel) }
        context.fireChannelActive()
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        endDelivery()
        self.context = nil
        timer.stop()
    }

    // MARK: Requests

    /// Hands a request to the socket, now or at the end of the turn.
    func send(_ request: Request, transaction: UInt16, unit: UInt8) {
        isListening = true
        output.append(request, framing, transaction: transaction, unit: unit)
        guard sharesWrites else { return flush() }
        guard !isFlushAwaited else { return }
        isFlushAwaited = true
        // At the end of a delivery the callers that were answered have had their say.
        guard !isDelivering else { return }
        channel.eventLoop.assumeIsolated().execute { self.flushIfAwaited() }
    }

    private func flush() {
        defer { output.removeAll() }
        // Nothing of a connection that was given up reaches the device any more.
        guard !isDeaf, let context else { return }
        var taken = 0
        if writesInChannel == 0, let socket, channel.isActive { taken = socket.write(output.bytes) }
        guard taken < output.bytes.count else { return }
        writesInChannel += 1
        let rest = ByteBuffer(bytes: output.bytes[taken...])
        let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
        // A write that fails closes the channel, which ends all its transactions.
        context.writeAndFlush(wrapOutboundOut(rest)).whenComplete { _ in bound.value.writesInChannel -= 1 }
    }

    private func flushIfAwaited() {
        guard isFlushAwaited else { return }
        isFlushAwaited = false
        flush()
    }

    /// Lets the callers go on that were answered, and writes what they ask.
    private func endDelivery() {
        jobs.run(on: executor)
        isDelivering = false
        flushIfAwaited()
    }

    /// Passes over what comes until the next request (10.18).
    func stopListening() {
        isListening = false
        partial = []
        silence = nil
    }

    /// Passes over all that still comes.
    func giveUp() { isDeaf = true }

    // MARK: Answers

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isDeaf else { return }
        arrivals &+= 1
        isDelivering = true
        jobs.begin()
        guard isListening else { return delegate.receivedNoise(on: self) }
        let buffer = unwrapInboundIn(data)
        if case .ascii = framing {
            readText(buffer.readableBytesUInt8Span)
        } else if partial.isEmpty {
            let bytes = buffer.readableBytesUInt8Span
            keep(bytes, from: read(bytes))
        } else {
            partial.append(contentsOf: buffer.readableBytesView)
            let bytes = partial
            keep(bytes.span, from: read(bytes.span))
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) { endDelivery() }

    /// Tells the answers in some bytes.
    ///
    /// - Returns: Where the first byte lies that belongs to no whole answer.
    private func read(_ bytes: Span<UInt8>) -> Int {
        var offset = 0
        while offset < bytes.count, !isDeaf, isListening {
            switch framing.answer(in: bytes.extracting(offset..<bytes.count), user: functions) {
            case .whole(let header, let start, let end, let next):
                delegate.received(header, bytes.extracting(offset + start..<offset + end), on: self)
                offset += next
            case .broken(let reason):
                delegate.received(damage: reason, on: self)
                return bytes.count
            case .incomplete, .untilSilence:
                return offset
            }
        }
        return bytes.count
    }

    /// Keeps the beginning of an answer; a frame is never longer than 260 bytes, so neither is this.
    private func keep(_ bytes: Span<UInt8>, from offset: Int) {
        if offset == 0, partial.count == bytes.count { return awaitSilence() }
        partial.removeAll(keepingCapacity: true)
        for index in offset..<bytes.count { partial.append(bytes[index]) }
        awaitSilence()
    }

    private func readText(_ bytes: Span<UInt8>) {
        for index in bytes.indices where isListening && !isDeaf {
            switch textDecoder.receive(bytes[index]) {
            case .more: break
            case .fault(let fault): delegate.received(damage: "\(fault)", on: self)
            case .frame:
                let pdu = textDecoder.pdu
                let header = MBAPHeader(transaction: 0, unit: textDecoder.unit, pduCount: pdu.count)
                delegate.received(header, pdu.span, on: self)
            }
        }
    }

    private func awaitSilence() {
        guard let pause = framing.endOfFrame, !partial.isEmpty else {
            silence = nil
            return
        }
        let end = channel.eventLoop.now + pause
        silence = end
        timer.arm(at: end)
    }

    private func silenceReached() {
        guard let silence else { return }
        guard silence <= channel.eventLoop.now else { return timer.arm(at: silence) }
        self.silence = nil
        guard !isDeaf, isListening else { return }
        let bytes = partial
        switch framing.answer(beforeSilence: bytes.span, user: functions) {
        case .whole(let header, let start, let end, _):
            partial = []
            delegate.received(header, bytes.span.extracting(start..<end), on: self)
        case .broken(let reason):
            partial = []
            delegate.received(damage: reason, on: self)
        case .incomplete, .untilSilence, nil:
            break
        }
    }

    // MARK: The end

    func channelInactive(context: ChannelHandlerContext) {
        socket = nil
        timer.stop()
        delegate.ended(self)
        endDelivery()
        context.fireChannelInactive()
    }

    /// A reset or a failed write: the connection is of no use, and closing it reports the end.
    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        delegate.failed(self, error)
        endDelivery()
        context.close(promise: nil)
    }
}

extension ClientConnection {
    typealias OutboundOut = ByteBuffer
}
