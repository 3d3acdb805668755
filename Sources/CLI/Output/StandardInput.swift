// SPDX-License-Identifier: Apache-2.0
import Glibc

/// Reads what people and programs write to a running command.
enum StandardInput {
    /// A longer line is no order to a simulation.
    private static let longestLine = 1024
    /// How often standard input is looked at; a blocked read could not be ended by a signal.
    private static let period = Duration.milliseconds(50)

    /// Whether somebody sits at a keyboard.
    static var isTerminal: Bool { isatty(STDIN_FILENO) == 1 }

    /// Gives each line that comes, until the input ends or the task is cancelled.
    static func eachLine(_ body: (String) -> Void) async {
        var pending: [UInt8] = []
        while !Task.isCancelled {
            guard isReady else {
                // Throws only when the task is cancelled, which the loop sees.
                try? await Task.sleep(for: period)
                continue
            }
            guard let bytes = readSome() else { break }
            pending += bytes
            while let end = pending.firstIndex(of: UInt8(ascii: "\n")) {
                give(pending[..<end], body)
                pending.removeFirst(end + 1)
            }
            if pending.count > longestLine { pending.removeAll() }
        }
        give(pending[...], body)
    }

    /// Everything until the end, and one byte more than a bound when there is more.
    static func all(atMost maximum: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        while bytes.count <= maximum, let more = readSome() { bytes += more }
        return bytes
    }

    /// Whether a read would not wait; a command in the background must leave the terminal to the one in front.
    private static var isReady: Bool {
        if isTerminal, tcgetpgrp(STDIN_FILENO) != getpgrp() { return false }
        var descriptor = pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)
        return unsafe poll(&descriptor, 1, 0) > 0
    }

    /// The bytes that are there; `nil` at the end.
    private static func readSome() -> [UInt8]? {
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = unsafe buffer.withUnsafeMutableBytes { unsafe read(STDIN_FILENO, $0.baseAddress, $0.count) }
        return count > 0 ? Array(buffer[..<count]) : nil
    }

    private static func give(_ bytes: ArraySlice<UInt8>, _ body: (String) -> Void) {
        let words = String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isWhitespace)
        if !words.isEmpty { body(words.joined(separator: " ")) }
    }
}
