// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif
import Glibc
import Synchronization

/// Writes results to standard output and talk to standard error.
enum Console {
    /// Each line goes out whole and at once, also into a pipe.
    private static let lock = Mutex(())

    /// Writes a line of results.
    static func print(_ line: String) { write(line + "\n", to: STDOUT_FILENO) }

    /// Writes text of results without ending the line.
    static func printPart(_ text: String) { write(text, to: STDOUT_FILENO) }

    /// Writes a line of talk.
    static func talk(_ line: String) { write(line + "\n", to: STDERR_FILENO) }

    /// Writes one value as one line of JSON, keys sorted.
    static func printJSON(_ value: some Encodable) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        print(String(decoding: try encoder.encode(value), as: UTF8.self))
    }

    /// Talks about an error and ends the command with a code.
    static func fail(_ message: String, _ code: ExitCode) -> any Error {
        talk(message)
        return code
    }

    /// Whether standard output is a terminal.
    static var isTerminal: Bool { isatty(STDOUT_FILENO) == 1 }

    /// How many characters a line of the terminal holds; 80 when that is not known.
    static var width: Int {
        var size = winsize()
        let isKnown = unsafe ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0
        return isKnown ? Int(size.ws_col) : 80
    }

    /// Whether colour is welcome: on a terminal, unless the environment says no.
    static var hasColour: Bool {
        isTerminal && (ProcessInfo.processInfo.environment["NO_COLOR"] ?? "").isEmpty
    }

    private static func write(_ text: String, to descriptor: Int32) {
        let bytes = Array(text.utf8)
        lock.withLock { _ in
            var written = 0
            while written < bytes.count {
                let count = unsafe bytes[written...].withUnsafeBytes {
                    unsafe Glibc.write(descriptor, $0.baseAddress, $0.count)
                }
                if count < 0, errno == EINTR { continue }
                // A reader that has gone away is no error of ours; the command ends by its own means.
                guard count > 0 else { return }
                written += count
            }
        }
    }
}
