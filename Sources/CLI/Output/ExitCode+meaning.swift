// SPDX-License-Identifier: Apache-2.0
import ArgumentParser

/// The exit codes of all commands, after the system's `sysexits.h`.
extension ExitCode {
    /// Input that is not what it should be.
    static let badData = ExitCode(65)
    /// A device that cannot be reached.
    static let unreachable = ExitCode(69)
    /// A file, port or terminal that cannot be read or written.
    static let inputOutput = ExitCode(74)
    /// A configuration that is refused.
    static let refused = ExitCode(78)
}
