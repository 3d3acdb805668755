// SPDX-License-Identifier: Apache-2.0

/// What a server heard on a line.
enum Heard: Equatable {
    /// A whole frame: the unit and the PDU.
    case frame(unit: UInt8, pdu: [UInt8])
    /// Something that is no frame.
    case fault
}

/// Cuts what a server hears on a line into frames.
///
/// Does no I/O and knows no clock: bytes and silences are told to it.
protocol LineReceiver {
    /// Whether a silence would mean something.
    var awaitsSilence: Bool { get }
    /// Takes bytes; ask ``next()`` until there is nothing more.
    mutating func receive(_ new: some Sequence<UInt8>)
    /// The next thing that was heard as a whole.
    mutating func next() -> Heard?
    /// Takes note of a silence that ends whatever came before it.
    mutating func fallSilent() -> Heard?
}
