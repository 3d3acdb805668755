// SPDX-License-Identifier: Apache-2.0

/// Registers that were read from a device, in the blocks of the requests that brought them.
public struct RegisterImage: Hashable, Sendable {
    private struct Block: Hashable {
        let address: Int
        let words: [UInt16]
    }

    private var blocks: [Block] = []

    /// Creates an image without registers.
    public init() {}

    /// Adds what one request brought.
    public mutating func add(_ words: [UInt16], at address: Int) {
        blocks.append(Block(address: address, words: words))
    }

    /// Registers that lie in one block; `nil` when no single request brought them all.
    public func words(at address: Int, count: Int) -> ArraySlice<UInt16>? {
        for block in blocks where block.address <= address && address + count <= block.address + block.words.count {
            let start = address - block.address
            return block.words[start..<start + count]
        }
        return nil
    }
}
