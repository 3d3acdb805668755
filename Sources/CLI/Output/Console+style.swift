// SPDX-License-Identifier: Apache-2.0
import Glibc

extension Console {
    /// What stands out in a line, and how.
    enum Style: String {
        case bold = "1"
        case dim = "2"
        case red = "31"
        case green = "32"
        case yellow = "33"
    }

    /// A text in a style where colour is welcome, and as it is elsewhere.
    static func styled(_ text: String, _ style: Style) -> String {
        hasColour ? "\u{1B}[\(style.rawValue)m\(text)\u{1B}[0m" : text
    }

    /// Whether somebody still reads standard output; a live table without a reader has to end.
    static var hasReader: Bool {
        var descriptor = pollfd(fd: STDOUT_FILENO, events: 0, revents: 0)
        guard unsafe poll(&descriptor, 1, 0) > 0 else { return true }
        return descriptor.revents & Int16(POLLERR) == 0
    }
}
