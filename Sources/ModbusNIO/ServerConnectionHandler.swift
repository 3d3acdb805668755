// SPDX-License-Identifier: Apache-2.0

import Modbus
import NIOCore

/// Asks a connection to answer what it has taken and to end.
struct ConnectionDrain: Sendable {}

/// One connection of a server: frames in, answers out, and the limits that keep it from harming the others.
final class ServerConnectionHandler: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let configuration: ModbusServerConfiguration
    private let responder: any ModbusResponder
    private let registry: ConnectionRegistry
    private let entry: ConnectionRegistry.Entry
    private let processor = NIOSingleStepByteToMessageProcessor(FrameStreamDecoder())
    private let timer: DeadlineTimer
    private var encoder = FrameEncoder()

    /// Nothing that comes is looked at any more.
    private var isDeaf = false
    /// The connection ends as soon as all answers are out.
    private var isDraining = false
    private var readIsHeldBack = false
    /// The answers that wait for their time, by a running number.
    private var delayed: [Int: Scheduled<Void>] = [:]
    private var nextDelayed = 0
    private var frameDeadline: NIODeadline?
    private var idleDeadline: NIODeadline?
    private var outputDeadline: NIODeadline?

    init(
        _ configuration: ModbusServerConfiguration,
        responder: any ModbusResponder,
        registry: ConnectionRegistry,
        entry: ConnectionRegistry.Entry
    ) {
        self.configuration = configuration
        self.responder = responder
        self.registry = registry
        self.entry = entry
        timer = DeadlineTimer(loop: entry.channel.eventLoop)
    }

    // MARK: Life

    func handlerAdded(context: ChannelHandlerContext) {
        timer.whenFired { [weak self] in self?.deadlineReached(context) }
        noteUse(context)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        timer.stop()
    }

    func channelInactive(context: ChannelHandlerContext) {
        isDeaf = true
        timer.stop()
        // Without a connection the answers are dropped (4.11).
        for answer in delayed.values { answer.cancel() }
        delayed = [:]
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // Resets and the like: they end this connection alone.
        close(context)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case ChannelEvent.inputClosed, is ConnectionDrain: drain(context)
        default: context.fireUserInboundEventTriggered(event)
        }
    }

    private func close(_ context: ChannelHandlerContext) {
        isDeaf = true
        context.close(promise: nil)
    }

    /// Answers what was taken, then ends the connection (12.16, 12.19).
    private func drain(_ context: ChannelHandlerContext) {
        isDeaf = true
        isDraining = true
        closeWhenDrained(context)
    }

    private func closeWhenDrained(_ context: ChannelHandlerContext) {
        guard isDraining, delayed.isEmpty, context.channel.isActive else { return }
        setOutputDeadline(context)
        let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
        // Completes after all answers before it.
        context.writeAndFlush(wrapOutboundOut(ByteBuffer())).whenComplete { _ in bound.value.close(promise: nil) }
    }

    // MARK: Requests

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isDeaf else { return }
        do {
            var frames = 0
            try processor.process(buffer: unwrapInboundIn(data)) { frame in
                frames += 1
                handle(frame, context)
            }
            watchHalfFrame(context, hasProgressed: frames > 0)
        } catch {
            // The length field is out of range, so nothing that follows can be understood (3.6).
            registry.count(\.brokenStreams)
            close(context)
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        if configuration.coalescesAnswers { context.flush() }
        context.fireChannelReadComplete()
    }

    private func handle(_ frame: Frame, _ context: ChannelHandlerContext) {
        guard !isDeaf else { return }
        guard frame.header.protocolIdentifier == 0 else {
            registry.count(\.foreignFrames)
            return
        }
        registry.countRequest()
        noteUse(context)
        switch reply(to: frame) {
        case .now(let response): write(response, frame.header, context)
        case .later(let delay, let response): write(response, frame.header, after: delay, context)
        case .silence: break
        case .closeConnection: close(context)
        }
    }

    private func reply(to frame: Frame) -> ServerReply {
        let unit = frame.header.unit
        do throws(RequestStructureError) {
            return responder.respond(to: try Request(decoding: frame.pdu.readableBytesUInt8Span), unit: unit)
        } catch {
            switch error {
            case .structure(let function): return responder.respond(toMalformed: function, unit: unit)
            case .reference(let function): return .now(.exception(function, error.exception))
            // The frame decoder lets no empty PDU through.
            case .empty: return .closeConnection
            }
        }
    }

    // MARK: Answers

    private func write(_ response: Response, _ header: MBAPHeader, _ context: ChannelHandlerContext) {
        let response = response.fits ? response : .exception(response.function, .serverDeviceFailure)
        let bytes = encoder.encode(
            response,
            transaction: header.transaction,
            unit: header.unit,
            allocator: context.channel.allocator
        )
        context.write(wrapOutboundOut(bytes), promise: nil)
        // One answer a segment, unless the operator wants otherwise (3.3).
        if !configuration.coalescesAnswers { context.flush() }
        if !context.channel.isWritable { checkPendingOutput(context) }
    }

    private func write(
        _ response: Response,
        _ header: MBAPHeader,
        after delay: Duration,
        _ context: ChannelHandlerContext
    ) {
        guard delayed.count < max(1, configuration.maximumDelayed) else {
            write(.exception(response.function, .serverDeviceBusy), header, context)
            return
        }
        let number = nextDelayed
        nextDelayed += 1
        delayed[number] = context.eventLoop.assumeIsolated().scheduleTask(in: TimeAmount(bounded: delay)) {
            self.delayed[number] = nil
            self.entry.setDelayed(self.delayed.count)
            self.write(response, header, context)
            if self.configuration.coalescesAnswers { context.flush() }
            self.closeWhenDrained(context)
        }
        entry.setDelayed(delayed.count)
    }

    // MARK: Back-pressure

    func read(context: ChannelHandlerContext) {
        // A peer that does not read its answers is not read from either, so that they cannot pile up.
        guard context.channel.isWritable else {
            readIsHeldBack = true
            return
        }
        context.read()
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable {
            if !isDraining { outputDeadline = nil }
            if readIsHeldBack {
                readIsHeldBack = false
                context.read()
            }
        } else {
            setOutputDeadline(context)
        }
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

    private func noteUse(_ context: ChannelHandlerContext) {
        entry.touch()
        guard let limit = configuration.idleLimit else { return }
        let deadline = context.eventLoop.now + TimeAmount(bounded: limit)
        idleDeadline = deadline
        timer.arm(at: deadline)
    }

    /// The clock of a frame starts with its first byte and is not moved by the bytes that follow.
    private func watchHalfFrame(_ context: ChannelHandlerContext, hasProgressed: Bool) {
        guard processor.unprocessedBytes > 0 else {
            frameDeadline = nil
            return
        }
        guard hasProgressed || frameDeadline == nil else { return }
        let deadline = context.eventLoop.now + TimeAmount(bounded: configuration.frameTimeLimit)
        frameDeadline = deadline
        timer.arm(at: deadline)
    }

    private func setOutputDeadline(_ context: ChannelHandlerContext) {
        let deadline = context.eventLoop.now + TimeAmount(bounded: configuration.outputTimeLimit)
        outputDeadline = deadline
        timer.arm(at: deadline)
    }

    private func deadlineReached(_ context: ChannelHandlerContext) {
        let now = context.eventLoop.now
        if let outputDeadline, outputDeadline <= now {
            registry.count(\.slowReaders)
            close(context)
        } else if let frameDeadline, frameDeadline <= now {
            registry.count(\.slowFrames)
            close(context)
        } else if let idleDeadline, idleDeadline <= now {
            close(context)
        } else if let next = [outputDeadline, frameDeadline, idleDeadline].compactMap({ $0 }).min() {
            timer.arm(at: next)
        }
    }
}
