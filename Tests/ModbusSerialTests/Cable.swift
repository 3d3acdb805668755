// SPDX-License-Identifier: Apache-2.0

import Glibc
import NIOCore
import NIOPosix
import Synchronization

/// Two serial ports with a cable between them: two pseudo-terminals whose far ends hand bytes to each other.
///
/// The ports are files that any program can open. Each end holds its own port open as well, so that a port does not vanish
/// when its user closes it; ``cut()`` makes both vanish.
final class Cable: Sendable {
    /// The files of the two ports.
    let (a, b): (String, String)
    private let ends: [any Channel]
    private let holders: [CInt]
    private let isCut = Mutex(false)

    private init(_ first: Terminal, _ second: Terminal, echoes: Bool, disturbs: Int?) async throws {
        (a, b) = (first.path, second.path)
        holders = [first.holder, second.holder]
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let far = NIOLoopBoundBox<[any Channel]>.makeBoxSendingValue([], eventLoop: loop)
        func end(_ terminal: Terminal, other: Int, own: Int) async throws -> any Channel {
            try await NIOPipeBootstrap(group: loop).channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let relay = Relay(far, other: other, own: echoes ? own : nil, disturbs: disturbs)
                    try channel.pipeline.syncOperations.addHandler(relay)
                }
            }.takingOwnershipOfDescriptor(inputOutput: terminal.master).get()
        }
        let ends = [try await end(first, other: 1, own: 0), try await end(second, other: 0, own: 1)]
        try await loop.submit { far.value = ends }.get()
        self.ends = ends
    }

    /// Lays a cable.
    ///
    /// One that echoes gives both ports what they send, as two-wire adapters do. One that disturbs turns a bit each time
    /// it has carried as many bytes as it says.
    static func lay(echoes: Bool = false, disturbs: Int? = nil) async throws -> Cable {
        try await Cable(Terminal(), Terminal(), echoes: echoes, disturbs: disturbs)
    }

    /// Takes both ports away, as if their adapters were unplugged.
    func cut() async {
        let isFirst = isCut.withLock { isCut in
            defer { isCut = true }
            return !isCut
        }
        guard isFirst else { return }
        for end in ends { try? await end.close().get() }
        for holder in holders { close(holder) }
    }

    deinit {
        guard !isCut.withLock({ $0 }) else { return }
        for end in ends { end.close(promise: nil) }
        for holder in holders { close(holder) }
    }
}

/// A pseudo-terminal in raw mode.
private struct Terminal {
    struct Failure: Error { let number: CInt }

    let master: CInt
    let holder: CInt
    let path: String

    init() throws {
        var (master, slave): (CInt, CInt) = (-1, -1)
        guard unsafe openpty(&master, &slave, nil, nil, nil) == 0 else { throw Failure(number: errno) }
        var attributes = termios()
        _ = unsafe tcgetattr(slave, &attributes)
        unsafe cfmakeraw(&attributes)
        _ = unsafe tcsetattr(slave, TCSANOW, &attributes)
        var name = [CChar](repeating: 0, count: 64)
        guard unsafe ttyname_r(slave, &name, name.count) == 0 else { throw Failure(number: errno) }
        self.master = master
        holder = slave
        path = String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}

/// Hands what comes out of one end to the other one.
private final class Relay: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let ends: NIOLoopBoundBox<[any Channel]>
    private let targets: [Int]
    private let disturbs: Int?
    private var carried = 0

    init(_ ends: NIOLoopBoundBox<[any Channel]>, other: Int, own: Int?, disturbs: Int?) {
        self.ends = ends
        self.disturbs = disturbs
        targets = [own, other].compactMap { $0 }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let bytes = ByteBuffer(bytes: unwrapInboundIn(data).readableBytesView.map(carry))
        for target in targets where ends.value.indices.contains(target) {
            ends.value[target].writeAndFlush(bytes, promise: nil)
        }
    }

    private func carry(_ byte: UInt8) -> UInt8 {
        carried += 1
        guard let disturbs, carried.isMultiple(of: disturbs) else { return byte }
        return byte ^ 1 << UInt8(carried / disturbs % 8)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
