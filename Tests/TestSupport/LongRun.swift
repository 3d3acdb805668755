// SPDX-License-Identifier: Apache-2.0
import Glibc

/// How much of a test with many seeds is run.
public enum LongRun {
    /// Whether `./test --long` is running.
    public static let isOn = unsafe getenv("HEADROOM_LONG") != nil

    /// The seeds to try: a few always, many in a long run.
    public static func seeds(usual: Int, long: Int) -> Range<UInt64> { 0..<UInt64(isOn ? long : usual) }
}
