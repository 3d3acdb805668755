// SPDX-License-Identifier: Apache-2.0

import Modbus
import NIOCore

/// Asks a connection to answer what it has taken and to end.
struct ConnectionDrain: Sendable {}

/// One connection of a server: frames in, answers out, and the limits that keep it from harming the others.
///
/// Requests are answered from the bytes they came in, and their answers gathered in a buffer that the connections of
/// the event loop share: a read costs one write and no memory of its own.
final class ServerConnectionHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let configuration: ModbusServerConfiguration
    private let responder: any ModbusResponder
    private let registry: ConnectionRegistry
    private let entry: ConnectionRegistry.Entry
    private let output: AnswerBuffer
    private let timer: DeadlineTimer
    private let isSecured: Bool
    private var peer: Peer

    /// Bytes that are no whole frame yet, or that wait until there is room for work.
    private var input: ByteBuffer?
    /// Nothing that comes is looked at any more.
    private var isDeaf = false
    /// The connection is over; what was taken is not carried out and takes no place any more.
    private var isOver = false
    /// The connection ends as soon as all answers are out.
    private var isDraining = false
    private var readIsHeldBack = false
    /// The way around the channel for answers, where there is one.
    private var socket: DirectSocket?
    /// How many writes the channel has not finished.
    private var writesInChannel = 0
    /// The peer is known, if it has to be.
    private var isIdentified: Bool
    private var queue = AnswerQueue()
    private var frameDeadline: NIODeadline?
    private var idleDeadline: NIODeadline?
    private var outputDeadline: NIODeadline?
    private var handshakeDeadline: NIODeadline?

    init(
        _ configuration: ModbusServerConfiguration,
        responder: any ModbusResponder,
        registry: ConnectionRegistry,
        entry: ConnectionRegistry.Entry,
        output: AnswerBuffer
    ) {
        self.configuration = configuration
        self.responder = responder
        self.registry = registry
        self.entry = entry
        self.output = output
        peer = Peer(address: entry.peerText, connection: ObjectIdentifier(entry))
        isSecured = configuration.security != nil
        isIdentified = configuration.security == nil
        timer = DeadlineTimer(loop: entry.channel.eventLoop)
    }

    // MARK: Life

    func handlerAdded(context: ChannelHandlerContext) {
        timer.whenFired { [weak self] in self?.deadlineReached(context) }
        noteUse(context)
        if let security = configuration.security {
            handshakeDeadline = setDeadline(security.handshakeTimeLimit, context)
        }
    }

    func channelActive(context: ChannelHandlerContext) {
        // With a handshake or another framing, bytes are changed on their way.
        if isIdentified, configuration.framing == .tcp { socket = DirectSocket(of: context.channel) }
        context.fireChannelActive()
        read(context)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        timer.stop()
    }

    func channelInactive(context: ChannelHandlerContext) {
        isDeaf = true
        isOver = true
        socket = nil
        input = nil
        timer.stop()
        // Without a connection the answers are dropped (4.11).
        let open = queue.removeAll()
        registry.releaseWork(open.count)
        for slot in open { slot.giveUp() }
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // Resets and the like: they end this connection alone.
        close(context)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case ChannelEvent.inputClosed where isIdentified: drain(context)
        case ChannelEvent.inputClosed:
            if !isDeaf { registry.handshakeFailed(entry, "the peer ended the connection during the handshake") }
            close(context)
        case is ConnectionDrain:
            // What waits for room was not taken yet.
            input = nil
            drain(context)
        case let event as PeerIdentified:
            isIdentified = true
            handshakeDeadline = nil
            peer = Peer(address: peer.address, role: event.role, connection: peer.connection)
        case let event as HandshakeRefused:
            guard !isIdentified, !isDeaf else { return }
            isDeaf = true
            registry.handshakeFailed(entry, event.reason)
        default: context.fireUserInboundEventTriggered(event)
        }
    }

    private func close(_ context: ChannelHandlerContext) {
        isDeaf = true
        isOver = true
        context.close(promise: nil)
    }

    /// Answers what was taken, then ends the connection (12.16, 12.19).
    private func drain(_ context: ChannelHandlerContext) {
        guard isIdentified else { return close(context) }
        isDeaf = true
        isDraining = true
        closeWhenDrained(context)
    }

    private func closeWhenDrained(_ context: ChannelHandlerContext) {
        guard isDraining, queue.isEmpty, !isOver, context.channel.isActive else { return }
        outputDeadline = setDeadline(configuration.outputTimeLimit, context)
        let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
        // Completes after all answers before it.
        context.writeAndFlush(wrapOutboundOut(ByteBuffer())).whenComplete { _ in bound.value.close(promise: nil) }
    }

    // MARK: Requests

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isDeaf else { return }
        guard isIdentified else { return close(context) }
        var bytes = unwrapInboundIn(data)
        if var waiting = input {
            waiting.writeImmutableBuffer(bytes)
            bytes = waiting
        }
        serve(bytes, context)
    }

    /// Serves the whole frames in some bytes, and keeps the rest.
    private func serve(_ received: consuming ByteBuffer, _ context: ChannelHandlerContext) {
        var bytes = received
        var answers = output.take()
        var requests = 0
        var frames = 0
        var isOpen = true
        // Sending may find that the connection has ended, after the first of several requests too.
        while isOpen, !isOver, !isPausedByWork {
            let header: MBAPHeader?
            do throws(FrameError) {
                header = try FrameDecoder.header(of: bytes.readableBytesUInt8Span)
            } catch {
                // The length field is out of range, so nothing that follows can be understood (3.6).
                registry.count(\.brokenStreams)
                isOpen = false
                break
            }
            guard let header else { break }
            bytes.moveReaderIndex(forwardBy: MBAPHeader.count)
            frames += 1
            if header.protocolIdentifier == 0 {
                requests += 1
                let pdu = bytes.readableBytesUInt8Span.extracting(0..<header.pduCount)
                isOpen = serve(header, pdu, &answers, context)
            } else {
                registry.count(\.foreignFrames)
            }
            bytes.moveReaderIndex(forwardBy: header.pduCount)
        }
        if requests > 0 {
            registry.countRequests(requests)
            noteUse(context)
        }
        send(consume answers, context)
        guard isOpen else { return close(context) }
        if !isOver { keep(bytes, hasProgressed: frames > 0, context) }
    }

    /// - Returns: Whether the connection goes on.
    private func serve(
        _ header: MBAPHeader,
        _ pdu: Span<UInt8>,
        _ answers: inout [UInt8],
        _ context: ChannelHandlerContext
    ) -> Bool {
        // One answer a segment, if the operator wants it so (3.3).
        defer { if !configuration.coalescesAnswers { flush(&answers, context) } }
        let function = FunctionCode(rawValue: pdu[0])
        guard !isSecured || isAuthorised(pdu, header.unit) else {
            answer(header, .exception(function, .illegalFunction), &answers)
            return true
        }
        let inWork = queue.count
        // Too much in work: said before the request is looked at, and ahead of the answers that wait (4.4).
        guard inWork < max(1, configuration.maximumInWork) else {
            answerBusy(header, function, &answers)
            return true
        }
        if inWork == 0 || !configuration.answersInOrder {
            let isAnswered = answers.append(header, function) { bytes in
                responder.answer(pdu, unit: header.unit, into: &bytes)
            }
            if isAnswered { return true }
        }
        switch reply(to: pdu, unit: header.unit) {
        case .now(let response): answer(header, response, &answers)
        case .later(let delay, let response):
            if let number = takeWork(header, function, nil, &answers, context) {
                finish(number, with: response, after: delay, context)
            }
        case .pending(let pending):
            if let number = takeWork(header, function, pending, &answers, context) {
                finish(number, with: pending, context)
            } else {
                pending.abandon()
            }
        case .silence: break
        case .closeConnection: return false
        }
        return true
    }

    private func isAuthorised(_ pdu: Span<UInt8>, _ unit: UInt8) -> Bool {
        guard let security = configuration.security, !security.authorise(pdu, unit, peer) else { return true }
        registry.count(\.unauthorisedRequests)
        return false
    }

    private func reply(to pdu: Span<UInt8>, unit: UInt8) -> ServerReply {
        do throws(RequestStructureError) {
            return responder.respond(to: try Request(decoding: pdu), unit: unit, peer: peer)
        } catch {
            switch error {
            case .structure(let function): return responder.respond(toMalformed: function, unit: unit)
            case .reference(let function): return .now(.exception(function, error.exception))
            // The frame decoder lets no empty PDU through.
            case .empty: return .closeConnection
            }
        }
    }

    // MARK: Work that takes time

    /// With ``ModbusServerConfiguration/pausesWhenBusy`` the input waits while there is no room for work.
    private var isPausedByWork: Bool {
        configuration.pausesWhenBusy && queue.count >= max(1, configuration.maximumInWork)
    }

    /// Takes a place for a request, or answers that there is none.
    private func takeWork(
        _ header: MBAPHeader,
        _ function: FunctionCode,
        _ pending: PendingReply?,
        _ answers: inout [UInt8],
        _ context: ChannelHandlerContext
    ) -> Int? {
        guard registry.takeWork() else {
            answerBusy(header, function, &answers)
            return nil
        }
        let deadline = setDeadline(configuration.answerTimeLimit, context)
        defer { entry.setInWork(queue.count) }
        return queue.add(header, function, deadline: deadline, pending: pending)
    }

    private func finish(_ number: Int, with response: Response, after delay: Duration, _ context: ChannelHandlerContext)
    {
        let task = context.eventLoop.assumeIsolated().scheduleTask(in: TimeAmount(bounded: delay)) {
            self.finished(number, response, context)
        }
        queue.setTask(task, of: number)
    }

    private func finish(_ number: Int, with pending: PendingReply, _ context: ChannelHandlerContext) {
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        pending.onAnswer { response in
            bound.eventLoop.execute { bound.value.0.finished(number, response, bound.value.1) }
        }
    }

    private func finished(_ number: Int, _ response: Response, _ context: ChannelHandlerContext) {
        guard !isOver else { return }
        queue.complete(number, with: encoded(response))
        release(context)
    }

    /// Sends what may leave, and goes on with what waited for room.
    private func release(_ context: ChannelHandlerContext) {
        let wasPaused = isPausedByWork
        let ready = queue.takeReady(inOrder: configuration.answersInOrder)
        guard !ready.isEmpty else { return }
        registry.releaseWork(ready.count)
        entry.setInWork(queue.count)
        var answers = output.take()
        for slot in ready where !isOver {
            answers.append(transaction: slot.transaction, unit: slot.unit, slot.answer ?? [])
            if !configuration.coalescesAnswers { flush(&answers, context) }
        }
        send(consume answers, context)
        if wasPaused, !isPausedByWork, !isOver {
            // Before the end: a half-closed peer may have sent more than there was room for.
            if let input { serve(input, context) }
            continueReading(context)
        }
        closeWhenDrained(context)
    }

    // MARK: Answers

    private func encoded(_ response: Response) -> [UInt8] {
        (response.fits ? response : .exception(response.function, .serverDeviceFailure)).encoded
    }

    /// Answers at once, or behind the answers that have to leave before.
    private func answer(_ header: MBAPHeader, _ response: Response, _ answers: inout [UInt8]) {
        let bytes = encoded(response)
        guard queue.isEmpty || !configuration.answersInOrder else {
            guard registry.takeWork() else { return answerBusy(header, response.function, &answers) }
            _ = queue.add(header, response.function, deadline: .distantFuture, answer: bytes)
            return entry.setInWork(queue.count)
        }
        answers.append(transaction: header.transaction, unit: header.unit, bytes)
    }

    private func answerBusy(_ header: MBAPHeader, _ function: FunctionCode, _ answers: inout [UInt8]) {
        registry.count(\.busyAnswers)
        let busy = Response.exception(function, .serverDeviceBusy).encoded
        answers.append(transaction: header.transaction, unit: header.unit, busy)
    }

    /// Sends what was gathered so far.
    private func flush(_ answers: inout [UInt8], _ context: ChannelHandlerContext) {
        var gathered: [UInt8] = []
        swap(&gathered, &answers)
        send(consume gathered, context)
        answers = output.take()
    }

    private func send(_ answers: consuming [UInt8], _ context: ChannelHandlerContext) {
        var taken = 0
        if !answers.isEmpty, writesInChannel == 0, let socket, context.channel.isActive {
            taken = socket.write(answers)
        }
        guard taken < answers.count, !isOver else { return output.giveBack(consume answers) }
        let rest = ByteBuffer(bytes: answers[taken...])
        output.giveBack(consume answers)
        writesInChannel += 1
        if writesInChannel == 1, !isDraining { outputDeadline = setDeadline(configuration.outputTimeLimit, context) }
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        context.writeAndFlush(wrapOutboundOut(rest)).whenComplete { _ in bound.value.0.hasWritten(bound.value.1) }
        if writesInChannel > 0 { checkPendingOutput(context) }
    }

    /// The peer has read something, so it has its time anew (12.17).
    private func hasWritten(_ context: ChannelHandlerContext) {
        writesInChannel -= 1
        guard !isDraining, !isOver else { return }
        outputDeadline = writesInChannel == 0 ? nil : setDeadline(configuration.outputTimeLimit, context)
    }

    // MARK: Back-pressure

    func channelReadComplete(context: ChannelHandlerContext) {
        context.fireChannelReadComplete()
        read(context)
    }

    /// Reads once more, unless the peer does not read its answers or has too much in work.
    ///
    /// The channel does not read by itself, so that neither can pile up.
    private func read(_ context: ChannelHandlerContext) {
        guard context.channel.isWritable, !isPausedByWork else {
            readIsHeldBack = true
            return
        }
        context.read()
    }

    private func continueReading(_ context: ChannelHandlerContext) {
        guard readIsHeldBack else { return }
        readIsHeldBack = false
        read(context)
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable { continueReading(context) }
        context.fireChannelWritabilityChanged()
    }

    private func checkPendingOutput(_ context: ChannelHandlerContext) {
        // A channel that cannot tell (in tests) is bounded by the time limit alone.
        let pending = try? context.channel.syncOptions?.getOption(.bufferedWritableBytes)
        guard let pending, pending > configuration.maximumPendingOutput else { return }
        registry.count(\.slowReaders)
        close(context)
    }

    // MARK: Time

    private func setDeadline(_ limit: Duration, _ context: ChannelHandlerContext) -> NIODeadline {
        let deadline = context.eventLoop.now + TimeAmount(bounded: limit)
        timer.arm(at: deadline)
        return deadline
    }

    private func noteUse(_ context: ChannelHandlerContext) {
        registry.touch(entry)
        if let limit = configuration.idleLimit { idleDeadline = setDeadline(limit, context) }
    }

    /// Keeps bytes that are no whole frame, or that wait for room.
    ///
    /// The clock of a frame starts with its first byte and is not moved by the bytes that follow.
    private func keep(_ rest: ByteBuffer, hasProgressed: Bool, _ context: ChannelHandlerContext) {
        guard rest.readableBytes > 0 else {
            if input != nil {
                input = nil
                frameDeadline = nil
            }
            return
        }
        var rest = rest
        rest.discardReadBytes()
        input = rest
        if isPausedByWork {
            frameDeadline = nil
        } else if hasProgressed || frameDeadline == nil {
            frameDeadline = setDeadline(configuration.frameTimeLimit, context)
        }
    }

    private func deadlineReached(_ context: ChannelHandlerContext) {
        let now = context.eventLoop.now
        answerExpired(at: now, context)
        guard !isOver else { return }
        if let handshakeDeadline, handshakeDeadline <= now {
            registry.handshakeFailed(entry, "the handshake took too long")
            close(context)
        } else if let outputDeadline, outputDeadline <= now {
            registry.count(\.slowReaders)
            close(context)
        } else if let frameDeadline, frameDeadline <= now {
            registry.count(\.slowFrames)
            close(context)
        } else if let idleDeadline, idleDeadline <= now, queue.isEmpty {
            close(context)
        } else {
            // Not idle while a request is in work.
            if let limit = configuration.idleLimit, let idleDeadline, idleDeadline <= now {
                self.idleDeadline = now + TimeAmount(bounded: limit)
            }
            let deadlines = [handshakeDeadline, outputDeadline, frameDeadline, idleDeadline, queue.earliestDeadline]
            if let next = deadlines.compactMap({ $0 }).filter({ $0 > now }).min() { timer.arm(at: next) }
        }
    }

    /// A responder that takes too long is answered for (9.18).
    private func answerExpired(at now: NIODeadline, _ context: ChannelHandlerContext) {
        let expired = queue.expired(at: now)
        guard !expired.isEmpty else { return }
        for slot in expired {
            registry.count(\.lateAnswers)
            slot.giveUp()
            queue.complete(slot.number, with: Response.exception(slot.function, .serverDeviceFailure).encoded)
        }
        release(context)
    }
}
