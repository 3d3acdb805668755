// SPDX-License-Identifier: Apache-2.0

import Modbus
import NIOCore
import NIOEmbedded
import Synchronization
import Testing

@testable import ModbusNIO

/// Connections of one server without sockets, with time moved by hand.
struct ServerBench {
    let registry: ConnectionRegistry
    private let configuration: ModbusServerConfiguration
    private let responder: any ModbusResponder
    private let output = AnswerBuffer()

    init(_ responder: any ModbusResponder, _ adjust: (inout ModbusServerConfiguration) -> Void = { _ in }) {
        var configuration = ModbusServerConfiguration()
        adjust(&configuration)
        self.configuration = configuration
        self.responder = responder
        registry = ConnectionRegistry(configuration)
    }

    /// A new connection; `first` stands between it and the socket.
    func connect(_ first: (any ChannelHandler)? = nil) throws -> EmbeddedChannel {
        let channel = EmbeddedChannel()
        let entry = try #require(registry.admit(channel))
        if let first { try channel.pipeline.syncOperations.addHandler(first) }
        let handler = ServerConnectionHandler(
            configuration,
            responder: responder,
            registry: registry,
            entry: entry,
            output: output
        )
        try channel.pipeline.syncOperations.addHandler(handler)
        try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
        return channel
    }
}

/// Answers nothing by itself: keeps what it was asked for the test to answer.
final class Desk: ModbusResponder {
    private struct State {
        var replies: [UInt16: PendingReply] = [:]
        var order: [UInt16] = []
        var abandoned: [UInt16] = []
    }

    private let state = Mutex(State())

    /// The addresses that were asked for, in order.
    var asked: [UInt16] { state.withLock { $0.order } }
    /// The addresses whose answers are of no use any more.
    var abandoned: [UInt16] { state.withLock { $0.abandoned } }

    func respond(to request: Request, unit: UInt8) -> ServerReply {
        guard case .readHoldingRegisters(let address, _) = request else { return .now(.readExceptionStatus(1)) }
        let reply = PendingReply { [weak self] in self?.state.withLock { $0.abandoned.append(address) } }
        state.withLock { state in
            state.replies[address] = reply
            state.order.append(address)
        }
        return .pending(reply)
    }

    /// The reply to a read of an address.
    func reply(_ address: UInt16) -> PendingReply? { state.withLock { $0.replies[address] } }

    /// Answers the read of an address with the address.
    func answer(_ address: UInt16) { reply(address)?.answer(.readHoldingRegisters([address])) }

    /// The request that asks for an address, with that transaction.
    static func ask(_ address: UInt16) -> [UInt8] {
        wire(address, [3, UInt8(address >> 8), UInt8(address & 0xFF), 0, 1])
    }

    /// The frame that ``answer(_:)`` becomes.
    static func answered(_ address: UInt16) -> [UInt8] {
        wire(address, [3, 2, UInt8(address >> 8), UInt8(address & 0xFF)])
    }

    /// The frame of an exception to such a read.
    static func refused(_ address: UInt16, _ code: UInt8) -> [UInt8] { wire(address, [0x83, code]) }
}

/// A socket that takes what is written only when told to.
final class Dam: ChannelOutboundHandler {
    typealias OutboundIn = ByteBuffer
    private var held: [(NIOAny, EventLoopPromise<Void>?)] = []
    private var context: ChannelHandlerContext?
    var isShut = true

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        guard isShut else { return context.write(data, promise: promise) }
        held.append((data, promise))
    }

    func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        for (_, promise) in held { promise?.fail(ChannelError.ioOnClosedChannel) }
        held = []
        context.close(mode: mode, promise: promise)
    }

    /// Lets so many writes through.
    func pass(_ count: Int) {
        for (data, promise) in held.prefix(count) { context?.writeAndFlush(data, promise: promise) }
        held.removeFirst(min(count, held.count))
    }
}
