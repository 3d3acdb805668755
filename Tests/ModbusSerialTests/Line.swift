// SPDX-License-Identifier: Apache-2.0

import Modbus
import ModbusNIO
import ModbusSerial
import NIOCore
import NIOPosix
import Synchronization

/// One end of a line in the hands of a test: sends bytes, and waits for what comes.
final class Line: Sendable {
    enum Failure: Error { case silent(since: [UInt8]) }

    let channel: any Channel
    private let collector: Collector

    init(_ configuration: SerialConfiguration) async throws {
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let collector = Collector(loop)
        channel = try await SerialPort.open(configuration, on: loop) { channel in
            channel.eventLoop.makeCompletedFuture {
                try channel.pipeline.syncOperations.addHandler(collector.handler())
            }
        }.get()
        self.collector = collector
    }

    func send(_ bytes: [UInt8]) async throws {
        try await channel.writeAndFlush(ByteBuffer(bytes: bytes)).get()
    }

    /// Sends the frame of a PDU.
    func send(unit: UInt8, _ pdu: [UInt8]) async throws { try await send(Line.frame(unit, pdu)) }

    /// The next bytes, as many as are asked for.
    func receive(_ count: Int) async throws -> [UInt8] { try await collector.take(count).get() }

    /// The PDU of the next frame, after its checksum was checked.
    func answer(_ count: Int) async throws -> [UInt8] {
        let bytes = try await receive(count + 3)
        return Array(bytes[try RTUFrame(whole: bytes.span).pdu])
    }

    func close() async throws { try await channel.close().get() }

    static func frame(_ unit: UInt8, _ pdu: [UInt8]) -> [UInt8] {
        var bytes: [UInt8] = []
        RTUFrame.encode(unit: unit, into: &bytes) { $0 += pdu }
        return bytes
    }
}

/// Keeps what comes until it is asked for.
private final class Collector: Sendable {
    private struct Content {
        var bytes: [UInt8] = []
        var wish: (count: Int, promise: EventLoopPromise<[UInt8]>)?
    }

    private let loop: any EventLoop
    private let content: NIOLoopBoundBox<Content>

    init(_ loop: any EventLoop) {
        self.loop = loop
        content = .makeBoxSendingValue(Content(), eventLoop: loop)
    }

    func handler() -> some ChannelHandler & Sendable { Handler(self) }

    func take(_ count: Int) -> EventLoopFuture<[UInt8]> {
        let promise = loop.makePromise(of: [UInt8].self)
        loop.execute {
            self.content.value.wish = (count, promise)
            self.serve()
        }
        let deadline = loop.scheduleTask(in: .seconds(10)) {
            promise.fail(Line.Failure.silent(since: self.content.value.bytes))
        }
        promise.futureResult.whenComplete { _ in deadline.cancel() }
        return promise.futureResult
    }

    func add(_ bytes: ByteBuffer) {
        content.value.bytes += bytes.readableBytesView
        serve()
    }

    private func serve() {
        guard let (count, promise) = content.value.wish, content.value.bytes.count >= count else { return }
        content.value.wish = nil
        promise.succeed(Array(content.value.bytes.prefix(count)))
        content.value.bytes.removeFirst(count)
    }

    private final class Handler: ChannelInboundHandler, Sendable {
        typealias InboundIn = ByteBuffer
        private let owner: Collector

        init(_ owner: Collector) { self.owner = owner }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) { owner.add(unwrapInboundIn(data)) }

        func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
    }
}

/// Units with 100 holding registers, each of which holds its address; remembers what was asked.
final class TestUnits: ModbusResponder {
    private let content = Mutex<(tables: RegisterTables, asked: [(UInt8, Request)])>((RegisterTables(), []))

    init() {
        _ = content.withLock { content in
            content.tables.holding.set((0..<100).map { $0 }, at: 0)
        }
    }

    var asked: [(unit: UInt8, request: Request)] { content.withLock { $0.asked } }

    func respond(to request: Request, unit: UInt8) -> ServerReply {
        content.withLock { content in
            content.asked.append((unit, request))
            return content.tables.answer(request).map(ServerReply.now) ?? .silence
        }
    }
}
