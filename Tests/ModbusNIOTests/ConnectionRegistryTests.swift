// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOEmbedded
import Testing

@testable import ModbusNIO

@Suite("Connections of a server")
struct ConnectionRegistryTests {
    private func registry(limit: Int) -> ConnectionRegistry {
        var configuration = ModbusServerConfiguration()
        configuration.maximumConnections = limit
        return ConnectionRegistry(configuration)
    }

    private func channel(_ loop: EmbeddedEventLoop) throws -> EmbeddedChannel {
        let channel = EmbeddedChannel(loop: loop)
        try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
        return channel
    }

    @Test("Modbus checklist 12.3, 12.5: when full, the connection longest without a request gives way")
    func eviction() throws {
        let loop = EmbeddedEventLoop()
        let registry = registry(limit: 2)
        let channels = try (0..<4).map { _ in try channel(loop) }
        let first = try #require(registry.admit(channels[0]))
        loop.advanceTime(by: .seconds(1))
        _ = registry.admit(channels[1])
        loop.advanceTime(by: .seconds(1))
        registry.touch(first)
        _ = registry.admit(channels[2])
        #expect(channels.map(\.isActive) == [true, false, true, true])
        first.setInWork(1)
        loop.advanceTime(by: .seconds(1))
        _ = registry.admit(channels[3])
        #expect(channels.map(\.isActive) == [true, false, false, true], "the first has work")
        #expect(registry.counters.openConnections == 2)
        #expect(registry.counters.evictions == 2)
    }

    @Test("A connection that ends frees its place, and a stopping server admits none")
    func ends() throws {
        let loop = EmbeddedEventLoop()
        let registry = registry(limit: 1)
        let first = try channel(loop)
        _ = registry.admit(first)
        try first.close().wait()
        loop.run()
        let second = try channel(loop)
        #expect(registry.admit(second) != nil)
        #expect(registry.counters.evictions == 0)
        #expect(registry.stop().count == 1)
        #expect(registry.admit(try channel(loop)) == nil)
        #expect(second.isActive)
    }
}
