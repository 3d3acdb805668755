// SPDX-License-Identifier: Apache-2.0
import BenchmarkSupport
import Glibc
import Modbus
import ModbusNIO
import NIOCore
import NIOPosix

/// Serves tables in which register i holds i, until it is ended by a signal.
///
/// Options: `--port`, `--threads` (event loops), `--coalesce` (answers that are ready together share a segment).
/// Prints "listening PORT".
@main
struct BenchmarkServer {
    /// The main thread only waits: one that serves Swift's main queue crashes valgrind 3.19.
    static func main() throws {
        let options = Options(CommandLine.arguments)
        let group = MultiThreadedEventLoopGroup(numberOfThreads: max(1, options.number("--threads", default: 1)))
        var configuration = ModbusServerConfiguration(host: "127.0.0.1", port: options.number("--port", default: 0))
        // All that a run opens; a server that gives connections away would measure something else.
        configuration.maximumConnections = 4096
        configuration.backlog = 1024
        if options.has("--coalesce") { configuration.coalescesAnswers = true }
        if options.has("--no-coalesce") { configuration.coalescesAnswers = false }
        let settings = configuration
        try group.next().makeFutureWithTask {
            let server = try await ModbusServer.start(settings, responder: ModelResponder(indexTables()), group: group)
            print("listening \(server.port)")
            fflush(nil)
            await server.run()
        }.wait()
    }
}

/// Tables as `headroom modbus serve --registers 65536 --fill index` has them.
private func indexTables() -> RegisterTables {
    var tables = RegisterTables()
    let values = (0..<Limits.tableCount).map { UInt16($0) }
    tables.holding.set(values, at: 0)
    tables.input.set(values, at: 0)
    return tables
}
