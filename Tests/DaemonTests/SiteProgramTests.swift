// SPDX-License-Identifier: Apache-2.0
import Balancing
import Daemon
import Logging
import NIOCore
import NIOPosix
import Quantities
import StationControl
import Testing

@Suite("The program of a site", .timeLimit(.minutes(1)))
struct SiteProgramTests {
    @Test("ends when it is cancelled, also when none of its devices can be reached")
    func unreachable() async throws {
        // Bound and closed again, so that whoever connects is refused.
        let bootstrap = ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
        let channel = try await bootstrap.bind(host: "127.0.0.1", port: 0).get()
        let port = try #require(channel.localAddress?.port)
        try await channel.close()
        let text = try SiteText.example.changing("192.168.0.20", to: "127.0.0.1\n    port: \(port)")
            .changing("192.168.0.4, unit", to: "127.0.0.2, port: \(port), unit")
        let timekeeper = Timekeeper(ContinuousClock(), speed: 20)
        let program = SiteProgram(
            try read(text),
            timekeeper: timekeeper,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        )
        var notices = await program.controller.notices().makeAsyncIterator()
        let running = Task { try await program.run(untilSignalled: false) }
        // The station may be missed before the meter is.
        var notice = await notices.next()
        while let id = notice?.notification.id, id != "meter.warning" { notice = await notices.next() }
        #expect(notice?.notification.text == "Communication warning for modbus unit 5")
        #expect(notice?.notification.cause.contains("127.0.0.2:\(port)") == true)
        running.cancel()
        try await running.value
        while await notices.next() != nil {}
    }
}
