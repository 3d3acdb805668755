// SPDX-License-Identifier: Apache-2.0

/// In which order the bytes of a number lie in registers.
///
/// The standard sends the high byte of a register first and says nothing about numbers of several registers. So devices
/// differ, and their documents name the order by letters: A is the highest byte of a number of four bytes, D the lowest.
/// Longer numbers follow the same pattern, and a number of one register has its bytes as ``swapsBytes`` says.
public enum ByteOrder: String, Hashable, Sendable, CaseIterable {
    /// High register first, high byte first; "big-endian", the usual one.
    case abcd = "ABCD"
    /// Low register first, high byte first; "word swap".
    case cdab = "CDAB"
    /// High register first, low byte first; "byte swap".
    case badc = "BADC"
    /// Low register first, low byte first; "little-endian".
    case dcba = "DCBA"

    /// The register with the lowest address holds the highest 16 bits: ``abcd``.
    public static let highWordFirst = ByteOrder.abcd
    /// The register with the lowest address holds the lowest 16 bits: ``cdab``.
    public static let lowWordFirst = ByteOrder.cdab

    /// Whether the register with the lowest address holds the lowest part.
    public var startsWithLowWord: Bool { self == .cdab || self == .dcba }

    /// Whether the low byte of each register comes first.
    public var swapsBytes: Bool { self == .badc || self == .dcba }

    /// Where among some registers a part lies, counted from the highest part.
    func index(ofPart part: Int, count: Int) -> Int {
        startsWithLowWord ? count - 1 - part : part
    }

    /// A register with its bytes in the usual order, or back from there.
    func ordered(_ word: UInt16) -> UInt16 {
        swapsBytes ? word.byteSwapped : word
    }
}
