// SPDX-License-Identifier: Apache-2.0

import Foundation
import NIOCore
import NIOPosix

/// Programs of others that a test runs to their end.
enum Programs {
    static let python = ProcessInfo.processInfo.environment["HEADROOM_PEERS"] ?? "/usr/bin/python3"
    static let hasPython = FileManager.default.isExecutableFile(atPath: python)

    /// ./test installs it into an environment of its own and says so.
    static let hasPymodbus = ProcessInfo.processInfo.environment["HEADROOM_PEERS"] != nil

    static func script(_ name: String) -> String {
        URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "Peers/\(name)").path
    }

    /// Runs a program.
    ///
    /// - Returns: All it wrote, errors too.
    static func output(_ executable: String, _ arguments: [String]) async throws -> String {
        // Into a file: unlike a pipe, it is complete when the program has ended.
        let file = FileManager.default.temporaryDirectory.appending(path: "headroom-\(UUID().uuidString).txt")
        try Data().write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        let handle = try FileHandle(forWritingTo: file)
        let process = Process()
        process.executableURL = URL(filePath: executable)
        process.arguments = arguments
        process.standardOutput = handle
        process.standardError = handle
        process.standardInput = FileHandle.nullDevice
        let (exit, ended) = AsyncStream.makeStream(of: Void.self)
        process.terminationHandler = { _ in ended.finish() }
        try process.run()
        for await _ in exit {}
        return String(decoding: try Data(contentsOf: file), as: UTF8.self)
    }

    /// Connects with openssl's client, which ends after the handshake.
    static func connect(_ port: Int, _ identity: String?, _ arguments: [String]) async throws -> String {
        let own = identity.map {
            ["-cert", Certificates.path("\($0).pem"), "-key", Certificates.path("\($0).key")]
        }
        return try await output(
            Certificates.openssl,
            ["s_client", "-connect", "127.0.0.1:\(port)", "-CAfile", Certificates.path("ca.pem")] + (own ?? [])
                + arguments
        )
    }
}

/// A program of others that runs until its standard input ends; its first line is the port it listens on.
final class RunningProgram {
    private let process = Process()
    private let output = Pipe()
    private let input = Pipe()

    init(_ executable: String, _ arguments: [String]) throws {
        process.executableURL = URL(filePath: executable)
        process.arguments = arguments
        process.standardOutput = output
        process.standardInput = input
        process.standardError = FileHandle.nullDevice
        try process.run()
    }

    /// Ends it; the end of this process would do so as well.
    func stop() { try? input.fileHandleForWriting.close() }

    /// Waits for the port; `nil` when the program ends without one.
    func port() async -> Int? {
        let (bytes, byte) = AsyncStream.makeStream(of: Data.self)
        output.fileHandleForReading.readabilityHandler = { handle in
            let data = handle.availableData
            if data.isEmpty { byte.finish() } else { byte.yield(data) }
        }
        defer { output.fileHandleForReading.readabilityHandler = nil }
        var line = Data()
        for await data in bytes {
            line += data
            if line.contains(10) { break }
        }
        return Int(String(decoding: line, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines))
    }
}

/// A TCP connection that sends some bytes and keeps what comes until the other side closes.
enum RawProbe {
    private final class Collector: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        private var bytes: [UInt8] = []
        private let ended: EventLoopPromise<[UInt8]>

        init(_ ended: EventLoopPromise<[UInt8]>) { self.ended = ended }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            bytes += Array(unwrapInboundIn(data).readableBytesView)
        }

        func channelInactive(context: ChannelHandlerContext) { ended.succeed(bytes) }

        func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
    }

    static func send(_ bytes: [UInt8], to port: Int) async throws -> [UInt8] {
        let group = MultiThreadedEventLoopGroup.singleton
        let loop = group.next()
        let ended = loop.makePromise(of: [UInt8].self)
        let channel = try await ClientBootstrap(group: loop).channelInitializer { channel in
            channel.eventLoop.makeCompletedFuture {
                try channel.pipeline.syncOperations.addHandler(Collector(ended))
            }
        }.connect(host: "127.0.0.1", port: port).get()
        // The other side may close before all is sent.
        try? await channel.writeAndFlush(ByteBuffer(bytes: bytes))
        return try await ended.futureResult.get()
    }
}
