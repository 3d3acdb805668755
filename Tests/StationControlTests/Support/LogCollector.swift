// SPDX-License-Identifier: Apache-2.0
import Logging
import Synchronization

/// Keeps what is logged.
final class LogCollector: Sendable {
    struct Entry: Sendable, Equatable {
        var level: Logger.Level
        var text: String
        var cause: String
    }

    private let kept = Mutex<[Entry]>([])

    /// What was logged, in order.
    var entries: [Entry] { kept.withLock { $0 } }
    /// The texts that people read.
    var texts: [String] { entries.map(\.text) }

    /// The entries with a text that begins in a certain way.
    func entries(_ beginning: String) -> [Entry] { entries.filter { $0.text.hasPrefix(beginning) } }

    /// Logs into this collector.
    var logger: Logger {
        Logger(label: "test") { _ in Handler(collector: self) }
    }

    private struct Handler: LogHandler {
        let collector: LogCollector
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.info

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            let cause = event.metadata?["cause"].map { "\($0)" } ?? ""
            let entry = Entry(level: event.level, text: "\(event.message)", cause: cause)
            collector.kept.withLock { $0.append(entry) }
        }
    }
}
