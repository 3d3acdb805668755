// SPDX-License-Identifier: Apache-2.0
import Glibc

/// Ends in the way that libFuzzer takes for a crash.
func end(_ text: String) -> Never {
    let line = Array("\n\(text)\n".utf8)
    _ = unsafe line.withUnsafeBytes { unsafe write(STDERR_FILENO, $0.baseAddress, $0.count) }
    abort()
}
