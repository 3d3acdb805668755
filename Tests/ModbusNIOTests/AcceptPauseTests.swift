// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOEmbedded
import NIOPosix
import Testing

@testable import ModbusNIO

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

@Suite("Accepting without room for connections", .timeLimit(.minutes(1)))
struct AcceptPauseTests {
    @Test(
        "Modbus checklist 12.18: without file descriptors the listener rests for a while and then goes on",
        arguments: [EMFILE, ENFILE, ENOBUFS, ENOMEM]
    )
    func shortage(_ code: CInt) async throws {
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let accepted = loop.makePromise(of: NIODeadline.self)
        let pause = TimeAmount.milliseconds(100)
        let listener = try await ServerBootstrap(group: loop)
            .serverChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(AcceptPause(pause))
                }
            }
            .childChannelInitializer { channel in
                accepted.succeed(.now())
                return channel.eventLoop.makeSucceededVoidFuture()
            }
            .bind(host: "127.0.0.1", port: 0).get()
        // In one turn of the loop, so that the pause cannot be over before it is looked at.
        let (start, isAccepting) = try await loop.submit {
            let start = NIODeadline.now()
            listener.pipeline.fireErrorCaught(IOError(errnoCode: code, reason: "accept"))
            // A second error begins no second pause.
            listener.pipeline.fireErrorCaught(IOError(errnoCode: code, reason: "accept"))
            return (start, try listener.syncOptions?.getOption(.autoRead))
        }.get()
        #expect(isAccepting == false)
        let address = try #require(listener.localAddress)
        let client = try await ClientBootstrap(group: loop).connect(to: address).get()
        #expect(try await accepted.futureResult.get() - start >= pause)
        #expect(try await listener.getOption(.autoRead).get())
        try await client.close()
        try await listener.close()
    }

    @Test("Other errors are for others")
    func others() throws {
        let channel = EmbeddedChannel(handler: AcceptPause())
        channel.pipeline.fireErrorCaught(IOError(errnoCode: ECONNABORTED, reason: "accept"))
        #expect(throws: IOError.self) { try channel.throwIfErrorCaught() }
    }
}
