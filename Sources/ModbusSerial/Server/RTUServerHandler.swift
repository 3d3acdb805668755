// SPDX-License-Identifier: Apache-2.0

import Modbus
import ModbusNIO
import NIOCore

/// The server's end of one open port: bytes in, answers out, each after the silence that the line needs.
final class RTUServerHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// The request that awaits its answer; there is one at a time on a line (10.15).
    private final class Work {
        let unit: UInt8
        /// Sends the answer, or gives up waiting for it.
        var timer: Scheduled<Void>?
        var pending: PendingReply?

        init(unit: UInt8) { self.unit = unit }
    }

    private let units: [UInt8]
    private let responder: LineResponder
    private let counters: LineCounters
    /// t3.5: the least pause before an answer.
    private let betweenFrames: TimeAmount
    /// The pause that ends a frame.
    private let endOfFrame: TimeAmount
    private let answerTimeLimit: TimeAmount

    private let framing: SerialFraming
    private var receiver: any LineReceiver
    private var lastByte = NIODeadline.distantPast
    private var silence: Scheduled<Void>?
    private var work: Work?

    init(
        _ configuration: RTUServerConfiguration,
        responder: any ModbusResponder,
        counters: LineCounters,
        channel: any Channel
    ) {
        units = configuration.units.filter(RTUServerConfiguration.unitRange.contains).sorted()
        framing = configuration.framing
        receiver =
            switch configuration.framing {
            case .rtu: RTUReceiver(units: Set(units), functions: configuration.userFunctions)
            case .ascii: ASCIIReceiver()
            }
        self.counters = counters
        self.responder = LineResponder(
            responder: responder,
            counters: configuration.answersCounters ? counters : nil,
            peer: Peer(address: configuration.port.path, connection: ObjectIdentifier(channel))
        )
        let timing = configuration.port.timing
        betweenFrames = TimeAmount(timing.betweenFrames)
        endOfFrame = TimeAmount(timing.betweenFrames + max(configuration.allowance, .zero))
        answerTimeLimit = TimeAmount(max(configuration.answerTimeLimit, .zero))
    }

    // MARK: Bytes

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        lastByte = context.eventLoop.now
        receiver.receive(unwrapInboundIn(data).readableBytesView)
        while let heard = receiver.next() { take(heard, context) }
        awaitSilence(context)
    }

    func channelInactive(context: ChannelHandlerContext) {
        silence?.cancel()
        silence = nil
        dropWork()
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // What the system says when the adapter is unplugged; the owner opens the port again.
        context.close(promise: nil)
    }

    /// One timer at a time; when bytes came meanwhile it is set anew.
    private func awaitSilence(_ context: ChannelHandlerContext) {
        guard silence == nil, receiver.awaitsSilence else { return }
        silence = schedule(at: lastByte + endOfFrame, context) {
            self.silence = nil
            guard context.eventLoop.now - self.lastByte >= self.endOfFrame else { return self.awaitSilence(context) }
            if let heard = self.receiver.fallSilent() { self.take(heard, context) }
        }
    }

    // MARK: Requests

    private func take(_ heard: Heard, _ context: ChannelHandlerContext) {
        guard case .frame(let unit, let pdu) = heard else {
            counters.count(\.busCommunicationErrors)
            return
        }
        counters.count(\.busMessages)
        // Whoever sends a frame awaits no answer to an earlier one.
        dropWork()
        if unit == 0 {
            counters.count(\.serverMessages)
            counters.count(\.noResponses)
            carryOutForAll(pdu)
        } else if units.contains(unit) {
            counters.count(\.serverMessages)
            answer(pdu, unit: unit, context)
        }
    }

    /// Writes to all are carried out and never answered; reads mean nothing (10.13).
    private func carryOutForAll(_ pdu: [UInt8]) {
        guard let request = try? Request(decoding: pdu.span), !request.isRead else { return }
        for unit in units {
            if case .pending(let pending) = responder.reply(to: pdu, unit: unit) { pending.abandon() }
        }
    }

    private func answer(_ pdu: [UInt8], unit: UInt8, _ context: ChannelHandlerContext) {
        let work = Work(unit: unit)
        switch responder.reply(to: pdu, unit: unit) {
        case .now(let answer):
            send(answer, after: .zero, work, context)
        case .later(let delay, let answer):
            send(answer, after: TimeAmount(max(delay, .zero)), work, context)
        case .pending(let pending):
            hold(pending, function: FunctionCode(rawValue: pdu[0]), work, context)
        case .silence:
            counters.count(\.noResponses)
        }
    }

    // MARK: Answers

    /// Sends an answer after a while, but not before the line was silent for t3.5 (10.6).
    private func send(_ answer: [UInt8], after delay: TimeAmount, _ work: Work, _ context: ChannelHandlerContext) {
        self.work = work
        let earliest = max(lastByte + betweenFrames, context.eventLoop.now + delay)
        work.timer = schedule(at: earliest, context) {
            self.work = nil
            // A port that takes nothing any more gets nothing more to keep.
            guard context.channel.isWritable else { return self.counters.count(\.noResponses) }
            self.counters.countAnswer(answer)
            var bytes: [UInt8] = []
            switch self.framing {
            case .rtu: RTUFrame.encode(unit: work.unit, into: &bytes) { $0 += answer }
            case .ascii: ASCIIFrame.encode(unit: work.unit, pdu: answer.span, into: &bytes)
            }
            context.writeAndFlush(self.wrapOutboundOut(ByteBuffer(bytes: bytes)), promise: nil)
        }
    }

    private func hold(
        _ pending: PendingReply,
        function: FunctionCode,
        _ work: Work,
        _ context: ChannelHandlerContext
    ) {
        self.work = work
        work.pending = pending
        work.timer = schedule(at: context.eventLoop.now + answerTimeLimit, context) {
            self.dropWork()
            let failure = Response.exception(function, .serverDeviceFailure)
            self.send(failure.encoded, after: .zero, Work(unit: work.unit), context)
        }
        let bound = NIOLoopBound((self, work, context), eventLoop: context.eventLoop)
        pending.onAnswer { response in
            bound.eventLoop.execute {
                let (handler, work, context) = bound.value
                guard handler.work === work else { return }
                work.timer?.cancel()
                work.pending = nil
                handler.send(LineResponder.encoded(response), after: .zero, work, context)
            }
        }
    }

    private func dropWork() {
        work?.timer?.cancel()
        work?.pending?.abandon()
        work = nil
    }

    private func schedule(
        at deadline: NIODeadline,
        _ context: ChannelHandlerContext,
        _ action: @escaping () -> Void
    ) -> Scheduled<Void> {
        context.eventLoop.assumeIsolated().scheduleTask(deadline: deadline, action)
    }
}
