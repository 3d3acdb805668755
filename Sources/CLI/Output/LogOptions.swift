// SPDX-License-Identifier: Apache-2.0
public import ArgumentParser
public import Logging

/// How much is logged, and in which form; the log goes to standard error.
struct LogOptions: ParsableArguments {
    /// The form of a line.
    enum Format: String, ExpressibleByArgument, CaseIterable {
        case text
        case json
    }

    @Option(help: "How much to log: trace, debug, info, notice, warning, error.")
    var logLevel = Logger.Level.info

    @Option(help: "The form of the log on standard error: text or json.")
    var logFormat = Format.text

    /// A logger with these options.
    func logger(_ label: String, level: Logger.Level? = nil) -> Logger {
        let format = logFormat
        var logger = Logger(label: label) { LineLogHandler(label: $0, isJSON: format == .json) }
        logger.logLevel = level ?? logLevel
        return logger
    }
}

extension Logger.Level: @retroactive ExpressibleByArgument {}
